package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said about group commit is caught where it is not so: its source, changed in one place and compiled anew. */
class GroupCommitMutantsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_group_is_caught(String name, String correct, String broken, String row) throws Exception {
        MutatedPackage.with(GroupCommit.class, correct, broken, folder).assertFails(GroupCommitTest.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "lets a batch write what a member relies on",
                        "|| (!participant.isGuard() && guarded.contains(participant.id()))",
                        "",
                        "no_stream_that_one_relies_on_is_written_by_another_of_the_batch"),
                arguments(
                        "lets a batch rely on what a member writes",
                        "if (written.contains(participant.id())\n",
                        "if ((written.contains(participant.id()) && !participant.isGuard())\n",
                        "no_stream_that_one_writes_is_written_or_relied_on_by_another_of_the_batch"),
                arguments(
                        "takes what is relied on for written",
                        "(participant.isGuard() ? guarded : written).add",
                        "written.add",
                        "a_guard_that_all_rely_on_does_not_shrink_batches"),
                arguments(
                        "knows no bounds",
                        "return events + append.entries().size() <= maxEvents && bytes + append.bytes() <= maxBytes;",
                        "return true;",
                        "a_batch_is_bounded_in_events_and_in_bytes_and_what_did_not_fit_leads_next"),
                arguments(
                        "lets small ones overtake a large one",
                        "heldBack.add(ticket.append);",
                        "",
                        "appends_to_one_stream_keep_their_order"),
                arguments(
                        "takes a repetition for a conflict",
                        "&& !ids.get((int) (version - base)).equals(id)",
                        "",
                        "an_append_that_a_batch_has_made_a_conflict_of_is_not_sent"),
                arguments(
                        "asks the database about certain conflicts",
                        "takeLost(moves(answers), awake);",
                        "",
                        "an_append_that_a_batch_has_made_a_conflict_of_is_not_sent"),
                arguments(
                        "lets an interruption reach the batch",
                        "boolean interrupted = Thread.interrupted();",
                        "boolean interrupted = false;",
                        "a_thread_that_is_interrupted_already_carries_its_batch_out_undisturbed"),
                arguments(
                        "takes no answer for nothing stored",
                        "new Answer.Unknown(new IllegalStateException(\"The batch has no answer\"))",
                        "new Answer.TryAlone()",
                        "too_few_answers_leave_the_rest_unknown"));
    }
}
