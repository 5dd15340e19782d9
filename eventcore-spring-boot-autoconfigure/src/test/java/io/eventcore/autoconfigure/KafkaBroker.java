package io.eventcore.autoconfigure;

import io.eventcore.test.contract.Eventually;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A real Kafka in a process of its own, which can be killed and started again with what it has stored. */
final class KafkaBroker implements AutoCloseable {
    private final Path folder;
    private final int port = freePort();
    private final Path settings;
    private @Nullable Process process;

    KafkaBroker(Path folder) {
        this.folder = folder;
        this.settings = folder.resolve("server.properties");
        int controllerPort = freePort();
        // Where the tests end before they can.
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
        try {
            Files.writeString(settings, """
                    process.roles=broker,controller
                    node.id=1
                    controller.quorum.voters=1@127.0.0.1:%2$d
                    listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                    advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                    controller.listener.names=CONTROLLER
                    listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
                    log.dirs=%3$s
                    auto.create.topics.enable=false
                    offsets.topic.replication.factor=1
                    offsets.topic.num.partitions=1
                    transaction.state.log.replication.factor=1
                    transaction.state.log.min.isr=1
                    group.initial.rebalance.delay.ms=0
                    """.formatted(port, controllerPort, folder.resolve("log")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        waitFor(run(
                "format.txt",
                "kafka.tools.StorageTool",
                "format",
                "-t",
                Uuid.randomUuid().toString(),
                "-c"));
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    void start() {
        process = run("broker.txt", "kafka.Kafka");
        Eventually.until("the broker answers", this::answers, this::output);
    }

    /** As by {@code kill -9}. */
    void kill() {
        Process running = process;
        if (running != null) {
            process = null;
            running.destroyForcibly();
            waitForEnd(running);
        }
    }

    void createTopic(String name, int partitions) {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .get(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        kill();
    }

    private boolean answers() {
        Process running = process;
        if (running == null || !running.isAlive()) {
            throw new AssertionError("The broker has ended: " + output());
        }
        try (Admin admin = admin()) {
            return !admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty();
        } catch (ExecutionException | TimeoutException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Admin admin() {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                address(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                1_000,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                1_000));
    }

    /** Runs a main class of Kafka; the file with the settings is its last argument. */
    private Process run(String output, String... main) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(List.of(main));
        command.add(settings.toString());
        File file = folder.resolve(output).toFile();
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(file))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void waitFor(Process tool) {
        waitForEnd(tool);
        if (tool.exitValue() != 0) {
            throw new AssertionError("The folder could not be formatted: " + read("format.txt"));
        }
    }

    private static void waitForEnd(Process running) {
        try {
            if (!running.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("A process does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private String output() {
        return read("broker.txt");
    }

    private String read(String output) {
        try {
            return Files.readString(folder.resolve(output));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
