package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.cause;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.eventcore.EventStore;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** The rows about concurrency catch a schema whose functions work as stores are usually built. */
@Tag("faults")
class PostgreSqlMutantsTest {
    private static final String SKEW = "of_two_decisions_that_rest_on_each_others_stream_one_fails";
    private static final String ABSENT_SKEW =
            "of_two_decisions_that_rest_on_the_absence_of_each_others_stream_one_fails";
    private static final String LOCK_ORDER = "an_append_that_waits_for_one_stream_does_not_hold_a_later_one";
    private static final String CUT = "a_version_that_commits_behind_a_long_read_leaves_no_hole_in_it";
    private static final String ORDER =
            "the_log_delivers_everything_once_and_in_order_while_transactions_are_open_and_roll_back";

    /** Opens the window in which another append is overlooked, so that it does not take luck to fall into it. */
    private static final String FOR_A_MOMENT = " PERFORM pg_sleep(0.0005);\n";

    /** What is overlooked is overlooked when two meet, so each broken schema may be run as often as this. */
    private static final int RACES = 20;

    private static UnaryOperator<String> mutation = UnaryOperator.identity();

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_schema_is_caught(String name, UnaryOperator<String> broken, Class<?> contract, String row) {
        mutation = broken;

        assertThat(IntStream.range(0, RACES).anyMatch(race -> fails(contract, row)))
                .as("caught: " + name)
                .isTrue();
    }

    private static boolean fails(Class<?> contract, String row) {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(contract, row))
                .execute()
                .testEvents();
        tests.assertStatistics(stats -> stats.started(1));
        return tests.failed().count() == 1;
    }

    @Test
    void a_reader_that_pages_by_position_alone_is_caught_with_a_hole() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(PagedByPosition.class, CUT))
                .execute()
                .testEvents()
                .assertThatEvents()
                .haveExactly(1, finishedWithFailure(cause(message(text -> text.contains("[versions of ")))));
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                mutant("does not lock what it relies on", PostgreSqlMutantsTest::withoutGuardLocks, SKEW),
                mutant(
                        "asks for the highest version and trusts the unique key",
                        PostgreSqlMutantsTest::maxVersion,
                        SKEW),
                mutant(
                        "asks for the highest version and trusts the unique key",
                        PostgreSqlMutantsTest::maxVersion,
                        ABSENT_SKEW),
                mutant("has no row for what is absent", PostgreSqlMutantsTest::withoutPlaceholders, ABSENT_SKEW),
                arguments(
                        "creates new streams first",
                        mutation(PostgreSqlMutantsTest::newStreamsFirst),
                        MutatedLockOrder.class,
                        LOCK_ORDER),
                mutant("reads whatever is there", PostgreSqlMutantsTest::withoutBound, ORDER),
                mutant("waits for every open transaction", PostgreSqlMutantsTest::xminBound, ORDER),
                mutant("announces after it has drawn", PostgreSqlMutantsTest::announcingLate, ORDER));
    }

    private static Arguments mutant(String name, UnaryOperator<String> mutation, String row) {
        return arguments(name, mutation, Mutated.class, row);
    }

    private static UnaryOperator<String> mutation(UnaryOperator<String> mutation) {
        return mutation;
    }

    private static String withoutGuardLocks(String script) {
        return script.replace(
                "WHERE stream_id = p_stream_ids[i] FOR SHARE;", "WHERE stream_id = p_stream_ids[i];" + FOR_A_MOMENT);
    }

    private static String withoutPlaceholders(String script) {
        return script.replace(
                "INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_ids[i], 0) ON CONFLICT DO NOTHING;",
                FOR_A_MOMENT);
    }

    private static String newStreamsFirst(String script) {
        return script.replace("    outcome := 0;\n", """
                    outcome := 0;
                    IF p_joined THEN
                        INSERT INTO eventcore_stream (stream_id, version)
                        SELECT u.id, 0 FROM unnest(p_stream_ids, p_expected) AS u(id, e)
                        WHERE u.e IN (0, -1)
                          AND (SELECT s.stream_key FROM eventcore_stream s WHERE s.stream_id = u.id) IS NULL
                        ORDER BY u.id ON CONFLICT DO NOTHING;
                    END IF;
                """);
    }

    private static String withoutBound(String script) {
        return replaceBody(script, "eventcore_in_flight()", "LANGUAGE sql AS $$ SELECT NULL::bigint $$;");
    }

    private static String xminBound(String script) {
        return replaceBody(script, "eventcore_in_flight()", """
                LANGUAGE sql AS $$
                    SELECT min(position) - 1 FROM eventcore_event
                    WHERE xmin::text::bigint >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                $$;
                """);
    }

    private static String announcingLate(String script) {
        return script.replace("PERFORM eventcore_announce_once();", "NULL;")
                .replace("            positions[i] := v_key;\n", """
                            positions[i] := v_key;
                            PERFORM eventcore_announce_once();
                """ + FOR_A_MOMENT);
    }

    private static String replaceBody(String script, String function, String definition) {
        int start = script.indexOf("CREATE OR REPLACE FUNCTION " + function);
        int end = script.indexOf("$$;", start) + 3;
        return script.substring(0, start) + "CREATE OR REPLACE FUNCTION " + function + " RETURNS bigint " + definition
                + script.substring(end);
    }

    /** Checks against the log without a lock; a later one fails at the unique key, if both write the same stream. */
    private static String maxVersion(String script) {
        int start = script.indexOf("    outcome := 0;\n    FOR i IN");
        int end = script.indexOf("    IF v_events = 0 THEN", start);
        return script.substring(0, start) + """
                    outcome := 0;
                    FOR i IN 1 .. cardinality(p_stream_ids) LOOP
                        SELECT coalesce(max(e.version), 0) INTO v_version
                        FROM eventcore_event e JOIN eventcore_stream s ON s.stream_key = e.stream_key
                        WHERE s.stream_id = p_stream_ids[i];
                        IF p_expected[i] >= 0 AND v_version <> p_expected[i] THEN
                            outcome := 1;
                            conflict_stream := i;
                            conflict_version := v_version;
                            RETURN;
                        END IF;
                        base_versions[i] := v_version;
                        IF p_counts[i] > 0 THEN
                            INSERT INTO eventcore_stream (stream_id, version) VALUES (p_stream_ids[i], 0)
                            ON CONFLICT DO NOTHING;
                            SELECT stream_key INTO v_key FROM eventcore_stream WHERE stream_id = p_stream_ids[i];
                            v_keys[i] := v_key;
                        END IF;
                    END LOOP;
                """ + FOR_A_MOMENT + script.substring(end);
    }

    static class MutatedLockOrder extends PostgreSqlLockOrderTest {
        @Override
        String newTables() {
            return PostgreSqlDatabase.INSTANCE.newTables(mutation);
        }
    }

    static class PagedByPosition extends JdbcConcurrencyContract {
        PagedByPosition() {
            super(PostgreSqlDatabase.INSTANCE);
        }

        @Override
        EventStore tested(EventStore sound, String tables) {
            return new PagingByPosition(sound, tables);
        }
    }

    static class Mutated extends JdbcConcurrencyContract {
        Mutated() {
            super(PostgreSqlDatabase.INSTANCE);
        }

        @Override
        String newTables() {
            return PostgreSqlDatabase.INSTANCE.newTables(mutation);
        }

        @Override
        protected AutoCloseable openForeignTransactions() {
            return PostgreSqlDatabase.INSTANCE.openForeignTransactions();
        }
    }
}
