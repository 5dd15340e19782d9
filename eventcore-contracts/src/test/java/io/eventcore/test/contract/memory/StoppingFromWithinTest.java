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
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** With a projection for each action. */
    private static ProjectionRunner startedWith(Action... actions) {
        AtomicReference<ProjectionRunner> started = new AtomicReference<>();
        ProjectionRunner.Builder builder = ProjectionRunner.builder(EVENTS, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .wokenBy(SIGNAL);
        for (int i = 0; i < actions.length; i++) {
            Action action = actions[i];
            builder.projection(Projection.named("ending-" + i, LedgerEvent.class)
                    .on(LedgerEvent.class, event -> action.with(Objects.requireNonNull(started.get())))
                    .build());
        }
        ProjectionRunner runner = builder.build();
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

    @Test
    void two_projections_that_stop_their_runner_at_the_same_time_do_not_wait_for_each_other() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        CountDownLatch stopped = new CountDownLatch(2);
        Action stop = runner -> {
            meet(both);
            runner.stop();
            stopped.countDown();
        };

        ProjectionRunner running = startedWith(stop, stop);
        deposit(running);

        assertThat(stopped.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        awaitStopped(running);
    }

    @Test
    void a_projection_that_stops_its_runner_while_another_thread_does_keeps_that_one_waiting_no_longer()
            throws Exception {
        CountDownLatch applying = new CountDownLatch(1);
        CountDownLatch stopping = new CountDownLatch(1);
        AtomicBoolean applied = new AtomicBoolean();
        ProjectionRunner running = startedWith(runner -> {
            applying.countDown();
            meet(stopping);
            runner.stop();
            applied.set(true);
        });
        deposit(running);
        assertThat(applying.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        Thread other = new Thread(running::stop);
        other.start();
        while (other.getState() != Thread.State.TIMED_WAITING && other.isAlive()) {
            Thread.onSpinWait();
        }
        stopping.countDown();
        other.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));

        assertThat(other.isAlive()).isFalse();
        assertThat(applied).as("what was applied was finished first").isTrue();
        assertThat(running.isRunning()).isFalse();
    }

    @Test
    void all_who_stop_a_runner_return_when_it_has_stopped() throws Exception {
        CountDownLatch applying = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicBoolean applied = new AtomicBoolean();
        ProjectionRunner running = startedWith(runner -> {
            applying.countDown();
            meet(goOn);
            applied.set(true);
        });
        deposit(running);
        assertThat(applying.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        List<CompletableFuture<Boolean>> stops = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            stops.add(CompletableFuture.supplyAsync(() -> {
                running.stop();
                return applied.get();
            }));
        }
        assertThat(stops).noneMatch(CompletableFuture::isDone);
        goOn.countDown();

        for (CompletableFuture<Boolean> stop : stops) {
            assertThat(stop.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_projection_may_start_its_runner_again_unless_another_one_stops_it() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger times = new AtomicInteger();
        List<String> outcomes = new CopyOnWriteArrayList<>();
        Action restart = runner -> {
            if (times.incrementAndGet() > 2) {
                return;
            }
            meet(both);
            try {
                runner.stop();
                runner.start();
                outcomes.add("started");
            } catch (IllegalStateException beingStopped) {
                outcomes.add("refused");
            }
        };

        ProjectionRunner running = startedWith(restart, restart);
        deposit(running);

        Eventually.until("both have ended", () -> outcomes.size() == 2, () -> outcomes);
        assertThat(outcomes).contains("started");
        Eventually.until("it runs", running::isRunning);
        running.stop();
    }

    private static void awaitStopped(ProjectionRunner running) {
        Eventually.until("it has stopped", () -> !running.isRunning());
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static void meet(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
