package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Two processes on one PostgreSQL are given the same commands at the same time, each under one id. */
class CommandIdInTwoProcessesTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final int COMMANDS = 100;

    private final String prefix = DATABASE.newTables();
    private final List<Node> nodes = new ArrayList<>();

    @AfterEach
    void endAll() {
        nodes.forEach(Node::kill);
    }

    @Test
    void each_command_is_executed_once_and_both_are_told_the_same_result() {
        Node first = new Node();
        Node second = new Node();
        assertThat(first.hear()).isEqualTo(CommandNode.READY);
        assertThat(second.hear()).isEqualTo(CommandNode.READY);

        for (int i = 0; i < COMMANDS; i++) {
            // All at once, so that sometimes one is faster and sometimes the other, and each waits for the other.
            String id = (i % 10 == 9 ? "nothing-" : "message-") + i;
            first.tell(id);
            second.tell(id);
        }

        List<String> results = first.hear(COMMANDS);
        assertThat(second.hear(COMMANDS)).isEqualTo(results);
        assertThat(results).doesNotHaveDuplicates();
        assertThat(DATABASE.store(prefix).streamVersion(CommandNode.ACCOUNT).value())
                .isEqualTo(COMMANDS - COMMANDS / 10);
    }

    /** An instance, seen from outside. */
    private final class Node {
        private final Process process;
        private final BufferedReader output;

        Node() {
            PGSimpleDataSource app = DATABASE.unpooled(TestDatabase.APP);
            try {
                process = new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx96m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                CommandNode.class.getName(),
                                app.getURL(),
                                String.valueOf(app.getUser()),
                                String.valueOf(app.getPassword()),
                                prefix)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            nodes.add(this);
        }

        void tell(String line) {
            try {
                process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
                process.getOutputStream().flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String hear() {
            try {
                return Objects.requireNonNull(output.readLine(), "the process has ended");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        List<String> hear(int lines) {
            List<String> heard = new ArrayList<>();
            for (int i = 0; i < lines; i++) {
                heard.add(hear());
            }
            return heard;
        }

        void kill() {
            process.destroyForcibly().onExit().join();
        }
    }
}
