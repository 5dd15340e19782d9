package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.EventStore;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.PlatformTransactionManager;

/** A check that cannot fail is no check: every main row of the contracts catches a store that breaks it. */
@Tag("faults")
class ContractsCanFailTest {
    private static UnaryOperator<EventStore> mutation = UnaryOperator.identity();
    private static UnaryOperator<ExecutedCommands> commandMutation = UnaryOperator.identity();

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_store_is_caught(String name, UnaryOperator<EventStore> broken, Class<?> contract, String row) {
        mutation = broken;

        ContractRows.assertFails(contract, row);
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("transactionMutants")
    void a_store_that_does_not_keep_transactions_apart_is_caught(
            String name, UnaryOperator<EventStore> broken, String row) {
        mutation = broken;

        assertThat(ContractRows.isCaught(MutatedConcurrentTransactions.class, row))
                .isTrue();
    }

    private static Stream<Arguments> transactionMutants() {
        return Stream.of(
                meeting(
                        "locks at the commit",
                        BrokenStores::lockingAtTheCommit,
                        "an_append_in_any_version_waits_for_the_transaction_that_has_appended_to_the_stream"),
                meeting(
                        "locks at the commit",
                        BrokenStores::lockingAtTheCommit,
                        "an_append_in_an_exact_version_waits_for_the_transaction_that_has_appended_to_the_stream"),
                meeting(
                        "locks at the commit",
                        BrokenStores::lockingAtTheCommit,
                        "who_relies_on_a_stream_waits_for_the_transaction_that_has_appended_to_it"),
                meeting(
                        "locks at the commit",
                        BrokenStores::lockingAtTheCommit,
                        "a_stream_that_a_transaction_relies_on_does_not_move_until_it_ends"),
                meeting(
                        "ignores streams that are only read",
                        BrokenStores::ignoringGuards,
                        "a_stream_that_a_transaction_relies_on_does_not_move_until_it_ends"),
                meeting(
                        "takes time-outs for conflicts",
                        BrokenStores::takingTimeOutsForConflicts,
                        "a_wait_ends_with_the_time_of_the_transaction_and_nothing_of_it_is_committed"),
                meeting(
                        "takes time-outs for conflicts",
                        BrokenStores::takingTimeOutsForConflicts,
                        "of_two_transactions_that_wait_for_each_other_one_fails_and_the_other_goes_on"),
                meeting(
                        "takes time-outs for conflicts",
                        BrokenStores::takingTimeOutsForConflicts,
                        "a_new_transaction_cannot_append_to_what_the_suspended_one_holds_and_that_one_goes_on"),
                meeting(
                        "commits after a failure",
                        BrokenStores::failingWithoutSpoilingTheTransaction,
                        "a_wait_ends_with_the_time_of_the_transaction_and_nothing_of_it_is_committed"),
                meeting(
                        "commits after a failure",
                        BrokenStores::failingWithoutSpoilingTheTransaction,
                        "a_wait_that_ends_in_a_nested_transaction_spoils_the_outer_one"),
                meeting(
                        "knows no savepoints",
                        BrokenStores::keepingWhatIsRolledBackToASavepoint,
                        "what_is_rolled_back_with_a_nested_transaction_was_never_there"),
                meeting(
                        "knows no savepoints",
                        BrokenStores::keepingWhatIsRolledBackToASavepoint,
                        "an_exception_of_a_nested_transaction_leaves_what_the_outer_one_has_appended"),
                meeting(
                        "knows no savepoints",
                        BrokenStores::keepingWhatIsRolledBackToASavepoint,
                        "what_is_rolled_back_to_a_savepoint_was_never_there"),
                meeting(
                        "never joins",
                        BrokenStores::neverJoining,
                        "a_rollback_takes_along_what_a_nested_transaction_has_committed"),
                meeting(
                        "never joins",
                        BrokenStores::neverJoining,
                        "a_transaction_whose_end_the_store_cannot_see_is_refused"),
                meeting(
                        "reads once",
                        BrokenStores::readingOnceInATransaction,
                        "a_transaction_in_read_committed_sees_what_others_commit_meanwhile"),
                meeting(
                        "lets the last writer win",
                        BrokenStores::acceptingAnyVersion,
                        "no_isolation_makes_a_stale_expectation_true"));
    }

    private static Arguments meeting(String name, UnaryOperator<EventStore> mutation, String row) {
        return arguments(name, mutation, row);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("commandMutants")
    void what_executes_commands_twice_is_caught(String name, UnaryOperator<ExecutedCommands> broken, String row) {
        mutation = UnaryOperator.identity();
        commandMutation = broken;

        ContractRows.assertFails(MutatedExecutedCommands.class, row);
    }

    private static Stream<Arguments> commandMutants() {
        return Stream.of(
                once(
                        "looks first and takes the id later",
                        BrokenExecutedCommands::lookingFirstAndTakingTheIdLater,
                        "of_two_commands_that_are_given_one_id_at_the_same_time_one_is_refused"),
                once(
                        "takes the id after the append",
                        BrokenExecutedCommands::takingTheIdAfterTheAppend,
                        "a_repetition_that_overtakes_while_the_first_one_reads_wins"),
                once(
                        "remembers in another transaction",
                        BrokenExecutedCommands::rememberingInAnotherTransaction,
                        "a_rollback_of_the_caller_takes_the_id_along"),
                once(
                        "remembers in another transaction",
                        BrokenExecutedCommands::rememberingInAnotherTransaction,
                        "a_rollback_to_a_savepoint_takes_the_id_along"),
                once(
                        "remembers in another transaction",
                        BrokenExecutedCommands::rememberingInAnotherTransaction,
                        "a_new_transaction_cannot_take_the_id_that_the_suspended_one_has_taken"),
                once(
                        "remembers what failed",
                        BrokenExecutedCommands::rememberingWhatFailed,
                        "a_conflict_in_a_callers_transaction_that_goes_on_leaves_the_id_free"));
    }

    private static Arguments once(String name, UnaryOperator<ExecutedCommands> broken, String row) {
        return arguments(name, broken, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                streams(
                        "ignores streams that are only read",
                        BrokenStores::ignoringGuards,
                        "a_stream_that_is_only_read_is_checked_too"),
                streams(
                        "ignores streams that are only read",
                        BrokenStores::ignoringGuards,
                        "two_decisions_that_rest_on_each_others_stream_never_both_succeed"),
                streams(
                        "has no lock for what is absent",
                        BrokenStores::checkingGuardsTooEarly,
                        "two_decisions_that_rest_on_the_absence_of_each_others_stream_never_both_succeed"),
                streams(
                        "writes stream by stream",
                        BrokenStores::writingStreamByStream,
                        "a_conflict_on_one_stream_writes_to_none"),
                streams(
                        "checks nothing without events",
                        BrokenStores::skippingEmptyWrites,
                        "an_append_without_events_checks_the_versions_all_the_same"),
                streams(
                        "knows one metadata for all events",
                        BrokenStores::forgettingOwnMetadata,
                        "an_event_can_have_metadata_of_its_own_beside_that_of_the_append"),
                streams(
                        "lets the last writer win",
                        BrokenStores::acceptingAnyVersion,
                        "append_is_refused_when_a_stream_has_moved_on"),
                streams(
                        "checks first and writes later",
                        BrokenStores::checkingFirstAndWritingLater,
                        "of_many_appends_from_one_version_exactly_one_wins"),
                streams(
                        "gives new ids to repeated events",
                        BrokenStores::renamingEvents,
                        "a_repeated_append_returns_the_first_result_and_writes_nothing"),
                streams(
                        "reads on while others write",
                        BrokenStores::readingWithoutEnd,
                        "what_is_appended_after_a_read_began_is_not_part_of_it"),
                streams(
                        "reads stream after stream",
                        BrokenStores::readingStreamAfterStream,
                        "several_streams_are_read_together_in_global_order_each_after_its_own_version"),
                streams(
                        "fixes the versions of many streams in parts",
                        BrokenStores::readingManyStreamsInParts,
                        "two_thousand_streams_are_one_consistent_cut"),
                streams(
                        "skips what is large",
                        BrokenStores::skippingLargeEvents,
                        "streams_of_small_and_large_events_are_read_whole_and_in_order"),
                streams(
                        "takes the type for a filter",
                        BrokenStores::filteringByType,
                        "reading_a_stream_as_the_wrong_type_fails_and_says_where"),
                streams(
                        "ignores the case of ids",
                        BrokenStores::ignoringCase,
                        "ids_that_look_alike_are_different_streams"),
                streams(
                        "takes an underscore for a wildcard",
                        BrokenStores::takingPrefixesForPatterns,
                        "the_characters_of_a_prefix_are_taken_literally"),
                streams("loses the metadata", BrokenStores::losingMetadata, "an_appended_event_is_read_back_as_it_was"),
                streams(
                        "asks events for their stream",
                        BrokenStores::askingEventsForTheirStream,
                        "the_stream_an_event_is_stored_in_counts_not_the_one_it_names"),
                streams(
                        "names conflicts in the order of registration",
                        BrokenStores::namingConflictsInTheOrderOfRegistration,
                        "of_several_conflicts_the_first_in_the_order_of_ids_is_named"),
                streams(
                        "takes a part for the whole",
                        BrokenStores::takingAPartForTheWhole,
                        "an_append_that_is_stored_in_part_only_is_a_conflict"),
                streams(
                        "gives new ids to repeated events",
                        BrokenStores::renamingEvents,
                        "the_same_append_sent_several_times_at_once_is_stored_once_and_answered_alike"),
                streams(
                        "begins with the version given",
                        BrokenStores::beginningWithTheVersionGiven,
                        "a_stream_is_read_after_a_version"),
                streams(
                        "lists ids in the order of strings",
                        BrokenStores::listingInTheOrderOfStrings,
                        "the_ids_of_existing_streams_are_listed_page_by_page_in_the_order_of_their_bytes"),
                log(
                        "begins with the position given",
                        BrokenStores::beginningWithThePositionGiven,
                        "reading_resumes_after_a_position"),
                log(
                        "stops stars at slashes",
                        BrokenStores::stoppingStarsAtSlashes,
                        "a_pattern_selects_streams_by_their_whole_id"),
                log(
                        "stops stars at slashes",
                        BrokenStores::stoppingStarsAtSlashes,
                        "a_pattern_means_the_same_to_the_store_as_everywhere"),
                log(
                        "ends each page that is not decoded",
                        BrokenStores::endingEachUndecodedPage,
                        "a_page_that_is_not_decoded_tells_the_same_as_a_decoded_one"),
                log(
                        "makes up id and time of what is not decoded",
                        BrokenStores::makingUpWhatItHasNotDecoded,
                        "a_page_that_is_not_decoded_tells_the_same_as_a_decoded_one"),
                log(
                        "matches by stream alone",
                        BrokenStores::matchingByStreamAlone,
                        "a_filter_matches_what_is_not_decoded_as_it_does_in_a_read"),
                log(
                        "matches types that are not registered",
                        BrokenStores::matchingWhateverIsNamed,
                        "a_filter_matches_what_is_not_decoded_as_it_does_in_a_read"),
                log("ignores event types", BrokenStores::ignoringTypes, "a_filter_may_ask_for_event_types"),
                log(
                        "shows what is not committed, in no order",
                        BrokenStores::showingUncommitted,
                        "the_log_does_not_show_what_the_readers_own_transaction_has_not_committed"),
                log(
                        "shows what is not committed, in no order",
                        BrokenStores::showingUncommitted,
                        "an_event_that_is_committed_late_is_delivered_in_its_place"),
                log(
                        "forgets to look back",
                        BrokenStores::passingLateCommits,
                        "an_event_that_is_committed_late_is_delivered_in_its_place"),
                log(
                        "applies the limit before the filter",
                        BrokenStores::filteringAfterTheLimit,
                        "a_filter_is_applied_before_the_limit"),
                log(
                        "gives up where nothing matches for long",
                        BrokenStores::givingUpWhereNothingMatches,
                        "matches_far_apart_in_a_long_log_fill_a_page_and_where_none_follow_it_ends_the_log"),
                log(
                        "passes what a page had no room for",
                        BrokenStores::passingWhatAPageHadNoRoomFor,
                        "a_filter_gives_the_same_events_in_the_same_order_whatever_the_size_of_a_page"),
                log(
                        "counts rows only",
                        BrokenStores::countingRowsOnly,
                        "a_page_of_large_events_ends_early_and_says_that_more_follow"),
                log(
                        "takes a short page for the last",
                        BrokenStores::takingAShortPageForTheLast,
                        "a_page_of_large_events_ends_early_and_says_that_more_follow"),
                log(
                        "takes lost positions for the end",
                        BrokenStores::takingLostPositionsForTheEnd,
                        "a_reader_gets_past_more_lost_positions_than_a_page_has_events"),
                log(
                        "passes what was rolled back at the end",
                        BrokenStores::passingWhatWasRolledBack,
                        "no_page_continues_beyond_the_last_committed_event"),
                log(
                        "is silent beyond the end",
                        BrokenStores::silentBeyondTheEnd,
                        "a_reader_that_has_been_further_than_the_log_reaches_is_told"),
                log(
                        "stays where nothing matched",
                        BrokenStores::stayingWhereNothingMatched,
                        "a_reader_gets_past_events_that_do_not_match"),
                log(
                        "reads on while others write",
                        BrokenStores::readingWithoutEnd,
                        "what_is_committed_late_does_not_slip_into_a_read_that_began_before"),
                transactions(
                        "is blind to its own appends",
                        BrokenStores::blindToItsOwnAppends,
                        "the_transaction_sees_what_it_has_appended_and_nobody_else_does"),
                concurrency(
                        "ignores streams that are only read",
                        BrokenStores::ignoringGuards,
                        "of_two_decisions_that_rest_on_each_others_stream_one_fails"),
                concurrency(
                        "ignores streams that are only read",
                        BrokenStores::ignoringGuards,
                        "so_it_is_while_somebody_else_relies_on_the_absence_of_both"),
                concurrency(
                        "pages by position alone",
                        BrokenStores::pagingByPosition,
                        "a_long_read_of_several_streams_has_no_hole_and_ends_where_it_said"),
                concurrency(
                        "keeps what is rolled back",
                        BrokenStores::neverJoining,
                        "what_many_write_to_old_and_new_streams_is_kept_and_nothing_else"),
                transactions("never joins", BrokenStores::neverJoining, "an_append_vanishes_with_the_callers_rollback"),
                transactions(
                        "rolls back after a conflict",
                        BrokenStores::rollingBackAfterConflict,
                        "after_a_conflict_the_transaction_goes_on_and_commits"),
                transactions(
                        "joins what is over",
                        BrokenStores::joiningFinishedTransactions,
                        "an_append_after_the_commit_is_a_transaction_of_its_own"));
    }

    private static Arguments streams(String name, UnaryOperator<EventStore> mutation, String row) {
        return arguments(name, mutation, MutatedStreams.class, row);
    }

    private static Arguments log(String name, UnaryOperator<EventStore> mutation, String row) {
        return arguments(name, mutation, MutatedLog.class, row);
    }

    private static Arguments concurrency(String name, UnaryOperator<EventStore> mutation, String row) {
        return arguments(name, mutation, MutatedConcurrency.class, row);
    }

    private static Arguments transactions(String name, UnaryOperator<EventStore> mutation, String row) {
        return arguments(name, mutation, MutatedTransactions.class, row);
    }

    private static EventStore mutatedStore() {
        return mutation.apply(new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types())));
    }

    static class MutatedStreams extends EventStoreContract {
        @Override
        protected EventStore emptyStore() {
            return mutatedStore();
        }
    }

    static class MutatedLog extends EventReaderContract {
        @Override
        protected EventStore emptyStore() {
            return mutatedStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    static class MutatedConcurrency extends ConcurrencyContract {
        @Override
        protected EventStore emptyStore() {
            return mutatedStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    static class MutatedTransactions extends TransactionContract {
        @Override
        protected EventStore emptyStore() {
            return mutatedStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    static class MutatedConcurrentTransactions extends ConcurrentTransactionsContract {
        @Override
        protected EventStore emptyStore() {
            return mutatedStore();
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }

    static class MutatedExecutedCommands extends ExecutedCommandsContract {
        private final EventStore store = mutatedStore();
        private final ExecutedCommands executedCommands = commandMutation.apply(new InMemoryExecutedCommands());

        @Override
        protected EventStore emptyStore() {
            return store;
        }

        @Override
        protected EventStore storeElsewhere() {
            return store;
        }

        @Override
        protected ExecutedCommands executedCommands() {
            return executedCommands;
        }

        @Override
        protected ExecutedCommands executedCommandsElsewhere() {
            return executedCommands;
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
