package io.eventcore.test.contract;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.memory.InMemoryLedger;
import io.eventcore.test.contract.memory.TransactionalAppliedEvents;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.testkit.engine.Events;
import org.springframework.transaction.PlatformTransactionManager;

/** A check that cannot fail is no check: every main row about projections catches a store that breaks it. */
@Tag("faults")
class ProjectionContractsCanFailTest {
    /** What a contract that is made on this thread is to test; a sound store by default. */
    private static final ThreadLocal<UnaryOperator<ProjectionStore>> STORE =
            ThreadLocal.withInitial(UnaryOperator::identity);

    private static final ThreadLocal<LogMutation> LOG = ThreadLocal.withInitial(() -> (log, store) -> log);

    /** Most rows wait for what a broken store never brings about: all of them side by side, they wait together. */
    private static final ExecutorService THREADS = Executors.newFixedThreadPool(12);

    private static List<Arguments> brokenLogs = List.of();
    private static List<Arguments> brokenStores = List.of();
    private static List<Arguments> soundStores = List.of();

    /** Breaks a log, maybe with the help of the store of checkpoints. */
    @FunctionalInterface
    private interface LogMutation {
        EventStore of(EventStore log, ProjectionStore store);
    }

    /** Begins all rows; the tests only look at how they end. Those that wait longest come first. */
    @BeforeAll
    static void beginAllWithLittlePatience() {
        System.setProperty(Eventually.PATIENCE, "6");
        brokenLogs = beginBrokenLogs();
        brokenStores = beginBrokenStores();
        soundStores = beginSoundStores();
    }

