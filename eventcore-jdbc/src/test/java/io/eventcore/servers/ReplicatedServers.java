package io.eventcore.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A primary and a standby for all tests of the process, which end with it. A test that promotes or kills one makes one of
 * its own.
 */
public record ReplicatedServers(Path folder, PostgreSqlServer primary, PostgreSqlServer standby) {
    public static final ReplicatedServers INSTANCE = start();

    private static ReplicatedServers start() {
        try {
            Path folder = Files.createTempDirectory("eventcore-replicated");
            PostgreSqlServer primary = PostgreSqlServer.primary(folder.resolve("primary"));
            PostgreSqlServer standby = primary.standby(folder.resolve("standby"));
            ReplicatedServers servers = new ReplicatedServers(folder, primary, standby);
            Runtime.getRuntime().addShutdownHook(new Thread(servers::stop));
            return servers;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void stop() {
        standby.close();
        primary.close();
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
