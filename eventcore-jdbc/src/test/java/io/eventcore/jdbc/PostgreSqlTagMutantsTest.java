package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedMethod;

import io.eventcore.EventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.TagContract;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import org.springframework.transaction.PlatformTransactionManager;

/** The rows about tags catch a schema whose functions lock, look or count as one would do at first. A few minutes. */
@Tag("faults")
class PostgreSqlTagMutantsTest {
    /** Opens the window in which another append is overlooked, so that it does not take luck to fall into it. */
    private static final String FOR_A_MOMENT = " PERFORM pg_sleep(0.001);\n";

    /** What is overlooked is overlooked when two meet, so each broken schema may be run as often as this. */
    private static final int RACES = 5;

    private static final DiscoverySelector SKEW =
            alone("Racing_decisions", "two_decisions_that_rest_on_each_others_tags_are_never_both_stored");
    private static final DiscoverySelector SERIAL =
            alone("Serial_decisions", "decisions_stored_on_their_own_or_in_batches_are_serial");
    private static final DiscoverySelector SERIAL_BATCHES =
            inBatches("Serial_decisions", "decisions_stored_on_their_own_or_in_batches_are_serial");

    private static UnaryOperator<String> mutation = UnaryOperator.identity();

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_schema_is_caught(String name, UnaryOperator<String> broken, DiscoverySelector row) {
        mutation = broken;

        assertThat(IntStream.range(0, RACES).anyMatch(race -> fails(row)))
                .as("caught: " + name)
                .isTrue();
    }

    private static boolean fails(DiscoverySelector row) {
        Events tests =
                EngineTestKit.engine("junit-jupiter").selectors(row).execute().testEvents();
        tests.assertStatistics(stats -> stats.started(1));
        return tests.failed().count() == 1;
    }

    private static DiscoverySelector alone(String theme, String row) {
        return nested(Alone.class, theme, row);
    }

    private static DiscoverySelector inBatches(String theme, String row) {
        return nested(InBatches.class, theme, row);
    }

    private static DiscoverySelector nested(Class<?> contract, String theme, String row) {
        return selectNestedMethod(List.of(contract.getName()), "io.eventcore.test.contract.TagContract$" + theme, row);
    }

