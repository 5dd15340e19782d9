package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.EventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.PlatformTransactionManager;

/** Every main row about tags catches a store that breaks it. */
@Tag("faults")
class TagContractCanFailTest {
    private static UnaryOperator<EventStore> mutation = UnaryOperator.identity();

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("mutants")
    void a_broken_store_is_caught(String name, UnaryOperator<EventStore> broken, String row) {
        mutation = broken;

        assertThat(ContractRows.isCaught(Mutated.class, row)).isTrue();
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                        mutant(
                                "ignores boundaries",
                                BrokenTagStores::ignoringBoundaries,
                                "an_event_that_matches_and_came_since_refuses_the_append",
                                "an_event_that_matches_any_item_is_a_conflict",
                                "what_has_never_been_used_is_guarded_too",
                                "a_boundary_is_checked_without_any_event",
                                "a_stream_of_a_query_is_guarded_by_its_version",
                                "of_a_stream_with_types_only_these_count",
                                "several_events_with_one_tag_count_each",
                                "a_refused_append_leaves_no_trace_on_what_it_would_have_written",
                                "as_many_events_since_as_a_store_looks_through_are_no_conflict_and_one_more_is",
                                "a_boundary_survives_as_a_text",
                                "an_event_that_commits_below_what_was_read_is_a_conflict",
                                "a_boundary_that_was_read_before_an_own_append_is_in_conflict_with_it",
                                "after_a_conflict_a_transaction_goes_on_with_what_it_has_appended",
                                "a_tag_that_another_transaction_creates_and_rolls_back_is_still_guarded",
                                "a_transaction_with_a_snapshot_never_rests_on_what_has_changed_since",
                                "of_many_decisions_on_one_tag_exactly_one_is_stored",
                                "two_decisions_that_rest_on_each_others_tags_are_never_both_stored",
                                "a_decision_on_a_stream_and_one_on_a_tag_are_never_both_stored_if_each_writes_for_the_other",
                                "rules_over_two_subjects_hold",
                                "decisions_stored_on_their_own_or_in_batches_are_serial",
                                "decisions_in_transactions_that_read_what_is_committed_are_serial",
                                "decisions_in_transactions_with_repeatable_reads_are_serial",
                                "decisions_in_serializable_transactions_are_serial",
                                "decisions_of_two_processes_are_serial"),
                        mutant(
                                "forgets versions beside a boundary",
                                BrokenTagStores::forgettingVersions,
                                "versions_of_streams_hold_beside_a_boundary"),
                        mutant(
                                "rests on one boundary",
                                BrokenTagStores::restingOnOneBoundary,
                                "all_boundaries_of_an_append_must_hold"),
                        mutant(
                                "has no placeholders",
                                BrokenTagStores::withoutPlaceholders,
                                "what_has_never_been_used_is_guarded_too",
                                "of_many_decisions_on_one_tag_exactly_one_is_stored",
                                "two_decisions_that_rest_on_each_others_tags_are_never_both_stored",
                                "decisions_stored_on_their_own_or_in_batches_are_serial"),
                        mutant(
                                "guards the first item",
                                BrokenTagStores::guardingTheFirstItem,
                                "an_event_that_matches_any_item_is_a_conflict",
                                "two_decisions_that_rest_on_each_others_tags_are_never_both_stored",
                                "decisions_stored_on_their_own_or_in_batches_are_serial"),
                        mutant(
                                "counts only",
                                BrokenTagStores::countingOnly,
                                "an_event_of_the_same_tag_that_does_not_match_is_no_conflict",
                                "of_a_stream_with_types_only_these_count",
                                "a_boundary_survives_as_a_text",
                                "who_decides_on_what_nobody_changes_is_never_refused_however_much_is_written_beside"),
                        mutant(
                                "forgets other tags",
                                BrokenTagStores::forgettingOtherTags,
                                "an_event_of_the_same_tag_that_does_not_match_is_no_conflict",
                                "an_event_that_matches_any_item_is_a_conflict"),
                        mutant(
                                "looks first",
                                BrokenTagStores::lookingFirst,
                                "of_many_decisions_on_one_tag_exactly_one_is_stored",
                                "two_decisions_that_rest_on_each_others_tags_are_never_both_stored",
                                "a_decision_on_a_stream_and_one_on_a_tag_are_never_both_stored_if_each_writes_for_the_other",
                                "decisions_stored_on_their_own_or_in_batches_are_serial"),
                        mutant(
                                "remembers one position",
                                BrokenTagStores::rememberingOnePosition,
                                "an_event_that_commits_below_what_was_read_is_a_conflict"),
                        mutant(
                                "cuts late",
                                BrokenTagStores::cuttingLate,
                                "rules_over_two_subjects_hold",
                                "decisions_stored_on_their_own_or_in_batches_are_serial"),
                        mutant(
                                "reads on",
                                BrokenTagStores::readingOn,
                                "a_long_read_comes_in_pages_and_ends_where_it_was_when_it_began"),
                        mutant(
                                "reads item by item",
                                BrokenTagStores::readingItemByItem,
                                "of_several_items_any_is_enough_and_an_event_that_matches_two_comes_once",
                                "a_stream_is_read_in_the_same_cut_as_tags",
                                "a_long_read_comes_in_pages_and_ends_where_it_was_when_it_began"),
                        mutant(
                                "finds one tag of several",
                                BrokenTagStores::findingOneTagOfSeveral,
                                "tags_named_together_must_all_be_carried",
                                "the_guard_is_the_tag_with_the_fewest_events_and_in_doubt_the_first",
                                "an_event_of_the_same_tag_that_does_not_match_is_no_conflict"),
                        mutant(
                                "ignores types",
                                BrokenTagStores::ignoringTypes,
                                "an_item_that_names_types_finds_only_these",
                                "a_type_that_is_not_registered_is_refused",
                                "who_decides_on_what_nobody_changes_is_never_refused_however_much_is_written_beside"),
                        mutant(
                                "ignores the case of tags",
                                BrokenTagStores::ignoringTheCaseOfTags,
                                "tags_are_told_apart_by_every_character"),
                        mutant(
                                "keeps one tag",
                                BrokenTagStores::keepingOneTag,
                                "an_event_is_read_by_its_tags_as_it_is_read_by_its_stream",
                                "a_tag_of_the_greatest_length_and_an_event_with_the_most_tags_are_found",
                                "an_append_that_carries_tags_and_rests_on_none_is_never_refused",
                                "appends_with_tags_in_different_orders_do_not_stand_in_each_others_way",
                                "tags_that_many_appends_share_are_counted_once_for_each_event_that_is_stored",
                                "decisions_stored_on_their_own_or_in_batches_are_serial"),
                        mutant(
                                "asks events for their tags",
                                BrokenTagStores::askingEventsForTheirTags,
                                "the_tags_of_the_append_count_whatever_the_event_says_later",
                                "the_type_read_as_leaves_out_what_is_of_another_type"),
                        mutant(
                                "looks through everything",
                                BrokenTagStores::lookingThroughEverything,
                                "as_many_events_since_as_a_store_looks_through_are_no_conflict_and_one_more_is"),
                        mutant(
                                "forgets ids",
                                BrokenTagStores::forgettingIds,
                                "an_append_that_is_repeated_is_told_what_it_has_written"),
                        mutant(
                                "takes a part for the whole",
                                BrokenTagStores::takingAPartForTheWhole,
                                "a_part_of_an_append_is_not_the_append"),
                        mutant(
                                "counts refused appends",
                                BrokenTagStores::countingRefusedAppends,
                                "an_event_that_matches_and_came_since_refuses_the_append",
                                "a_refused_append_leaves_no_trace_on_what_it_would_have_written",
                                "several_events_with_one_tag_count_each",
                                "after_a_conflict_a_transaction_goes_on_with_what_it_has_appended",
                                "tags_that_many_appends_share_are_counted_once_for_each_event_that_is_stored"),
                        mutant(
                                "reads elsewhere",
                                BrokenTagStores::readingElsewhere,
                                "a_transaction_sees_its_own_events_and_others_do_not_before_it_commits",
                                "a_boundary_that_was_read_before_an_own_append_is_in_conflict_with_it"),
                        mutant(
                                "appends elsewhere",
                                BrokenTagStores::appendingElsewhere,
                                "a_transaction_sees_its_own_events_and_others_do_not_before_it_commits",
                                "what_is_rolled_back_was_never_there",
                                "what_is_rolled_back_to_a_savepoint_was_never_there"),
                        mutant(
                                "lets go of guards",
                                BrokenTagStores::lettingGoOfGuards,
                                "a_guard_does_not_move_until_the_transaction_that_rests_on_it_ends",
                                "decisions_in_transactions_that_read_what_is_committed_are_serial"),
                        mutant(
                                "guards what a command declares alone",
                                BrokenTagStores::restingOnOneBoundary,
                                "what_was_discovered_is_guarded_too"),
                        mutant(
                                "ignores boundaries of commands",
                                BrokenTagStores::ignoringBoundaries,
                                "a_conflict_is_retried_and_the_last_one_told",
                                "inside_a_transaction_there_is_one_attempt_and_the_conflict_says_so",
                                "a_decision_on_a_snapshot_is_guarded"),
                        mutant(
                                "looks first, for commands",
                                BrokenTagStores::lookingFirst,
                                "of_many_commands_for_the_last_seat_one_succeeds",
                                "racing_commands_keep_rules_over_two_subjects"),
                        mutant(
                                "counts only",
                                BrokenTagStores::countingOnly,
                                "who_joins_a_course_at_the_same_time_as_others_is_not_in_their_way"),
                        mutant(
                                "pages without tags",
                                BrokenTagStores::pagingWithoutTags,
                                "a_filter_may_ask_for_tags_types_and_streams_together",
                                "an_event_with_a_tag_that_is_committed_late_is_delivered_in_its_place",
                                "under_load_with_rollbacks_every_event_of_a_tag_is_delivered_once_and_in_order",
                                "a_projection_by_tags_is_given_old_and_new_events_of_them_and_no_others",
                                "a_stream_that_a_projection_by_tags_has_parked_goes_on_with_events_of_them_alone"),
                        mutant(
                                "pages by one tag of several",
                                BrokenTagStores::pagingByOneTagOfSeveral,
                                "a_filter_may_ask_for_tags_types_and_streams_together",
                                "a_filter_by_tags_gives_the_same_events_in_the_same_order_whatever_the_size_of_a_page",
                                "under_load_with_rollbacks_every_event_of_a_tag_is_delivered_once_and_in_order"),
                        mutant(
                                "pages by tags and any types",
                                BrokenTagStores::pagingByTagsAndAnyTypes,
                                "a_filter_may_ask_for_tags_types_and_streams_together"),
                        mutant(
                                "pages by tags in any streams",
                                BrokenTagStores::pagingByTagsInAnyStreams,
                                "a_filter_may_ask_for_tags_types_and_streams_together",
                                "a_filter_by_tags_gives_the_same_events_in_the_same_order_whatever_the_size_of_a_page"),
                        mutant(
                                "looks for tags after the limit",
                                BrokenTagStores::lookingForTagsAfterTheLimit,
                                "events_with_a_tag_far_apart_fill_a_page_and_where_none_follow_it_ends_the_log"),
                        mutant(
                                "pages as it decides",
                                BrokenTagStores::pagingAsItDecides,
                                "an_event_with_a_tag_that_is_committed_late_is_delivered_in_its_place",
                                "a_page_by_tags_does_not_show_what_the_readers_own_transaction_has_not_committed"),
                        mutant(
                                "ends every page by tags",
                                BrokenTagStores::endingEveryPageByTags,
                                "a_filter_by_tags_gives_the_same_events_in_the_same_order_whatever_the_size_of_a_page",
                                "a_page_by_tags_of_large_events_ends_early_and_says_that_more_follow"),
                        mutant(
                                "skips a position at the end",
                                BrokenTagStores::skippingAPositionAtTheEnd,
                                "no_page_by_tags_continues_beyond_the_last_committed_event",
                                "an_event_with_a_tag_that_is_committed_late_is_delivered_in_its_place"),
                        mutant(
                                "waits for a log that was set back",
                                BrokenTagStores::waitingForALogThatWasSetBack,
                                "a_reader_by_tags_that_has_been_further_than_the_log_reaches_is_told"),
                        mutant(
                                "pages by tags without a bound in bytes",
                                BrokenTagStores::pagingByTagsWithoutABoundInBytes,
                                "a_page_by_tags_of_large_events_ends_early_and_says_that_more_follow"),
                        mutant(
                                "matches every tag",
                                BrokenTagStores::matchingEveryTag,
                                "whether_an_event_that_was_read_carries_a_tag_is_not_told_by_the_event"),
                        mutant(
                                "tells items apart the wrong way",
                                BrokenTagStores::tellingItemsApartTheWrongWay,
                                "what_matches_an_item_is_told_as_if_it_were_read_alone",
                                "a_read_goes_on_from_a_place_of_its_own_for_each_tag_and_stream"),
                        mutant(
                                "forgets places that were not read",
                                BrokenTagStores::forgettingPlacesThatWereNotRead,
                                "a_read_goes_on_from_a_place_of_its_own_for_each_tag_and_stream"),
                        mutant(
                                "reads all after a boundary",
                                BrokenTagStores::readingAllAfterABoundary,
                                "a_read_after_a_boundary_finds_what_was_committed_since",
                                "a_decision_continues_from_the_snapshot_and_folds_only_what_came_since"),
                        mutant(
                                "reads nothing after a boundary",
                                BrokenTagStores::readingNothingAfterABoundary,
                                "a_read_after_a_boundary_finds_what_was_committed_since",
                                "a_decision_continues_from_the_snapshot_and_folds_only_what_came_since",
                                "streams_and_tags_continue_together"))
                .flatMap(each -> each);
    }

    private static Stream<Arguments> mutant(String name, UnaryOperator<EventStore> broken, String... rows) {
        return Stream.of(rows).map(row -> arguments(name, broken, row));
    }

    static class Mutated extends TagContract {
        @Override
        protected EventStore emptyStore() {
            return mutation.apply(new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types())));
        }

        @Override
        protected PlatformTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
