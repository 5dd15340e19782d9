package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.EventFilter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said about reading the log is caught where it is not so: its source, changed in one place and compiled anew. */
@Tag("faults")
class LogReadsMutantsTest {
    private static final String HIGHEST = "highest.map(Mark::position).orElse(from)";

    /** The classes are loaded anew, the server is not. */
    private static final String SERVER = "eventcore.test.postgres.url";

    private static final String GIVEN_SERVER = System.getProperty(SERVER, "");

    @TempDir
    private Path folder;

    @BeforeAll
    static void useOneServer() {
        System.setProperty(SERVER, PostgreSqlDatabase.INSTANCE.url());
    }

    @AfterAll
    static void forgetServer() {
        System.setProperty(SERVER, GIVEN_SERVER);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_reader_is_caught(String name, String correct, String broken, Class<?> test, String row)
            throws Exception {
        MutatedPackage.with(LogReads.class, correct, broken, folder).assertFails(test, row);
    }

    @Test
    void what_another_server_has_settled_is_not_believed() throws Exception {
        MutatedPackage.with(PostgreSqlLogQueries.class, "mark.server() == server && mark", "mark", folder)
                .assertFails(
                        PostgreSqlOtherServerTest.class,
                        "what_was_settled_by_one_server_says_nothing_about_another",
                        EventFilter.class);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "passes what only rolled-back appends have drawn",
                        HIGHEST,
                        "Math.max(limit, from)",
                        PostgreSqlOrderTest.class,
                        "no_reader_passes_positions_at_the_end_whose_appends_were_rolled_back_however_many"),
                arguments(
                        "passes what a crash gives out again",
                        HIGHEST,
                        "Math.max(limit, from)",
                        PostgreSqlLostPositionsTest.class,
                        "what_is_appended_after_a_crash_is_seen_by_all_who_read_before"),
                arguments(
                        "compares an end with what was settled after it",
                        "checkNotBehind(end, before.position());",
                        "checkNotBehind(end, settled.position());",
                        ConcurrentLogReadersTest.class,
                        "an_end_asked_for_before_another_reader_settled_more_is_no_log_that_was_set_back"),
                arguments(
                        "believes of an older page what was settled after it",
                        "last(rows) <= known(end, before)",
                        "last(rows) <= settled.position()",
                        ConcurrentLogReadersTest.class,
                        "what_another_reader_has_settled_says_nothing_about_a_page_that_is_older"),
                arguments(
                        "takes what was settled for true in every log",
                        "end.holdsMark() ? before.position() : 0",
                        "before.position()",
                        PostgreSqlOrderTest.class,
                        "what_was_settled_counts_for_nothing_in_another_log"));
    }
}
