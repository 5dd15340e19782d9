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
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An instance in a process of its own, on a database of the tests and seen from outside: it hears and says lines. */
final class InstanceProcess {
    /** A hang must fail the test rather than stop the build. */
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Set<String> said = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    /**
     * Starts an instance on the PostgreSQL of the tests.
     *
     * @param main its class; is given url, user and password of the database, the prefix of the tables and the arguments
     */
    InstanceProcess(Class<?> main, String prefix, String... arguments) {
        this(PostgreSqlDatabase.INSTANCE, main, prefix, arguments);
    }

    /** Starts an instance as {@link #InstanceProcess(Class, String, String...)} does, on a database. */
    InstanceProcess(TestDatabase database, Class<?> main, String prefix, String... arguments) {
        this(
                List.of("-Xmx96m", "-XX:TieredStopAtLevel=1"),
                main,
                Stream.of(database.appAddress(), List.of(prefix), List.of(arguments))
                        .flatMap(List::stream)
                        .toList());
    }

    /**
     * Starts an instance.
     *
     * @param options of its virtual machine
     * @param main its class, which is given the arguments
     */
    InstanceProcess(List<String> options, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread listener = new Thread(this::listen);
        listener.setDaemon(true);
        listener.start();
    }

    private void listen() {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            output.lines().forEach(this::heard);
        } catch (UncheckedIOException | IOException killed) {
            heard("killed");
        }
    }

    private void heard(String line) {
        said.add(line);
        lines.add(line);
    }

    /** Whether it has said this line and was not told to {@link #forget} it. */
    boolean hasSaid(String line) {
        return said.contains(line);
    }

    /** It has not said this line. */
    void forget(String line) {
        said.remove(line);
    }

    /** The next line that it says. */
    String hear() {
        try {
            return Objects.requireNonNull(
                    lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS), "the process has ended or says nothing");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The next lines that it says. */
    List<String> hear(int count) {
        List<String> heard = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            heard.add(hear());
        }
        return heard;
    }

    void tell(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends its input. */
    void tellEnd() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets it go on for so many seconds; an instance that ends by itself has failed. */
    void letRunFor(int seconds) throws InterruptedException {
        assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).isFalse();
    }

    void signal(String name) {
        try {
            int done = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertThat(done).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }
}