    private static DiscoverySelector tables(String row) {
        return selectMethod(Tables.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                mutant("does not lock its guards", PostgreSqlTagMutantsTest::withoutGuardLocks, SKEW),
                mutant("locks the key of its guards only", PostgreSqlTagMutantsTest::keyLocks, SKEW),
                mutant("has no row for a tag that is absent", PostgreSqlTagMutantsTest::withoutPlaceholders, SKEW),
                mutant("compares before it locks", general(PostgreSqlTagMutantsTest::comparingFirst), SERIAL),
                mutant("counts its tags after it has drawn", general(PostgreSqlTagMutantsTest::countingLate), SERIAL),
                mutant(
                        "counts the tags of one event after it has drawn",
                        PostgreSqlTagMutantsTest::countingLateOfOneEvent,
                        SERIAL),
                mutant(
                        "takes any version of the first tag of one event",
                        replacing("version = p_seen_versions[1])", "true)"),
                        SERIAL),
                mutant(
                        "takes any version of the second tag of one event",
                        replacing("version = p_seen_versions[2])", "true)"),
                        SERIAL),
                mutant(
                        "takes any version of the third tag of one event",
                        replacing("version = p_seen_versions[i])", "true)"),
                        tables("one_event_is_refused_whichever_of_its_tags_has_moved_and_leaves_no_version_behind")),
                mutant(
                        "leaves the versions of tags behind when one event is refused",
                        replacing("SET version = version - 1", "SET version = version"),
                        tables("one_event_is_refused_whichever_of_its_tags_has_moved_and_leaves_no_version_behind")),
                mutant(
                        "locks tags in any order",
                        general(PostgreSqlTagMutantsTest::unsorted),
                        tables("appends_with_tags_in_every_order_never_deadlock")),
                mutant(
                        "takes every event that came for a conflict",
                        replacing("IF v_grown BETWEEN 1 AND 1000 AND (j", "IF false AND (j"),
                        alone("Resting_on_a_boundary", "an_event_of_the_same_tag_that_does_not_match_is_no_conflict")),
                mutant(
                        "looks at types only",
                        replacing("AND (v_tags = 0\n", "AND (true OR v_tags = 0\n"),
                        alone("Resting_on_a_boundary", "an_event_of_the_same_tag_that_does_not_match_is_no_conflict")),
                mutant(
                        "looks at other tags only",
                        replacing("(cardinality(v_types) = 0\n", "(true OR cardinality(v_types) = 0\n"),
                        alone("Resting_on_a_boundary", "an_event_of_the_same_tag_that_does_not_match_is_no_conflict")),
                mutant(
                        "looks through any number",
                        replacing("v_grown BETWEEN 1 AND 1000", "v_grown >= 1"),
                        tables("a_thousand_events_are_looked_through_and_one_more_is_a_conflict")),
                mutant(
                        "does not count what it looks at",
                        replacing("count(*) <> p_grown[i] OR coalesce", "coalesce"),
                        tables("an_event_that_was_given_a_tag_below_a_boundary_is_a_conflict")),
                mutant(
                        "leaves versions behind in a conflict",
                        replacing("FOR i IN 1 .. v_counted LOOP", "FOR i IN 2 .. v_counted LOOP"),
                        tables("a_conflict_leaves_no_version_behind_also_in_a_transaction_and_after_a_savepoint")),
                mutant(
                        "lets the owner change entries",
                        replacing(
                                "ALTER TABLE eventcore_event_tag ENABLE ALWAYS TRIGGER refuse_change;",
                                "DROP TRIGGER refuse_change ON eventcore_event_tag;"),
                        tables("entries_are_immutable_for_their_owner")),
                mutant(
                        "does not recognise a decision by its events",
                        replacing("ELSIF v_events > 0 AND cardinality(p_item_rows) > 0 THEN", "ELSIF false THEN"),
                        tables("a_decision_that_is_sent_twice_is_found_by_its_event_ids")),
                mutant(
                        "counts what a batch has refused",
                        replacing("AND outcomes[p_appends[p_event_rows[t.e]]] = 0) END", ") END"),
                        tables("in_a_batch_what_is_refused_is_not_counted_for_a_tag_that_is_shared")),
                mutant(
                        "gives entries to what a batch has refused",
                        replacing("WHERE positions[u.e] IS NOT NULL;", ";"),
                        tables("in_a_batch_what_is_refused_is_not_counted_for_a_tag_that_is_shared")),
                mutant(
                        "goes on without a shared tag that is busy",
                        replacing(
                                "outcomes[v_append] := 3;\n                            conflict_rows", "conflict_rows"),
                        tables("a_shared_tag_that_another_transaction_has_locked_makes_those_busy_that_carry_it")),
                mutant(
                        "takes every event that came for a conflict, in a batch",
                        replacing("IF v_item IS NOT NULL THEN", "IF true THEN"),
                        tables("in_a_batch_several_rest_on_one_tag_and_a_guard_that_moved_is_looked_at")),
                mutant(
                        "does not look in a batch",
                        replacing("CONTINUE WHEN outcomes[v_append] <> 0 OR v_grown = 0;", "CONTINUE;"),
                        SERIAL_BATCHES),
                mutant(
                        "does not lock the guards of a batch",
                        replacing("stream_id = u.id FOR SHARE SKIP LOCKED", "stream_id = u.id"),
                        tables("a_tag_that_another_transaction_may_be_writing_makes_those_busy_that_rest_on_it")));
    }

    private static Arguments mutant(String name, UnaryOperator<String> mutation, DiscoverySelector row) {
        return arguments(name, mutation, row);
    }

    private static UnaryOperator<String> replacing(String text, String replacement) {
        return script -> inTags(script, text, replacement);
    }

    /** Replaces in the script of tags, and nothing before it. */
    private static String inTags(String script, String text, String replacement) {
        int tags = script.indexOf("from version 1 to version 2: tags of events");
        String changed = script.substring(tags).replace(text, replacement);
        if (changed.equals(script.substring(tags))) {
            throw new AssertionError("The script of tags does not hold: " + text);
        }
        return script.substring(0, tags) + changed;
    }

    /** Has the general function broken, and nothing written by the one for single events. */
    private static UnaryOperator<String> general(UnaryOperator<String> mutation) {
        return script -> mutation.apply(inTags(
                script,
                "    -- The first two by statements of their own",
                "    RETURN NULL;\n    -- The first two by statements of their own"));
    }

    static String withoutGuardLocks(String script) {
        return inTags(
                script,
                "FROM eventcore_stream WHERE stream_id = p_row_ids[i] FOR SHARE;",
                "FROM eventcore_stream WHERE stream_id = p_row_ids[i];" + FOR_A_MOMENT);
    }

    private static String keyLocks(String script) {
        return inTags(
                script,
                "FROM eventcore_stream WHERE stream_id = p_row_ids[i] FOR SHARE;",
                "FROM eventcore_stream WHERE stream_id = p_row_ids[i] FOR KEY SHARE;" + FOR_A_MOMENT);
    }

    private static String withoutPlaceholders(String script) {
        return inTags(script, """
                                INSERT INTO eventcore_stream (stream_id, version) VALUES (p_row_ids[i], 0)
                                ON CONFLICT DO NOTHING RETURNING stream_key, 0 INTO v_key, v_version;
                                EXIT WHEN v_key IS NOT NULL;
                """, FOR_A_MOMENT + " EXIT;");
    }

