package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged bank as a process of its own, in a folder of its own. */
final class BankProcess implements AutoCloseable {
    private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Process process;
    private final int port;

    private BankProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts a bank with its data in this folder, and waits until it is well. */
    static BankProcess onH2(Path folder) throws IOException, InterruptedException {
        return start(folder, Map.of());
    }

    /** Starts a bank on a PostgreSQL, and waits until it is well. */
    static BankProcess onPostgreSql(Path folder, String url) throws IOException, InterruptedException {
        return start(
                folder,
                Map.of(
                        "SPRING_PROFILES_ACTIVE", "postgres",
                        "DB_URL", url,
                        "DB_USER", "postgres",
                        "DB_PASSWORD", "postgres"));
    }

    private static BankProcess start(Path folder, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "bank", ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        // Starts in half the time, which is most of what these tests do.
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        System.getProperty("sample.jar"),
                        "--server.port=0",
                        "--server.address=127.0.0.1")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            return new BankProcess(process, awaitPort(process, output));
        } catch (AssertionError | InterruptedException | IOException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static int awaitPort(Process process, Path output) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            Matcher found = PORT.matcher(Files.readString(output));
            if (found.find()) {
                int port = Integer.parseInt(found.group(1));
                assertThat(new BankClient(port).get("/actuator/health").status())
                        .isEqualTo(200);
                return port;
            }
            process.waitFor(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
        throw new AssertionError("The bank did not start:\n" + Files.readString(output));
    }

    BankClient client() {
        return new BankClient(port);
    }

    /** Kills the process as {@code kill -9} does, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
