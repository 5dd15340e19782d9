package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Whatever a projection, its {@code onError}, its commit or a listener throws, no thread of the runner ends. */
abstract class ThrownErrorsContract extends ProjectionFaultsFixture {
    /** A class that cannot be initialised. */
    private static final class Unusable {
        private static final int NUMBER = fail();

        private static int fail() {
            throw new IllegalStateException(SECRET);
        }
    }

    private static int deeper(int depth) {
        return depth == Integer.MAX_VALUE ? 0 : deeper(depth + 1) + 1;
    }

    private static void sneakyThrow(Throwable throwable) {
        ThrownErrorsContract.<RuntimeException>sneaky(throwable);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneaky(Throwable throwable) throws T {
        throw (T) throwable;
    }

    private static Stream<Arguments> whatAnEventCanFailWith() {
        return Stream.of(
                Arguments.of("a failed assertion", (Runnable) () -> {
                    throw new AssertionError(SECRET);
                }),
                Arguments.of("an error of a library", (Runnable) () -> {
                    throw new HomemadeError();
                }),
                Arguments.of("a class that cannot be initialised", (Runnable) () -> {
                    throw new IllegalStateException(String.valueOf(Unusable.NUMBER));
                }),
                Arguments.of("an endless recursion", (Runnable) () -> deeper(0)),
                Arguments.of("a throwable that is neither", (Runnable) () -> sneakyThrow(new Throwable(SECRET))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("whatAnEventCanFailWith")
    void whatever_apply_throws_is_decided_about_and_the_neighbours_count_once(String name, Runnable fault) {
        deposit(ADA, 5);
        List<FailureContext> failures = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(builder(store)
                .projection(failingAt(3, fault)
                        .onError(failure -> {
                            failures.add(failure);
                            return FailureDecision.SKIP;
                        })
                        .build()));

        awaitApplied(positions(event -> event.version().value() != 3));
        assertThat(failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure.position().value())
                        .isEqualTo(
                                positions(event -> event.version().value() == 3).get(0)));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);
        assertThat(status(runner, "applied").lastFailure()).isNotEmpty().doesNotContain(SECRET);
    }

    @Test
    void an_onError_that_throws_stops_the_projection_visibly_whatever_it_throws() {
        deposit(ADA, 3);

        ProjectionRunner runner = start(builder(store)
                .projection(failingAt(2, () -> {
                            throw new IllegalStateException(SECRET);
                        })
                        .onError(failure -> {
                            throw new HomemadeError();
                        })
                        .build()));

        Eventually.until("it has failed", () -> status(runner, "applied").state() == ProjectionState.FAILED);
        assertThat(status(runner, "applied").lastFailure()).doesNotContain(SECRET);
    }

    @Test
    void an_onError_that_throws_the_failure_itself_stops_the_projection_visibly() {
        deposit(ADA, 3);

        ProjectionRunner runner = start(builder(store)
                .projection(failingAt(2, () -> {
                            throw new IllegalStateException(SECRET);
                        })
                        .onError(failure -> {
                            sneakyThrow(failure.cause());
                            return FailureDecision.SKIP;
                        })
                        .build()));

        Eventually.until("it has failed", () -> status(runner, "applied").state() == ProjectionState.FAILED);
    }

    @Test
    void memory_that_runs_out_in_apply_gives_the_lease_back_and_the_projection_goes_on() {
        deposit(ADA, 5);
        AtomicInteger left = new AtomicInteger(2);
        List<FailureContext> failures = new CopyOnWriteArrayList<>();
        ReturnedLeases returned = new ReturnedLeases(store);

        ProjectionRunner runner = start(builder(returned)
                .projection(failingAt(3, () -> {
                            if (left.getAndDecrement() > 0) {
                                throw new OutOfMemoryError(SECRET);
                            }
                        })
                        .onError(failure -> {
                            failures.add(failure);
                            return FailureDecision.FAIL;
                        })
                        .build()));

        awaitApplied(positions(event -> true));
        assertThat(failures).isEmpty();
        assertThat(returned.count.get()).isGreaterThanOrEqualTo(2);
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);
    }

    @Test
    void when_memory_runs_out_on_one_instance_another_one_takes_over() {
        deposit(ADA, 5);
        AtomicBoolean broken = new AtomicBoolean(true);
        ProjectionRunner first = start(builder(store)
                .retryPause(PATIENCE, PATIENCE)
                .projection(failingAt(3, () -> {
                            if (broken.get()) {
                                throw new OutOfMemoryError(SECRET);
                            }
                        })
                        .build()));
        Eventually.until(
                "the first instance says so",
                () -> status(first, "applied").lastFailure().contains("OutOfMemoryError"));

        start(builder(store).projection(appliedEventsProjection().build()));

        awaitApplied(positions(event -> true));
        assertThat(status(first, "applied").lastFailure()).doesNotContain(SECRET);
    }

    @Test
    void a_commit_that_ends_in_an_error_neither_loses_nor_doubles_an_event() {
        deposit(ADA, 5);
        AtomicInteger failures = new AtomicInteger(3);

        start(builder(store)
                .projection(ledger("applied")
                        .on(LedgerEvent.class, event -> {
                            applied.add(event);
                            if (event.version().value() == 3 && failures.getAndDecrement() > 0) {
                                failTheCommit();
                            }
                        })
                        .build()));

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_failed_commit_is_told_although_what_became_of_it_cannot_be_found_out() {
        deposit(ADA, 3);
        AtomicBoolean unreachable = new AtomicBoolean(true);
        ProjectionStore failing = new ForwardingProjectionStore(store) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                if (unreachable.get() && !joinsCallersTransaction()) {
                    throw lost();
                }
                return super.advance(lease, from, to, parked);
            }
        };

        ProjectionRunner runner = start(builder(failing)
                .projection(ledger("applied")
                        .on(LedgerEvent.class, event -> {
                            applied.add(event);
                            if (unreachable.get()) {
                                failTheCommit();
                            }
                        })
                        .build()));

        Eventually.until(
                "the failure of the commit is told",
                () -> status(runner, "applied").lastFailure().contains("HomemadeError"),
                () -> ", but " + status(runner, "applied").lastFailure());
        unreachable.set(false);
        awaitApplied(positions(event -> true));
    }

