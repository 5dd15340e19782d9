package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.projection.DeadlineSlots;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a reaction asks while it waits costs the server the same, however many deadlines are pending: by its own count of rows. */
@Tag("faults")
class PostgreSqlDeadlinePlansTest {
    private static final Pattern ROWS = Pattern.compile("actual rows=(\\d+)(?:\\.\\d+)? loops=(\\d+)");
    private static final DeadlineSlots ALL = new DeadlineSlots("closing", 1, 0, DeadlineSlots.LAST);
    private static final DeadlineSlots HALF = new DeadlineSlots("closing", 1, 0, 31);

    /** Of these, 300 are due. */
    private static final String FILL = """
            INSERT INTO eventcore_deadline (name, version, position, part, event_id, due_at, state, slot, correlation, failure)
            SELECT 'closing', 1, n, 0, gen_random_uuid()::text,
                CASE WHEN n <= 300 THEN n ELSE 4000000000000000 + n END, 0, n % 64, md5(n::text), ''
            FROM generate_series(1, ?) AS n
            """;

    private final PostgreSqlDatabase database = PostgreSqlDatabase.INSTANCE;
    private final JdbcTemplate owner = new JdbcTemplate(database.ownersDataSource());
    private final String prefix = database.newTables();
    private final JdbcDatabase opened = TestDatabase.jdbc(database.dataSource(), prefix);

    @Test
    void a_look_at_a_million_deadlines_reads_what_one_at_a_thousand_reads_from_the_index_alone() {
        owner.update(named(FILL), 1_000);
        owner.execute(named("VACUUM ANALYZE eventcore_deadline"));
        List<Long> ofAThousand = rowsRead();

        owner.execute(named("TRUNCATE eventcore_deadline"));
        owner.update(named(FILL), 1_000_000);
        owner.execute(named("VACUUM ANALYZE eventcore_deadline"));

        assertThat(rowsRead()).isEqualTo(ofAThousand);
        assertThat(ofAThousand).allSatisfy(rows -> assertThat(rows).isBetween(1L, 400L));
    }

    private List<Long> rowsRead() {
        Deadlines deadlines = new Deadlines(
                opened.dialect(),
                new OwnStatements(
                        opened.connections(), opened.dialect().engine().errors()),
                () -> 0);
        long now = Deadlines.micros(Instant.now());
        List<String> ofAll = deadlines.statements(ALL);
        List<String> ofHalf = deadlines.statements(HALF);
        return List.of(
                rowsRead(ofAll.get(0), "closing", 1, 0),
                rowsRead(ofAll.get(1), "closing", 1, 0, now, 100),
                rowsRead(ofHalf.get(0), "closing", 1, 0, 0, 31),
                rowsRead(ofHalf.get(1), "closing", 1, 0, now, 0, 31, 100));
    }

    /** How many entries of the index a statement reads, with those that it leaves out. Fails if it reads anything else. */
    private long rowsRead(String sql, Object... values) {
        String plan = String.join(
                "\n",
                owner.queryForList(
                        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + sql, String.class, values));
        assertThat(plan).contains("Index Only Scan").doesNotContain("Seq Scan", "Sort", "Bitmap");
        String scan = plan.substring(plan.indexOf("Index Only Scan"));
        Matcher rows = ROWS.matcher(scan);
        assertThat(rows.find()).as(plan).isTrue();
        Matcher removed = Pattern.compile("Rows Removed by Filter: (\\d+)").matcher(scan);
        return Long.parseLong(rows.group(1)) + (removed.find() ? Long.parseLong(removed.group(1)) : 0);
    }

    private String named(String sql) {
        return new TableNames("", prefix).in(sql);
    }
}
