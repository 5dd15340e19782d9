package io.eventcore.jdbc;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.springframework.util.FileSystemUtils;

/**
 * A PgBouncer in transaction mode before a PostgreSQL, on a free port of the loopback interface, which goes away with the process. It gives
 * each transaction the session that was idle for longest, so that sessions go from hand to hand.
 */
final class PgBouncer implements AutoCloseable {
    /** Debian's, which does not know prepared statements. */
    static final String WITHOUT_PREPARED_STATEMENTS = "/usr/sbin/pgbouncer";

    /** A newer one, built by {@code .ci/cluster}. */
    static final String WITH_PREPARED_STATEMENTS = "/opt/eventcore-pgbouncer/bin/pgbouncer";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final int port;
    private final Process process;
    private final Thread end = new Thread(this::remove);

    /**
     * Starts one and waits until it takes connections.
     *
     * @param program which one
     * @param users who may connect, each with the password of the server
     * @param settings lines of its configuration besides
     */
    PgBouncer(String program, int serverPort, List<String> users, String password, String... settings) {
        try {
            directory = Files.createTempDirectory("eventcore-pgbouncer");
            port = freePort();
            List<String> lines = new ArrayList<>(List.of(
                    "[databases]",
                    "* = host=127.0.0.1 port=" + serverPort,
                    "[pgbouncer]",
                    "listen_addr = 127.0.0.1",
                    "listen_port = " + port,
                    "unix_socket_dir =",
                    "auth_type = trust",
                    "auth_file = " + directory.resolve("users"),
                    "pool_mode = transaction",
                    "default_pool_size = 40",
                    "max_client_conn = 500",
                    "server_round_robin = 1",
                    "ignore_startup_parameters = extra_float_digits",
                    "log_connections = 0",
                    "log_disconnections = 0"));
            lines.addAll(List.of(settings));
            Path configuration = Files.write(directory.resolve("configuration"), lines);
            Files.write(
                    directory.resolve("users"),
                    users.stream()
                            .map(user -> "\"%s\" \"%s\"".formatted(user, password))
                            .toList());
            File log = directory.resolve("log").toFile();
            List<String> command = new ArrayList<>(List.of(program));
            if (System.getProperty("user.name").equals("root")) {
                new ProcessBuilder("chown", "-R", "nobody", directory.toString())
                        .start()
                        .waitFor();
                command.addAll(List.of("-u", "nobody"));
            }
            command.add(configuration.toString());
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log)
                    .start();
            Runtime.getRuntime().addShutdownHook(end);
            await(log);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("No PgBouncer could be started", e);
        }
    }

    int port() {
        return port;
    }

    private void await(File log) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isListening()) {
            if (process.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                throw new IllegalStateException("PgBouncer did not start: " + Files.readString(log.toPath()));
            }
        }
    }

    private boolean isListening() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(end);
        remove();
    }

    private void remove() {
        try {
            process.destroyForcibly().waitFor();
            FileSystemUtils.deleteRecursively(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
