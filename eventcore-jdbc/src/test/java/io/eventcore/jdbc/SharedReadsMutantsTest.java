package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said about shared reads is caught where it is not so: their source, changed in one place and compiled anew. */
@Tag("faults")
class SharedReadsMutantsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void broken_sharing_is_caught(String name, String correct, String broken, String row) throws Exception {
        MutatedPackage.with(SharedReads.class, correct, broken, folder).assertFails(SharedReadsTest.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "lets every read wait for another",
                        "return underWay < statements ?",
                        "return underWay < 1 ?",
                        "while_few_statements_are_under_way_a_read_is_sent_alone_and_at_once"),
                arguments(
                        "gives each reader everything",
                        "all.size() <= keysAfter.size() && keysAfter.keySet().containsAll(all.keySet())",
                        "true",
                        "each_gets_its_own_streams_and_nothing_of_what_is_absent"),
                arguments(
                        "reads a stream after whichever version is asked for last",
                        "!after.equals(own.getValue())",
                        "size < 0",
                        "a_stream_that_is_wanted_after_two_versions_is_not_read_by_one_statement"),
                arguments(
                        "has no room for a stream that another one wants",
                        "} else if (!after.equals(own.getValue())) {",
                        "} else {",
                        "a_stream_that_two_want_after_the_same_version_is_read_once_for_both"),
                arguments(
                        "knows no bound",
                        "return size <= MAX_KEYS;",
                        "return true;",
                        "a_statement_is_bounded_and_what_did_not_fit_leads_next"),
                arguments(
                        "takes a failure for an answer",
                        "return Collections.nCopies(group.size(), new ReadAlone<>());",
                        "return Collections.nCopies(group.size(), new Found<>(Map.of()));",
                        "when_a_shared_statement_fails_each_reads_by_itself_and_only_whose_own_read_fails_is_told"),
                arguments(
                        "repeats what failed alone",
                        "return alone ? List.of(new FailedAlone<>(e)) : eachAlone(group, e);",
                        "return eachAlone(group, e);",
                        "a_read_that_fails_alone_is_not_repeated"),
                arguments(
                        "takes an error for a failed statement",
                        "catch (RuntimeException e) {\n                if (alone) {\n                    throw e;\n                }\n                return eachAlone(group, e);",
                        "catch (Throwable e) {\n                return eachAlone(group, new IllegalStateException(e));",
                        "an_error_of_the_leader_is_its_own_and_leaves_nobody_waiting"),
                arguments(
                        "stays in the queue when it leaves",
                        "waiting.remove(own);",
                        "",
                        "a_read_that_nobody_takes_along_in_time_is_sent_by_itself"));
    }
}
