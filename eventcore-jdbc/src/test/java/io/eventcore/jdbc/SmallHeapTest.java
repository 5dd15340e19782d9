package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** More large events than the heap would hold, read in every way there is. */
@Tag("faults")
class SmallHeapTest {
    private static final int EVENTS = 128;
    private static final String HEAP = "-Xmx96m";

    @Test
    void large_events_in_a_postgresql_are_read_with_little_memory() throws Exception {
        PostgreSqlDatabase database = PostgreSqlDatabase.INSTANCE;
        String prefix = database.newTables();
        fill(database.store(prefix));
        PGSimpleDataSource app = database.unpooled(TestDatabase.APP);

        assertReadsAll(app.getURL(), String.valueOf(app.getUser()), String.valueOf(app.getPassword()), prefix);
    }

    @Test
    void large_events_in_an_h2_file_are_read_with_little_memory(@TempDir Path folder) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:file:" + folder.resolve("events"));
        config.setUsername("sa");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            JdbcSchema.in(pool, "", "t_").create();
            fill(TestDatabase.store(pool, "t_"));
        }
        // The store has asked the file to stay open.
        try (Connection connection = DriverManager.getConnection(config.getJdbcUrl(), "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute("SET DB_CLOSE_DELAY 0");
        }

        assertReadsAll(config.getJdbcUrl(), "sa", "", "t_");
    }

    private static void fill(EventStore store) {
        for (int i = 0; i < EVENTS; i += SmallHeapNode.STREAMS) {
            StreamWrites writes = StreamWrites.empty();
            for (int j = 0; j < SmallHeapNode.STREAMS; j++) {
                StreamId stream = SmallHeapNode.stream(j);
                writes = writes.registerStream(stream, any()).append(SmallHeapNode.opened(stream));
            }
            store.appendEvents(writes);
        }
    }

    private static void assertReadsAll(String url, String user, String password, String prefix) throws Exception {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeapNode.class.getName(),
                        url,
                        user,
                        password,
                        prefix,
                        String.valueOf(EVENTS))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> said;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            said = output.lines()
                    .filter(line -> line.startsWith(SmallHeapNode.DONE) || line.startsWith("WRONG"))
                    .toList();
        }

        assertThat(said)
                .containsExactlyElementsOf(SmallHeapNode.everything().stream()
                        .map(SmallHeapNode.DONE::concat)
                        .toList());
        assertThat(node.waitFor()).isZero();
    }
}