    private static void failTheCommit() {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void beforeCommit(boolean readOnly) {
                throw new HomemadeError();
            }
        });
    }

    private static Stream<Arguments> listeners() {
        return Stream.of(
                Arguments.of("at the beginning", (ProjectionListener) (partition, kind, batch) -> {
                    throw new HomemadeError();
                }),
                Arguments.of("at the beginning, an exception", (ProjectionListener) (partition, kind, batch) -> {
                    throw new IllegalStateException(SECRET);
                }),
                Arguments.of(
                        "at the end", (ProjectionListener) (partition, kind, batch) -> new ProjectionListener.Batch() {
                            @Override
                            public void applied(int number) {
                                throw new HomemadeError();
                            }

                            @Override
                            public void failed(Throwable failure) {
                                throw new IllegalStateException(SECRET);
                            }
                        }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("listeners")
    void a_listener_that_throws_changes_nothing(String when, ProjectionListener listener) {
        deposit(ADA, 3);
        AtomicInteger calls = new AtomicInteger();

        ProjectionRunner runner = start(builder(store)
                .listener(listener)
                .projection(ledger("applied")
                        .on(LedgerEvent.class, event -> {
                            calls.incrementAndGet();
                            applied.add(event);
                        })
                        .build()));

        awaitApplied(positions(event -> true));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);
        assertThat(calls).hasValue(3);
        assertThat(status(runner, "applied").lastFailure()).isEmpty();
    }

    @Test
    void pauses_between_attempts_keep_their_length_while_events_come_in() throws InterruptedException {
        List<Long> attempts = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(builder(store)
                .retryPause(Duration.ofMillis(20), Duration.ofMillis(80))
                .projection(failingAt(1, () -> {
                            throw new IllegalStateException(SECRET);
                        })
                        .onError(failure -> {
                            attempts.add(System.nanoTime());
                            return failure.attempts() < 5 ? FailureDecision.RETRY : FailureDecision.SKIP;
                        })
                        .build()));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);

        deposit(ADA, 1);
        Thread others = new Thread(() -> {
            for (int i = 0; i < 900 && attempts.size() < 5; i++) {
                deposit(BOB, 1);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        });
        others.start();
        Eventually.until("it was tried five times", () -> attempts.size() == 5);
        others.join();

        long[] pauses = {20, 40, 80, 80};
        for (int i = 0; i < pauses.length; i++) {
            assertThat(Duration.ofNanos(attempts.get(i + 1) - attempts.get(i)))
                    .as("pause %d", i + 1)
                    .isGreaterThanOrEqualTo(Duration.ofMillis(pauses[i]));
        }
        awaitApplied(positions(event -> event.streamId().equals(BOB)));
    }

    /** Applies everything, and fails at a version of Ada's account. */
    private ProjectionBuilder<LedgerEvent> failingAt(long version, Runnable fault) {
        return ledger("applied").on(LedgerEvent.class, event -> {
            applied.add(event);
            if (event.streamId().equals(ADA) && event.version().value() == version) {
                fault.run();
            }
        });
    }

    /** Counts the leases that were returned. */
    private static final class ReturnedLeases extends ForwardingProjectionStore {
        private final AtomicInteger count = new AtomicInteger();

        private ReturnedLeases(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public void release(Lease lease) {
            super.release(lease);
            count.incrementAndGet();
        }
    }
}
