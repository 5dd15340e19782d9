package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said about the first statement of a read by tags is caught where it is not so: its source, changed in one place. */
@Tag("faults")
class TagHeadsMutantsTest {
    /** The classes are loaded anew, the server is not. */
    private static final String SERVER = "eventcore.test.postgres.url";

    private static final String GIVEN_SERVER = System.getProperty(SERVER, "");

    private static final String BETWEEN = "whatever_is_committed_between_its_statements_a_boundary_counts_what_is_read";
    private static final String FITS = "what_is_found_does_not_depend_on_what_fits";
    private static final String BELOW = "nothing_is_read_after_a_boundary_below_which_an_event_was_given_the_tag";
    private static final String INCOMPLETE =
            "a_name_that_old_events_are_being_given_is_refused_also_for_a_tag_that_nobody_has_used";
    private static final String TYPES = "events_of_the_types_of_their_item_are_found_each_once";

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
    void a_broken_first_statement_is_caught(
            String name, Class<?> changed, Class<?> test, String correct, String broken, String row) throws Exception {
        MutatedPackage.with(changed, correct, broken, folder).assertFails(test, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                reads(
                        "takes the place from a later statement",
                        "heads.isEmpty() ? cut(query) : cut(heads)",
                        "cut(query)",
                        BETWEEN),
                reads("looks at no names", "if (!head.complete()) {", "if (head == null) {", INCOMPLETE),
                reads(
                        "gives what it has although a part is missing",
                        "allMatch(head -> head.events()",
                        "anyMatch(head -> head.events()",
                        FITS),
                reads("counts nothing below a boundary", "&& !counted", "&& counted", BELOW),
                reads("finds every type", "if (item.typeNames().isEmpty()\n", "if (item.tags().size() > 0\n", TYPES),
                reads(
                        "gives the events of one tag after those of another",
                        "matching = new TreeMap<>()",
                        "matching = new java.util.LinkedHashMap<>()",
                        FITS),
                arguments(
                        "takes any events for all, on PostgreSQL",
                        TagHeads.class,
                        PostgreSqlTagHeadsTest.class,
                        "events.size() == Math.max(0, version - after.version())",
                        "(version == after.version() || !events.isEmpty())",
                        BELOW),
                arguments(
                        "takes rows without their payload, on PostgreSQL",
                        TagHeads.class,
                        PostgreSqlTagHeadsTest.class,
                        "allMatch(event -> event.row().isWhole())",
                        "allMatch(event -> event.row().version() > 0)",
                        "events_that_are_too_large_for_the_first_statement_are_found"),
                arguments(
                        "looks at no entry more, on PostgreSQL",
                        PostgreSqlTagHeads.class,
                        PostgreSqlTagHeadsTest.class,
                        ".formatted(LARGEST + 1)",
                        ".formatted(LARGEST)",
                        "a_tag_that_does_not_count_its_events_is_told"),
                arguments(
                        "brings as much of each tag as there is, on PostgreSQL",
                        PostgreSqlTagHeads.class,
                        PostgreSqlTagHeadsTest.class,
                        "named <= EACH_THE_MOST",
                        "named > 0",
                        "the_first_statement_brings_a_bounded_number_of_rows"),
                arguments(
                        "brings more than there is room for, on H2",
                        TagHeads.class,
                        H2TagHeadsTest.class,
                        "Math.min(LARGEST, MAX_ROWS / rowsAfter.size())",
                        "LARGEST",
                        "the_first_statement_brings_a_bounded_number_of_rows"),
                arguments(
                        "passes over an event without a stream, on H2",
                        TagHeads.class,
                        H2TagHeadsTest.class,
                        "throw TaggedEvents.withoutStream(event, streamKey);",
                        "return;",
                        "an_event_whose_stream_is_missing_is_not_skipped"),
                arguments(
                        "shares no statement",
                        TagReads.class,
                        PostgreSqlTagHeadsTest.class,
                        "? shared.read(rowsAfter, patience)",
                        "? connections.own(connection -> heads(connection, rowsAfter))",
                        "reads_that_wait_share_one_statement_that_begins_after_all_have_asked"));
    }

    private static Arguments reads(String name, String correct, String broken, String row) {
        return arguments(name, TagReads.class, PostgreSqlTagHeadsTest.class, correct, broken, row);
    }
}
