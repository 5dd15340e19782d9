package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import io.eventcore.transfer.EventExport;
import io.eventcore.transfer.ExportedEvent;
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

/** More metadata than the heap would hold, beside payloads of a few bytes. */
@Tag("faults")
class LargeMetadataImportTest {
    private static final int EVENTS = 120;
    private static final String HEAP = "-Xmx96m";

    @TempDir
    Path folder;

    @Test
    void it_is_moved_into_a_postgresql_and_found_there_with_little_memory() throws Exception {
        String prefix = PostgreSqlDatabase.INSTANCE.newTables();
        PGSimpleDataSource owner = PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.OWNER);
        assertMoved(owner.getURL(), String.valueOf(owner.getUser()), String.valueOf(owner.getPassword()), prefix);
    }

    @Test
    void it_is_moved_into_an_h2_file_and_found_there_with_little_memory() throws Exception {
        String url = "jdbc:h2:file:" + folder.resolve("events");
        JdbcSchema.in(new DriverManagerDataSource(url, "sa", ""), "", "t_").create();
        assertMoved(url, "sa", "", "t_");
    }

    private void assertMoved(String url, String user, String password, String prefix) throws Exception {
        EventMetadata large = EventMetadata.empty().with("note", "x".repeat(1024 * 1024));
        List<ExportedEvent> events = TransferContract.plain(EVENTS).stream()
                .map(event -> ExportedEvent.of(
                        event.position(),
                        event.streamId(),
                        event.version(),
                        event.id(),
                        event.typeName(),
                        event.recordedAt(),
                        large,
                        event.payload()))
                .toList();
        Path file = folder.resolve("large.jsonl.gz");
        EventExport.from(new GivenEvents(events)).toFile(file);

        assertThat(run(url, user, password, prefix, "append", file)).isEqualTo("DONE 120 120");
        assertThat(run(url, user, password, prefix, "append", file)).isEqualTo("DONE 120 0");
        assertThat(run(url, user, password, prefix, "export", folder.resolve("again.jsonl.gz")))
                .isEqualTo("DONE 120 120");
    }

    private static String run(String url, String user, String password, String prefix, String how, Path file)
            throws Exception {
        Process node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-XX:+UseSerialGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ImportNode.class.getName(),
                        url,
                        user,
                        password,
                        prefix,
                        how,
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String last = "";
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                last = line;
            }
            node.waitFor();
        } finally {
            node.destroyForcibly();
        }
        return last;
    }
}
