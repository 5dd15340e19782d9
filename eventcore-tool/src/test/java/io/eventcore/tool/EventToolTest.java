package io.eventcore.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventToolTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return EventTool.run(
                arguments,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static List<String> withoutHeader(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        return lines.subList(1, lines.size());
    }

    private static String url() {
        return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    }

    private Path axonFile() throws IOException, SQLException {
        String url = url();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE domain_event_entry (global_index bigint, event_identifier varchar(255),"
                    + " type varchar(255), aggregate_identifier varchar(255), sequence_number bigint,"
                    + " payload_type varchar(255), payload_revision varchar(255), time_stamp varchar(255),"
                    + " payload blob, meta_data blob)");
            statement.execute("INSERT INTO domain_event_entry VALUES (0, '" + new UUID(1, 1) + "', 'Cart', '7', 0,"
                    + " 'com.example.ItemAdded', null, '2024-01-01T00:00:00Z', RAWTOHEX('{}'), '')");
            statement.execute("UPDATE domain_event_entry SET payload = X'7b7d'");
        }
        Path types = folder.resolve("types.properties");
        Files.writeString(types, "com.example.Other=other\n");
        Path file = folder.resolve("axon.jsonl");
        String[] arguments = {"axon4", "--url", url, "--types", types.toString(), "--dry-run", file.toString()};
        assertThat(run(arguments)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("com.example.ItemAdded", "no mapping");
        Files.writeString(types, "com.example.ItemAdded=cart.item-added\n");
        assertThat(run(arguments)).isZero();
        assertThat(file).doesNotExist();
        assertThat(run("axon4", "--url", url, "--types", types.toString(), file.toString()))
                .isZero();
        return file;
    }

    @Test
    void events_go_from_axon_through_two_databases_and_come_out_as_they_went_in() throws Exception {
        Path file = axonFile();
        String first = url();
        Path again = folder.resolve("again.jsonl.gz");
        Path last = folder.resolve("last.jsonl");
        String second = url();

        assertThat(run("restore", "--url", first, "--create", file.toString()))
                .as(err.toString(StandardCharsets.UTF_8))
                .isZero();
        assertThat(run("export", "--url", first, again.toString())).isZero();
        assertThat(run("restore", "--url", second, "--create", "--table-prefix", "shop_", again.toString()))
                .isZero();
        assertThat(run("append", "--url", second, "--table-prefix", "shop_", file.toString()))
                .as(err.toString(StandardCharsets.UTF_8))
                .isZero();
        assertThat(run("export", "--url", second, "--table-prefix", "shop_", last.toString()))
                .isZero();

        // All but the header: what Axon's events say does not tell tags, and what a store exports does.
        assertThat(withoutHeader(last)).isEqualTo(withoutHeader(file));
        assertThat(Files.readString(last)).contains("\"stream\":\"Cart-7\",\"version\":1", "\"payload\":{}");
    }

    @Test
    void what_is_wrong_is_said_and_told_by_the_exit_code() throws IOException {
        assertThat(run()).isEqualTo(2);
        assertThat(run("export", "--url", url())).isEqualTo(2);
        assertThat(run("export", "events.jsonl")).isEqualTo(2);
        assertThat(run("export", "--url", url(), "--what", "events.jsonl")).isEqualTo(2);
        assertThat(run("axon5", "--url", url(), "events.jsonl")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("EVENTCORE_PASSWORD", "There is no option --what");

        err.reset();
        Path none = folder.resolve("none.jsonl");
        assertThat(run("restore", "--url", url(), none.toString())).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("restore failed: there is no file");

        err.reset();
        Files.writeString(none, "hello\n");
        assertThat(run("restore", "--url", url(), none.toString())).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("restore failed", "tables of the event store are missing", "--create");

        err.reset();
        assertThat(run("restore", "--url", url(), "--create", none.toString())).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("not an export");
    }
}
