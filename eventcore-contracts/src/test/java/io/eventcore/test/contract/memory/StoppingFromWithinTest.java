package io.eventcore.test.contract.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A runner that is stopped by its own projection does not wait for the thread that waits for it. */
class StoppingFromWithinTest {
    private static final String STOPPED = "the runner has stopped";

    /** Less than the stop time-out of a runner, and long enough for a slow machine. */
    private static final int PATIENCE_SECONDS = 25;

    /** An application whose projection ends the process. */
    static final class Exiting {
        private Exiting() {}

        public static void main(String[] args) throws InterruptedException {
            ProjectionRunner runner = startedWith(started -> System.exit(7));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                runner.stop();
                System.out.println(STOPPED);
            }));
            deposit(runner);
            // All other threads are daemons: without this one the process would end before the projection ends it.
            Thread.currentThread().join();
        }
    }

    /** What a projection does when it meets an event. */
    @FunctionalInterface
    private interface Action {
        void with(ProjectionRunner runner);
    }

    private static final AppendSignal SIGNAL = new AppendSignal();
    private static final EventStore EVENTS = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));

    private static ProjectionRunner startedWith(Action action) {
        AtomicReference<ProjectionRunner> started = new AtomicReference<>();
        ProjectionRunner runner = ProjectionRunner.builder(EVENTS, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .wokenBy(SIGNAL)
                .projection(Projection.named("ending", LedgerEvent.class)
                        .on(LedgerEvent.class, event -> action.with(Objects.requireNonNull(started.get())))
                        .build())
                .build();
        started.set(runner);
        runner.start();
        return runner;
    }

    private static void deposit(ProjectionRunner runner) {
        assertThat(runner.isRunning()).isTrue();
        StreamId ada = StreamId.of("account-ada");
        EVENTS.appendEvents(StreamWrites.to(ada, ExpectedVersion.any(), new LedgerEvent.Deposited(ada, 1)));
    }

    @Test
    void a_process_that_ends_itself_in_apply_does_not_wait_for_the_thread_that_ends_it() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Exiting.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();

        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }

        assertThat(ended).as("the process has ended by itself").isTrue();
        assertThat(process.exitValue()).isEqualTo(7);
        assertThat(outputOf(process)).contains(STOPPED);
    }

    private static String outputOf(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void a_runner_that_is_stopped_in_apply_does_not_wait_for_itself() throws Exception {
        CompletableFuture<String> stopped = new CompletableFuture<>();
        ProjectionRunner running = startedWith(runner -> {
            runner.stop();
            stopped.complete(STOPPED);
        });

        deposit(running);

        assertThat(stopped.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(STOPPED);
        assertThat(running.isRunning()).isFalse();
    }
}
