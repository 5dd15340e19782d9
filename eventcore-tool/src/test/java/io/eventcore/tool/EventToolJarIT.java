package io.eventcore.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar as it is given to people: started by {@code java -jar}, in a process of its own. */
class EventToolJarIT {
    @TempDir
    Path folder;

    /** How a process has ended, and what it has said. */
    private record Ended(int code, String out, String err) {
        /** That it failed, and said so in a few lines that people can read. */
        void assertFailed(int expected, String... said) {
            assertThat(code).as(err).isEqualTo(expected);
            assertThat(out).isEmpty();
            assertThat(err).contains(said).doesNotContain("\tat ").doesNotContain("Caused by");
        }

        /** The same, without the list of what can be done. */
        void assertFailedShortly(String... said) {
            assertFailed(1, said);
            assertThat(err.lines()).hasSizeBetween(1, 5);
        }
    }

    private Ended run(Object... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("tool.jar")));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Ended(process.waitFor(), Files.readString(out), Files.readString(err));
    }

    private void succeed(Object... arguments) throws IOException, InterruptedException {
        Ended ended = run(arguments);
        assertThat(ended.code).as(ended.err).isZero();
    }

    private String database(String name) {
        return "jdbc:h2:file:" + folder.resolve(name);
    }

    @Test
    void whoever_asks_for_help_gets_it() throws Exception {
        for (List<String> asking : List.of(List.of("--help"), List.of("export", "--help"))) {
            Ended ended = run(asking.toArray());

            assertThat(ended.code).isZero();
            assertThat(ended.out).contains("restore --url", "EVENTCORE_PASSWORD", "Exit codes");
            assertThat(ended.err).isEmpty();
        }
    }

    @Test
    void arguments_that_make_no_sense_are_named_and_what_can_be_done_is_said() throws Exception {
        run().assertFailed(2, "What is to be done?", "restore --url");
        run("expand").assertFailed(2, "There is no action 'expand'", "restore --url");
        run("export", "--url", database("a"), "--fast", "file")
                .assertFailed(2, "There is no option --fast", "restore --url");
    }

    @Test
    void a_database_that_is_not_there_is_one_message() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        run("export", "--url", "jdbc:oracle:thin:scott/tiger@db", "file")
                .assertFailedShortly("export failed: there is no driver for 'jdbc:oracle:'", "-Dloader.path=FOLDER");
        run("export", "--url", "postgresql://localhost/shop", "file")
                .assertFailedShortly("export failed: the value of --url does not begin as a JDBC URL does");
        run("export", "--url", "jdbc:postgresql://localhost:" + port + "/shop", "--user", "reader", "file")
                .assertFailedShortly("export failed: ", "refused");
        run("export", "--url", database("empty"), "file")
                .assertFailedShortly("export failed: ", "tables of the event store are missing");
    }

    @Test
    void a_file_that_is_not_there_is_one_message() throws Exception {
        run("restore", "--url", database("a"), "--create", "none.jsonl")
                .assertFailedShortly("restore failed: there is no file 'none.jsonl' that can be read");
        run("axon4", "--url", database("a"), "--types", "none.properties", "file")
                .assertFailedShortly("axon4 failed: there is no file 'none.properties' that can be read");
        assertThat(folder.resolve("a.mv.db")).doesNotExist();
    }

    private void storeByAxon(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE domain_event_entry (global_index bigint, event_identifier varchar(255),"
                    + " type varchar(255), aggregate_identifier varchar(255), sequence_number bigint,"
                    + " payload_type varchar(255), payload_revision varchar(255), time_stamp varchar(255),"
                    + " payload varchar, meta_data varchar)");
            for (int i = 0; i < 2_500; i++) {
                statement.addBatch("INSERT INTO domain_event_entry VALUES (%d, '%s', 'Cart', '%d', %d,"
                                .formatted(i, new UUID(1, i), i % 7, i / 7)
                        + " 'com.example.ItemAdded', null, '2024-01-01T00:00:00Z', '{\"n\":%d,\"p\":1.50}', '{}')"
                                .formatted(i));
            }
            statement.executeBatch();
        }
    }

    @Test
    void what_goes_from_one_database_to_another_comes_out_as_it_went_in() throws Exception {
        storeByAxon(database("axon"));
        Files.writeString(folder.resolve("types"), "com.example.ItemAdded=cart.item-added\n", StandardCharsets.UTF_8);
        succeed("axon4", "--url", database("axon"), "--types", "types", "axon.jsonl");
        succeed("restore", "--url", database("one"), "--create", "axon.jsonl");

        succeed("export", "--url", database("one"), "one.jsonl");
        succeed("export", "--url", database("one"), "one.jsonl.gz");
        succeed("restore", "--url", database("two"), "--create", "one.jsonl.gz");
        succeed("export", "--url", database("two"), "two.jsonl");

        assertThat(Files.readAllLines(folder.resolve("one.jsonl"))).hasSizeGreaterThan(2_500);
        assertThat(folder.resolve("two.jsonl")).hasSameBinaryContentAs(folder.resolve("one.jsonl"));
        run("export", "--url", database("two"), "two.jsonl").assertFailedShortly("export failed: ", "two.jsonl");
    }
}
