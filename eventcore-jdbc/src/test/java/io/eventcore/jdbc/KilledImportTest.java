package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.transfer.EventExport;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A process that imports is killed, again and again. */
@Tag("faults")
class KilledImportTest {
    private static final int EVENTS = 12_000;

    @TempDir
    Path folder;

    @Test
    void a_restore_into_a_postgresql_that_is_killed_three_times_ends_complete_and_once() throws Exception {
        endsComplete("restore", postgreSql());
    }

    @Test
    void an_append_to_a_postgresql_that_is_killed_three_times_ends_complete_and_once() throws Exception {
        endsComplete("append", postgreSql());
    }

    @Test
    void a_restore_into_an_h2_file_that_is_killed_three_times_ends_complete_and_once() throws Exception {
        endsComplete("restore", h2());
    }

    private static List<String> postgreSql() {
        String prefix = PostgreSqlDatabase.INSTANCE.newTables();
        PGSimpleDataSource owner = PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.OWNER);
        return List.of(owner.getURL(), String.valueOf(owner.getUser()), String.valueOf(owner.getPassword()), prefix);
    }

    private List<String> h2() {
        String url = "jdbc:h2:file:" + folder.resolve("events");
        JdbcSchema.in(new DriverManagerDataSource(url, "sa", ""), "", "t_").create();
        return List.of(url, "sa", "", "t_");
    }

    private void endsComplete(String how, List<String> database) throws Exception {
        Path file = folder.resolve("events.jsonl");
        EventExport.from(new GivenEvents(TransferContract.plain(EVENTS))).toFile(file);
        int[] killedAt = {1_000, 4_000, 9_000};
        for (int at : killedAt) {
            assertThat(run(how, database, file, "IMPORT " + at)).doesNotContain("DONE");
        }

        String said = run(how, database, file, "never");

        assertThat(said).startsWith("DONE " + EVENTS + " ");
        assertThat(Integer.parseInt(said.substring(said.lastIndexOf(' ') + 1))).isBetween(0, EVENTS - 9_000);
        Path again = folder.resolve("again.jsonl");
        assertThat(run("export", database, again, "never")).startsWith("DONE " + EVENTS + " ");
        if (how.equals("restore")) {
            assertThat(again).hasSameBinaryContentAs(file);
        }
    }

    /** Runs a process with little memory until it says something, and kills it then, or lets it end. */
    private static String run(String how, List<String> database, Path file, String until) throws Exception {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ImportNode.class.getName(),
                        database.get(0),
                        database.get(1),
                        database.get(2),
                        database.get(3),
                        how,
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String last = "";
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                last = line;
                if (line.equals(until)) {
                    break;
                }
            }
            if (last.equals(until)) {
                node.destroyForcibly();
            }
            node.waitFor();
        } finally {
            node.destroyForcibly();
        }
        return last;
    }
}