    @AfterAll
    static void bePatientAgain() {
        THREADS.shutdownNow();
        System.clearProperty(Eventually.PATIENCE);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("brokenStores")
    void a_broken_projection_store_is_caught(String name, String row, Future<Events> caught) throws Exception {
        caught.get().assertStatistics(stats -> stats.started(1).failed(1));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("brokenLogs")
    void a_broken_log_is_caught(String name, String row, Future<Events> caught) throws Exception {
        caught.get().assertStatistics(stats -> stats.started(1).failed(1));
    }

    /** Otherwise the rows may fail because of the short patience, and say nothing about what is broken. */
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("soundStores")
    void with_the_same_patience_a_sound_store_passes(String contract, String row, Future<Events> passed)
            throws Exception {
        passed.get().assertStatistics(stats -> stats.started(1).succeeded(1));
    }

    private static List<Arguments> brokenLogs() {
        return brokenLogs;
    }

    private static List<Arguments> brokenStores() {
        return brokenStores;
    }

    private static List<Arguments> soundStores() {
        return soundStores;
    }

    private static Future<Events> run(
            UnaryOperator<ProjectionStore> store, LogMutation log, Class<?> contract, String row) {
        return THREADS.submit(() -> {
            STORE.set(store);
            LOG.set(log);
            try {
                return ContractRows.run(contract, row);
            } finally {
                STORE.remove();
                LOG.remove();
            }
        });
    }

    private static List<Arguments> beginBrokenStores() {
        return List.of(
                store(
                        "checkpoint outside the transaction",
                        BrokenProjectionStores::movingCheckpointsOutsideTheTransaction,
                        "a_rollback_takes_the_checkpoint_along"),
                store(
                        "checkpoint outside the transaction",
                        BrokenProjectionStores::movingCheckpointsOutsideTheTransaction,
                        "a_rollback_to_a_savepoint_takes_the_checkpoint_along"),
                runner(
                        "checkpoint outside the transaction",
                        BrokenProjectionStores::movingCheckpointsOutsideTheTransaction,
                        "a_commit_that_fails_neither_loses_nor_doubles_an_event"),
                store(
                        "deadlines outside the transaction",
                        BrokenProjectionStores::changingDeadlinesOutsideTheTransaction,
                        "a_rollback_takes_deadlines_and_checkpoint_along"),
                store(
                        "deadlines whoever asks",
                        BrokenProjectionStores::changingDeadlinesWhoeverAsks,
                        "who_has_lost_the_lease_or_is_elsewhere_changes_no_deadline"),
                store(
                        "ends without a place",
                        BrokenProjectionStores::endingDeadlinesOfAnyPlace,
                        "an_end_calls_off_what_was_set_before_it_with_the_same_correlation"),
                store(
                        "deadlines of other partitions forgotten",
                        BrokenProjectionStores::forgettingDeadlinesOfAllSlots,
                        "a_partition_that_is_set_back_forgets_what_stands_in_its_slots_and_what_was_set_aside_of_it"),
                store(
                        "deadlines that stay set aside",
                        BrokenProjectionStores::leavingDeadlinesSetAside,
                        "what_was_set_aside_for_a_reason_is_pending_again_in_one_slot"),
                store(
                        "deadlines in no order",
                        BrokenProjectionStores::givingDeadlinesInTheOrderOfTheLog,
                        "what_is_due_comes_in_the_order_in_which_it_falls_due_and_of_one_time_in_that_of_the_log"),
                store(
                        "pages of deadlines that skip those of one time",
                        BrokenProjectionStores::givingDeadlinesOfLaterTimesOnly,
                        "deadlines_are_listed_page_by_page_each_once_also_those_of_one_time"),
                store(
                        "no fencing",
                        BrokenProjectionStores::withoutFencing,
                        "a_checkpoint_moves_under_the_newest_token_only"),
                runner(
                        "no fencing",
                        BrokenProjectionStores::withoutFencing,
                        "an_owner_that_freezes_while_it_applies_is_replaced_and_does_no_harm_when_it_wakes_up"),
                store(
                        "no comparison of positions",
                        BrokenProjectionStores::comparingNoPositions,
                        "a_checkpoint_moves_only_from_where_it_is"),
                store(
                        "leases that never run out",
                        BrokenProjectionStores::keepingLeasesForEver,
                        "a_lease_that_has_run_out_is_taken_over_under_a_greater_token"),
                runner(
                        "leases that never run out",
                        BrokenProjectionStores::keepingLeasesForEver,
                        "an_owner_that_freezes_while_it_applies_is_replaced_and_does_no_harm_when_it_wakes_up"),
                store(
                        "renewal by the owner's name",
                        BrokenProjectionStores::renewingAllOfAnOwner,
                        "leases_are_renewed_that_are_named_and_no_other_of_their_owner"),
                store(
                        "renewal that never tells of a loss",
                        BrokenProjectionStores::claimingThatAllWereRenewed,
                        "of_leases_some_of_which_are_lost_the_others_are_renewed"),
                store(
                        "no lease for who has it without knowing",
                        BrokenProjectionStores::refusingAnOwnerItsOwnLease,
                        "an_owner_takes_its_own_lease_again_and_nobody_else_does"),
                runner(
                        "leases that never run out",
                        BrokenProjectionStores::keepingLeasesForEver,
                        "a_lease_that_is_never_given_back_runs_out_although_its_owner_holds_others"),
                store(
                        "leases for partitions of another number",
                        BrokenProjectionStores::lendingToWhoDividesOtherwise,
                        "to_register_another_number_of_partitions_changes_nothing_and_gives_no_lease"),
                store(
                        "divided anew at the foremost position",
                        BrokenProjectionStores::dividingAnewAtTheForemostPosition,
                        "a_projection_is_not_divided_anew_while_its_partitions_are_at_different_positions"),
                store(
                        "a new version is active at once",
                        BrokenProjectionStores::activatingWhatIsNew,
                        "versions_stand_beside_each_other_and_the_first_is_active_until_another_one_is_made_so"),
                runner(
                        "a new version is active at once",
                        BrokenProjectionStores::activatingWhatIsNew,
                        "a_new_version_is_built_beside_the_one_in_use_and_takes_its_place_when_it_has_caught_up"),
                store(
                        "activates whatever is named",
                        BrokenProjectionStores::activatingWhateverIsNamed,
                        "a_version_that_is_not_there_or_that_queries_cannot_read_is_not_made_active"),
                store(
                        "forgets what is active",
                        BrokenProjectionStores::forgettingWhatIsActive,
                        "the_version_that_queries_read_is_not_forgotten"),
                store(
                        "forgets what is active",
                        BrokenProjectionStores::forgettingWhatIsActive,
                        "however_versions_are_activated_and_forgotten_at_once_one_is_active"),
                store(
                        "activates what is behind",
                        BrokenProjectionStores::activatingWhatIsBehind,
                        "a_version_takes_its_place_by_itself_only_if_it_is_newer_and_all_of_it_has_come_so_far"),
                store(
                        "activates by an earlier look",
                        BrokenProjectionStores::activatingByAnEarlierLook,
                        "a_version_that_is_being_set_back_does_not_take_its_place"),
                runner(
                        "activates what is behind",
                        BrokenProjectionStores::activatingWhatIsBehind,
                        "a_version_that_is_reset_at_the_moment_it_has_caught_up_does_not_take_its_place"),
                store(
                        "loses a pause of what is not registered",
                        BrokenProjectionStores::losingPausesOfTheUnknown,
                        "a_pause_that_no_partition_can_keep_is_refused_and_one_that_is_lifted_needs_none"),
                runner(
                        "begins unpaused",
                        BrokenProjectionStores::beginningUnpaused,
                        "a_projection_that_is_paused_before_it_was_ever_started_begins_when_it_is_resumed"),
                store(
                        "locks in two orders",
                        BrokenProjectionStores::lockingInTwoOrders,
                        "who_asks_about_streams_and_who_changes_them_wait_for_each_other_in_one_order"),
                runner(
                        "renews nothing",
                        BrokenProjectionStores::renewingNothing,
                        "a_reset_that_takes_longer_than_a_lease_is_not_overtaken_although_its_runner_does_not_run"),
                store(
                        "keeps failures for ever",
                        BrokenProjectionStores::keepingFailuresForEver,
                        "a_failure_is_over_when_another_owner_takes_the_partition_on"),
                runner(
                        "tells of no tokens",
                        BrokenProjectionStores::tellingOfNoTokens,
                        "what_was_parked_when_a_reset_released_it_is_not_told_to_be_reached"),
                store(
                        "misses a pause while it divides",
                        BrokenProjectionStores::missingAPauseWhileItDivides,
                        "a_pause_while_a_projection_is_divided_anew_counts_for_the_new_partitions"),
                runner(
                        "tells of the furthest checkpoints",
                        BrokenProjectionStores::tellingOfTheFurthestCheckpoints,
                        "nobody_is_told_of_a_read_model_that_a_reset_on_another_instance_has_emptied"),
                store(
                        "side effects for history",
                        BrokenProjectionStores::beginningSideEffectsAtTheFirstEvent,
                        "side_effects_begin_where_they_are_told_and_are_never_active"),
                runner(
                        "side effects for history",
                        BrokenProjectionStores::beginningSideEffectsAtTheFirstEvent,
                        "side_effects_begin_with_news_and_are_repeated_neither_by_a_reset_nor_by_a_new_version"),
                store(
                        "parks before the checkpoint moves",
                        BrokenProjectionStores::parkingBeforeTheCheckpointMoves,
                        "nothing_is_parked_without_the_newest_token"),
                store(
                        "releases only what is named",
                        BrokenProjectionStores::releasingOnlyWhatIsNamed,
                        "all_streams_of_a_partition_are_released_at_once_and_those_of_another_one_stay"),
                store(
                        "compares no parked streams",
                        BrokenProjectionStores::comparingNoParkedStreams,
                        "a_parked_stream_changes_only_from_what_it_is_known_as"),
                store(
                        "compares no parked streams",
                        BrokenProjectionStores::comparingNoParkedStreams,
                        "a_discard_stops_a_retry_that_has_begun"),
                store(
                        "compares no parked streams",
                        BrokenProjectionStores::comparingNoParkedStreams,
                        "a_further_retry_is_not_answered_by_the_one_that_has_begun"),
                runner(
                        "compares no parked streams",
                        BrokenProjectionStores::comparingNoParkedStreams,
                        "what_is_discarded_while_a_retry_applies_it_is_not_applied"),
                runner(
                        "compares no parked streams",
                        BrokenProjectionStores::comparingNoParkedStreams,
                        "what_is_retried_again_while_a_retry_fails_is_tried_once_more"),
                store(
                        "parks again what is parked",
                        BrokenProjectionStores::parkingAgain,
                        "a_stream_that_is_parked_is_not_parked_again"),
                store(
                        "queues events behind nothing",
                        BrokenProjectionStores::queueingBehindNothing,
                        "no_event_waits_in_a_stream_that_is_not_parked"),
                store(
                        "keeps the place of what comes again",
                        BrokenProjectionStores::keepingThePlaceOfWhatComesAgain,
                        "what_comes_again_after_the_checkpoint_was_set_back_waits_from_its_first_event"),
                store(
                        "answers before it looks",
                        BrokenProjectionStores::answeringBeforeItLooks,
                        "of_a_request_and_a_release_one_comes_first"),
                store(
                        "forgets that streams are parked",
                        BrokenProjectionStores::forgettingThatStreamsAreParked,
                        "what_is_asked_about_parked_streams_is_told_without_all_of_them"),
                store(
                        "tells of all requests at once",
                        BrokenProjectionStores::tellingOfAllRequests,
                        "only_parked_streams_that_something_is_asked_for_are_requested_ones"));
    }

    private static List<Arguments> beginBrokenLogs() {
        return List.of(
                log(
                        "reads by position alone",
                        (log, store) -> BrokenStores.passingLateCommits(log),
                        "an_event_that_is_committed_late_is_applied_in_its_place"),
                log(
                        "acknowledges before the event is applied",
                        BrokenProjectionStores::acknowledgingWhatItDelivers,
                        "at_least_once_applies_again_what_was_not_checkpointed_and_loses_nothing"));
    }

    /** The rows that a broken store fails by waiting in vain. */
    private static List<Arguments> beginSoundStores() {
        return List.of(
                sound(MutatedRunner.class, "a_commit_that_fails_neither_loses_nor_doubles_an_event"),
                sound(
                        MutatedRunner.class,
                        "an_owner_that_freezes_while_it_applies_is_replaced_and_does_no_harm_when_it_wakes_up"),
                sound(
                        MutatedRunner.class,
                        "a_new_version_is_built_beside_the_one_in_use_and_takes_its_place_when_it_has_caught_up"),
                sound(
                        MutatedRunner.class,
                        "side_effects_begin_with_news_and_are_repeated_neither_by_a_reset_nor_by_a_new_version"),
                sound(
                        MutatedRunner.class,
                        "a_version_that_is_reset_at_the_moment_it_has_caught_up_does_not_take_its_place"),
                sound(MutatedRunner.class, "what_is_discarded_while_a_retry_applies_it_is_not_applied"),
                sound(MutatedRunner.class, "what_is_retried_again_while_a_retry_fails_is_tried_once_more"),
                sound(MutatedRunner.class, "an_event_that_is_committed_late_is_applied_in_its_place"),
                sound(MutatedRunner.class, "at_least_once_applies_again_what_was_not_checkpointed_and_loses_nothing"),
                sound(
                        MutatedRunner.class,
                        "a_lease_that_is_never_given_back_runs_out_although_its_owner_holds_others"));
    }

    private static Arguments sound(Class<?> contract, String row) {
        return arguments(
                contract.getSimpleName(), row, run(UnaryOperator.identity(), (log, store) -> log, contract, row));
    }

    private static Arguments store(String name, UnaryOperator<ProjectionStore> mutation, String row) {
        return broken(name, mutation, MutatedStore.class, row);
    }

    private static Arguments runner(String name, UnaryOperator<ProjectionStore> mutation, String row) {
        return broken(name, mutation, MutatedRunner.class, row);
    }

    private static Arguments broken(
            String name, UnaryOperator<ProjectionStore> mutation, Class<?> contract, String row) {
        return arguments(name, row, run(mutation, (log, store) -> log, contract, row));
    }

    private static Arguments log(String name, LogMutation mutation, String row) {
        return arguments(name, row, run(UnaryOperator.identity(), mutation, MutatedRunner.class, row));
    }

    static class MutatedStore extends ProjectionStoreContract {
        @Override
        protected ProjectionStore emptyStore() {
            return STORE.get().apply(new InMemoryProjectionStore());
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    static class MutatedRunner extends ProjectionRunnerContract {
        private final ProjectionStore store = STORE.get().apply(new InMemoryProjectionStore());

        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            EventStore sound = InMemoryLedger.store(appendSignal);
            return LOG.get().of(sound, store);
        }

        @Override
        protected ProjectionStore projectionStore() {
            return store;
        }

        @Override
        protected AppliedEvents appliedEvents() {
            return new TransactionalAppliedEvents();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
