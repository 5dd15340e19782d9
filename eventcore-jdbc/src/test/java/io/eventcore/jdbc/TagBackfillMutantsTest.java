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

/** What is said about a backfill of tags is caught where it is not so: its source, changed in one place and compiled anew. */
@Tag("faults")
class TagBackfillMutantsTest {
    /** The classes are loaded anew, the server is not. */
    private static final String SERVER = "eventcore.test.postgres.url";

    private static final String GIVEN_SERVER = System.getProperty(SERVER, "");

    private static final String MEANWHILE =
            "it_does_not_end_while_an_instance_appends_without_tags_and_loses_nothing_of_what_that_appends";
    private static final String DECIDED = "from_its_beginning_to_its_end_nothing_is_decided_on_half_of_the_tags";
    private static final String INTERRUPTED = "what_was_interrupted_goes_on_where_it_was_and_gives_no_tag_twice";

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
    void a_broken_backfill_is_caught(String name, Class<?> changed, String correct, String broken, String row)
            throws Exception {
        MutatedPackage mutated = MutatedPackage.with(changed, correct, broken, folder);
        mutated.assertFails(H2TagBackfillTest.class, row);
        mutated.assertFails(PostgreSqlTagBackfillTest.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "says that it is ready before its last batch",
                        TagBackfill.class,
                        "giveInParts(entries);",
                        "if (page.size() == PAGE_EVENTS) { giveInParts(entries); }",
                        DECIDED),
                arguments(
                        "forgets what was appended meanwhile",
                        TagFill.class,
                        "!areStored(connection, entries.apply(tail.get()))",
                        "entries == null",
                        MEANWHILE),
                arguments(
                        "reads no further than the log went when it began",
                        TagBackfill.class,
                        "readUpTo(log.settledEnd())",
                        "readUpTo(begunAt)",
                        MEANWHILE),
                arguments(
                        "ends although an instance goes on that writes no tags",
                        TagBackfill.class,
                        "if (lastLate > 0) {",
                        "if (lastLate < 0) {",
                        MEANWHILE),
                arguments(
                        "does not hold appends while it looks for the last time",
                        TagFill.class,
                        "dialect.imports().holdAppends(connection);",
                        "",
                        "it_waits_for_an_append_that_is_in_flight_when_all_else_is_read"),
                arguments(
                        "goes on behind where it stopped",
                        TagBackfill.class,
                        "giveInParts(entries);",
                        "fill.advance(names, plan, last); giveInParts(entries);",
                        "what_was_stopped_in_the_midst_of_a_page_gives_the_rest_of_it_too"),
                arguments(
                        "begins anew each time",
                        TagFill.class,
                        "if (!found.isUnderway(plan)) {",
                        "if (true) {",
                        INTERRUPTED),
                arguments(
                        "goes on with what other types have begun",
                        TagFill.class,
                        "return !complete && plan.equals(wanted);",
                        "return !complete;",
                        "with_other_types_it_begins_anew"),
                arguments("counts what it has not given", TagFill.class, "version++;", "version += 2;", INTERRUPTED),
                arguments("lets decide on nothing at all", JdbcEventStore.class, "checkComplete(writes);", "", DECIDED),
                arguments(
                        "lets decide while it is under way",
                        TagQueries.class,
                        "throw new TagsIncompleteException(name);",
                        "continue;",
                        DECIDED));
    }
}