    private static String comparingFirst(String script) {
        String seen = inTags(
                script,
                "    outcome := 0;\n    FOR i IN 1 .. cardinality(p_row_ids) LOOP",
                """
                    outcome := 0;
                    v_found := ARRAY(
                        SELECT coalesce((SELECT version FROM eventcore_stream WHERE stream_id = p_row_ids[u.r]), 0)
                        FROM unnest(p_item_rows) WITH ORDINALITY AS u(r, o) ORDER BY o);
                """ + FOR_A_MOMENT + "    FOR i IN 1 .. cardinality(p_row_ids) LOOP");
        return inTags(
                seen,
                "v_grown := base_versions[p_item_rows[j]] - p_item_versions[j];\n            CONTINUE WHEN v_grown = 0;",
                "v_grown := v_found[j] - p_item_versions[j];\n            CONTINUE WHEN v_grown = 0;");
    }

    /** The rows of tags that are there are not locked before the position is drawn. */
    private static String countingLate(String script) {
        String late = inTags(
                script,
                "UPDATE eventcore_stream SET version = version + p_counts[i] WHERE stream_id = p_row_ids[i]\n"
                        + "                RETURNING stream_key, version - p_counts[i] INTO v_key, v_version;",
                """
                        SELECT stream_key, version INTO v_key, v_version
                        FROM eventcore_stream WHERE stream_id = p_row_ids[i];
                        """);
        late = inTags(
                late, "            IF p_counts[i] > 0 THEN\n", "            IF p_counts[i] > 0 AND i > p_tags THEN\n");
        return inTags(late, "    IF cardinality(p_tag_events) <= 3 THEN\n", """
                    FOR i IN 1 .. p_tags LOOP
                        IF p_counts[i] > 0 AND base_versions[i] > 0 THEN
                            UPDATE eventcore_stream SET version = version + p_counts[i] WHERE stream_key = v_keys[i];
                        END IF;
                    END LOOP;
                    IF cardinality(p_tag_events) <= 3 THEN
                """);
    }

    /** The row of the first tag is not locked before the position is drawn. */
    private static String countingLateOfOneEvent(String script) {
        String late = inTags(script, """
                    UPDATE eventcore_stream SET version = version + 1
                    WHERE stream_id = p_tags[1] AND (p_seen_versions[1] = -1 OR version = p_seen_versions[1])
                    RETURNING stream_key INTO v_first;
                """, """
                    SELECT stream_key INTO v_first FROM eventcore_stream
                    WHERE stream_id = p_tags[1] AND (p_seen_versions[1] = -1 OR version = p_seen_versions[1]);
                """ + FOR_A_MOMENT);
        late = inTags(late, "SELECT p_tags[1], 1 WHERE", "SELECT p_tags[1], 0 WHERE");
        return inTags(late, "    IF v_second IS NULL THEN\n        INSERT INTO eventcore_event_tag", """
                    UPDATE eventcore_stream SET version = version + 1 WHERE stream_key = v_first;
                    IF v_second IS NULL THEN
                        INSERT INTO eventcore_event_tag""");
    }

    private static String unsorted(String script) {
        String declared = inTags(script, "    v_counted  integer := 0;\n", """
                    v_counted  integer := 0;
                    v_shift    integer := floor(random() * 3);
                    i          integer;
                """);
        return inTags(declared, "    FOR i IN 1 .. cardinality(p_row_ids) LOOP\n        v_key := NULL;", """
                    FOR n IN 1 .. cardinality(p_row_ids) LOOP
                        PERFORM pg_sleep(0.001);
                        i := (n + v_shift) % cardinality(p_row_ids) + 1;
                        v_key := NULL;""");
    }

    abstract static class Mutated extends TagContract {
        String prefix = "";

        @Override
        protected PlatformTransactionManager transactionManager() {
            return PostgreSqlDatabase.INSTANCE.timedTransactionManager();
        }

        final EventStore store(GroupCommitSettings settings) {
            prefix = PostgreSqlDatabase.INSTANCE.newTables(mutation);
            return TestDatabase.jdbc(PostgreSqlDatabase.INSTANCE.dataSource(), prefix)
                    .eventStoreBuilder(new JacksonEventSerializer(LedgerEvent.types()))
                    .groupCommit(settings)
                    .build();
        }
    }

    static class Alone extends Mutated {
        @Override
        protected EventStore emptyStore() {
            return store(GroupCommitSettings.off());
        }
    }

    static class InBatches extends Mutated {
        @Override
        protected EventStore emptyStore() {
            return store(GroupCommitSettings.defaults());
        }

        /** Batches of two stores meet. */
        @Override
        protected EventStore anotherStore(EventStore first) {
            return TestDatabase.store(PostgreSqlDatabase.INSTANCE.dataSource(), prefix);
        }
    }

    static class Tables extends TagsContract {
        @Override
        TestDatabase database() {
            return PostgreSqlDatabase.INSTANCE;
        }

        @Override
        String newTables() {
            return PostgreSqlDatabase.INSTANCE.newTables(mutation);
        }
    }
}
