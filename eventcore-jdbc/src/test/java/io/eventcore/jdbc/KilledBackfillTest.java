package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TagsIncompleteException;
import io.eventcore.jdbc.RollingUpgradeContract.OldSeat;
import io.eventcore.jdbc.RollingUpgradeContract.Seat;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A process that gives events their tags is killed, again and again. */
@Tag("faults")
class KilledBackfillTest {
    private static final int EVENTS = 12_000;

    @Test
    void on_a_postgresql_a_backfill_that_is_killed_three_times_ends_complete_and_gives_each_tag_once()
            throws Exception {
        PGSimpleDataSource owner = PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.OWNER);
        endsComplete(List.of(
                owner.getURL(),
                String.valueOf(owner.getUser()),
                String.valueOf(owner.getPassword()),
                PostgreSqlDatabase.INSTANCE.newTables()));
    }

    private static void endsComplete(List<String> database) throws Exception {
        DriverManagerDataSource source = new DriverManagerDataSource(database.get(0), database.get(1), database.get(2));
        JdbcDatabase tables = TestDatabase.jdbc(source, database.get(3));
        EventStore old = tables.eventStore(new JacksonEventSerializer(EventTypes.of(OldSeat.class)));
        for (int from = 0; from < EVENTS; from += 1_000) {
            StreamId stream = StreamId.of("old-" + from);
            StreamWrites writes = StreamWrites.empty().registerStream(stream, any());
            for (int i = from; i < from + 1_000; i++) {
                writes = writes.append(stream, new OldSeat("s" + i % 100, "c" + i % 10));
            }
            old.appendEvents(writes);
        }
        for (int at : new int[] {1_000, 2_000, 3_000}) {
            assertThat(run(database, "EVENTS " + at)).doesNotContain("DONE");
            EventStore store = tables.eventStore(new JacksonEventSerializer(EventTypes.of(Seat.class)));
            assertThatExceptionOfType(TagsIncompleteException.class)
                    .isThrownBy(() -> store.readEvents(EventQuery.tagged("course", "c1"), Event.class));
        }

        String said = run(database, "never");

        assertThat(said).startsWith("DONE ");
        assertThat(Integer.parseInt(said.split(" ", -1)[1])).isBetween(1, EVENTS - 6_000);
        EventStore store = tables.eventStore(new JacksonEventSerializer(EventTypes.of(Seat.class)));
        for (int course = 0; course < 10; course++) {
            assertThat(store.readEvents(EventQuery.tagged("course", "c" + course), Event.class)
                            .toList())
                    .hasSize(EVENTS / 10);
        }
        JdbcTemplate query = new JdbcTemplate(source);
        TableNames names = new TableNames("", database.get(3));
        assertThat(query.queryForObject(names.in("SELECT COUNT(*) FROM eventcore_event_tag"), Long.class))
                .isEqualTo(2 * EVENTS);
        assertThat(query.queryForObject(
                        names.in("SELECT SUM(version) FROM eventcore_stream WHERE stream_id < ' '"), Long.class))
                .isEqualTo(2 * EVENTS);
    }

    /** Runs a process with little memory until it says something, and kills it then, or lets it end. */
    private static String run(List<String> database, String until) throws Exception {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BackfillNode.class.getName(),
                        database.get(0),
                        database.get(1),
                        database.get(2),
                        database.get(3))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String last = "";
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                last = line;
                if (line.startsWith(until)) {
                    break;
                }
            }
            if (last.startsWith(until)) {
                node.destroyForcibly();
            }
            node.waitFor();
        } finally {
            node.destroyForcibly();
        }
        return last;
    }
}
