package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said about group commit is caught where it is not so: its source, changed in one place and compiled anew. */
@Tag("faults")
class GroupCommitMutantsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_group_is_caught(String name, String correct, String broken, String row) throws Exception {
        MutatedPackage.with(GroupCommit.class, correct, broken, folder).assertFails(GroupCommitTest.class, row);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutantsOfLines")
    void broken_lines_are_caught(String name, String correct, String broken, Class<?> test, String row)
            throws Exception {
        MutatedPackage.with(StreamLines.class, correct, broken, folder).assertFails(test, row);
    }

    private static Stream<Arguments> mutantsOfLines() {
        String compared = "whatever_happens_only_those_whom_nothing_before_them_holds_back_can_go_first_come_first";
        return Stream.of(
                arguments(
                        "lets a batch write what a member relies on",
                        "last == null || place.joins(last, line)",
                        "last == null || last.hasTurn && last.use == Use.RELIES",
                        GroupCommitTest.class,
                        "no_stream_that_one_relies_on_is_written_by_another_of_the_batch"),
                arguments(
                        "lets a batch rely on what a member writes",
                        "last == null || place.joins(last, line)",
                        "last == null || place.use == Use.RELIES",
                        GroupCommitTest.class,
                        "no_stream_that_one_writes_is_written_or_relied_on_by_another_of_the_batch"),
                arguments(
                        "takes what is relied on for written",
                        "stream.isGuard() ? Use.RELIES : Use.ALONE",
                        "Use.ALONE",
                        GroupCommitTest.class,
                        "a_guard_that_all_rely_on_does_not_shrink_batches"),
                arguments(
                        "lets appends to one stream overtake each other",
                        "            giveFrom(behind, line);",
                        "            give(java.util.Objects.requireNonNull(line.last));",
                        StreamLinesTest.class,
                        compared),
                arguments(
                        "forgets who waits behind the one that goes away",
                        "if (behind != null && !behind.hasTurn) {",
                        "if (behind != null && before == null && !behind.hasTurn) {",
                        StreamLinesTest.class,
                        compared),
                arguments(
                        "wakes the next one only, though those behind it could share",
                        "place != null && place.use == next.use && next.use != Use.ALONE",
                        "place == next && next.use != Use.ALONE",
                        StreamLinesTest.class,
                        compared),
                arguments(
                        "lets who counts for a tag join a batch that is under way",
                        " && (use == Use.RELIES || line.taken == 0)",
                        "",
                        StreamLinesTest.class,
                        "those_who_only_count_for_a_tag_share_it_until_their_batch_is_under_way"),
                arguments(
                        "does not let those share a tag who only count for it",
                        "tag.guards().isEmpty() ? Use.COUNTS : Use.ALONE",
                        "Use.ALONE",
                        StreamLinesTest.class,
                        "those_who_only_count_for_a_tag_share_it_until_their_batch_is_under_way"),
                arguments(
                        "lets those count for a tag who rest on it too",
                        "tag.guards().isEmpty() ? Use.COUNTS : Use.ALONE",
                        "Use.COUNTS",
                        StreamLinesTest.class,
                        "who_rests_on_a_tag_shares_it_with_those_who_do_no_more"),
                arguments(
                        "lets a batch count for a tag that a member relies on",
                        "return use == before.use && ",
                        "return ",
                        StreamLinesTest.class,
                        "whatever_happens_only_those_who_fit_go_together_and_all_have_their_turn"),
                arguments(
                        "does not mend the heap behind one that goes away",
                        "down(last, last.heapIndex);",
                        "",
                        StreamLinesTest.class,
                        compared));
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "knows no bounds",
                        "if (moreEvents <= maxEvents && moreBytes <= maxBytes) {",
                        "if (moreEvents + moreBytes > 0) {",
                        "a_batch_is_bounded_in_events_and_in_bytes_and_what_did_not_fit_leads_next"),
                arguments(
                        "lets go of a stream before its batch is done",
                        "lines.take(batch.leader());\n                        events = moreEvents;",
                        "lines.withdraw(next.standing);\n                        events = moreEvents;",
                        "whatever_the_schedule_each_append_is_carried_out_once_and_answered"),
                arguments(
                        "looks through all that have no room",
                        "MAX_PASSED_OVER = 16",
                        "MAX_PASSED_OVER = 1_000_000",
                        "how_many_wait_does_not_matter_to_what_an_append_costs"),
                arguments(
                        "takes a repetition for a conflict",
                        "&& !ids.get((int) (version - base)).equals(id)",
                        "",
                        "an_append_that_a_batch_has_made_a_conflict_of_is_not_sent"),
                arguments(
                        "asks the database about certain conflicts",
                        "Map<StreamId, Move> moves = moves(answers);",
                        "Map<StreamId, Move> moves = Map.of();",
                        "an_append_that_a_batch_has_made_a_conflict_of_is_not_sent"),
                arguments(
                        "takes no answer for nothing stored",
                        "new AppendResult.Unknown(new IllegalStateException(\"The batch has no answer\"))",
                        "new AppendResult.RolledBack()",
                        "too_few_answers_leave_the_rest_unknown"));
    }
}
