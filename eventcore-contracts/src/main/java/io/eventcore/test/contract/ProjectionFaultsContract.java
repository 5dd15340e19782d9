package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * What a runner of projections does when something fails that must not: errors instead of exceptions, listeners that
 * throw, statements about leases that fail or whose answers are lost.
 *
 * <p>Whatever happens, no thread of the runner ends, nothing reaches the default exception handler, and the projection
 * goes on, here or on another instance.
 *
 * @since 0.1
 */
public abstract class ProjectionFaultsContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "s3cr3t";

    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    private final UncaughtErrors uncaught = new UncaughtErrors();
    private EventStore events;
    private ProjectionStore store;
    private AppliedEvents applied;
    private PlatformTransactionManager transactionManager;

    /** For subclasses. */
    protected ProjectionFaultsContract() {}

    /** A store without events that knows {@link LedgerEvent#types()} and tells this signal of its commits. */
    protected abstract EventStore emptyStore(AppendSignal appendSignal);

    /** A store of checkpoints in the same place, empty; asked after {@link #emptyStore}. */
    protected abstract ProjectionStore projectionStore();

    /** A read model in the same place, empty; asked after {@link #emptyStore}. */
    protected abstract AppliedEvents appliedEvents();

    /** Manages the transactions that all of them join; asked after {@link #emptyStore}. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithAnEmptyStore() {
        uncaught.watch();
        events = emptyStore(signal);
        store = projectionStore();
        applied = appliedEvents();
        transactionManager = transactionManager();
        ((ConfigurableTransactionManager) transactionManager).addListener(TransactionPhase.listener());
    }

    @AfterEach
    void stopAllRunners() {
        runners.forEach(ProjectionRunner::stop);
        uncaught.assertNone();
    }

    /** A class that cannot be initialised. */
    private static final class Unusable {
        private static final int NUMBER = fail();

        private static int fail() {
            throw new IllegalStateException(SECRET);
        }
    }

    /** An error of a library, as {@code kotlin.NotImplementedError} is one. */
    private static final class HomemadeError extends Error {
        private static final long serialVersionUID = 1L;

        private HomemadeError() {
            super(SECRET);
        }
    }

    private static int deeper(int depth) {
        return depth == Integer.MAX_VALUE ? 0 : deeper(depth + 1) + 1;
    }

    private static void sneakyThrow(Throwable throwable) {
        ProjectionFaultsContract.<RuntimeException>sneaky(throwable);
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

    @Test
    void a_reader_that_runs_out_of_memory_at_the_end_of_the_log_goes_on() {
        AtomicInteger left = new AtomicInteger();
        ProjectionRunner runner = start(builder(failingReads(left, () -> new OutOfMemoryError(SECRET)), store)
                .projection(appliedEventsProjection().build()));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);

        left.set(6);
        deposit(ADA, 3);

        awaitApplied(positions(event -> true));
        assertThat(left.get()).isNotPositive();
    }

    @Test
    void while_the_end_of_the_log_cannot_be_read_no_projection_claims_to_be_live() {
        AtomicInteger left = new AtomicInteger();
        ProjectionRunner runner = start(builder(failingReads(left, () -> new AssertionError(SECRET)), store)
                .projection(appliedEventsProjection().build()));
        Eventually.until("it has caught up", () -> status(runner, "applied").state() == ProjectionState.LIVE);

        left.set(Integer.MAX_VALUE);
        deposit(ADA, 3);

        Eventually.until("it says so", () -> status(runner, "applied").state() == ProjectionState.RETRYING);
        assertThat(status(runner, "applied").lastFailure())
                .contains("AssertionError")
                .doesNotContain(SECRET);

        left.set(0);
        awaitApplied(positions(event -> true));
    }

    private EventStore failingReads(AtomicInteger left, Supplier<Error> fault) {
        return new ForwardingEventStore(events) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                StoredPage found = super.readStored(filter, page);
                if (!found.events().isEmpty() && left.getAndUpdate(number -> Math.max(0, number - 1)) > 0) {
                    throw fault.get();
                }
                return found;
            }
        };
    }

    @Test
    void what_fails_while_leases_are_renewed_does_not_end_the_renewal() {
        AtomicInteger left = new AtomicInteger(3);
        ProjectionStore failing = new ForwardingProjectionStore(store) {
            @Override
            public List<PartitionState> partitions() {
                if (Thread.currentThread().getName().contains("eventcore") && left.getAndDecrement() > 0) {
                    throw new HomemadeError();
                }
                return super.partitions();
            }
        };
        ProjectionRunner runner = start(builder(failing)
                .lease(Duration.ofMillis(200))
                .projection(appliedEventsProjection().build()));
        Eventually.until("the state was asked for", () -> left.get() <= 0);

        runner.pause("applied");
        Eventually.until("it is paused", () -> status(runner, "applied").state() == ProjectionState.PAUSED);
        deposit(ADA, 2);
        runner.resume("applied");

        awaitApplied(positions(event -> true));
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

    @Test
    void a_lease_whose_return_has_failed_is_taken_again_by_its_owner() {
        FailingReturns failing = new FailingReturns(store, 1);
        ProjectionRunner runner = start(twoProjections(failing));
        awaitBothRunBy(runner);

        runner.pause("applied");
        Eventually.until("the return has failed", () -> failing.left.get() == 0);
        deposit(ADA, 3);
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_whose_return_has_failed_is_free_for_another_instance() {
        FailingReturns failing = new FailingReturns(store, 2);
        ProjectionRunner runner = start(twoProjections(failing));
        awaitBothRunBy(runner);
        failing.refusing = true;

        runner.pause("applied");
        Eventually.until("the return has failed", () -> failing.left.get() < 2);
        deposit(ADA, 3);
        start(twoProjections(store));
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_that_is_never_given_back_runs_out_although_its_owner_holds_others() {
        FailingReturns failing = new FailingReturns(store, Integer.MAX_VALUE);
        ProjectionRunner runner = start(twoProjections(failing));
        awaitBothRunBy(runner);
        failing.refusing = true;

        runner.pause("applied");
        Eventually.until("the return has failed", () -> failing.left.get() < Integer.MAX_VALUE);
        deposit(ADA, 3);
        start(twoProjections(store));
        runner.resume("applied");

        awaitApplied(positions(event -> true));
    }

    @Test
    void a_lease_that_was_taken_without_an_answer_does_not_stop_the_projection() {
        AtomicInteger left = new AtomicInteger(2);
        ProjectionStore losingAnswers = new ForwardingProjectionStore(store) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                Optional<Lease> lease = super.acquire(partition, partitions, owner, length);
                if (isOfApplied(partition) && lease.isPresent() && left.getAndDecrement() > 0) {
                    throw lost();
                }
                return lease;
            }
        };
        deposit(ADA, 3);

        start(twoProjections(losingAnswers));

        awaitApplied(positions(event -> true));
        assertThat(left.get()).isNotPositive();
    }

    @Test
    void a_projection_that_another_instance_has_taken_over_is_not_said_to_lag_or_to_be_in_trouble_here() {
        deposit(ADA, 2);
        AtomicBoolean unreachable = new AtomicBoolean();
        ProjectionStore failing = new ForwardingProjectionStore(store) {
            @Override
            public boolean isCurrent(Lease lease, Duration idleLimit) {
                if (unreachable.get()) {
                    throw lost();
                }
                return super.isCurrent(lease, idleLimit);
            }
        };
        ProjectionRunner first = start(builder(failing)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build()));
        awaitApplied(positions(event -> true));
        unreachable.set(true);
        deposit(ADA, 1);
        Eventually.until("it is in trouble", () -> status(first, "applied").state() == ProjectionState.RETRYING);

        start(builder(store)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build()));

        awaitApplied(positions(event -> true));
        Eventually.until("it stands by", () -> status(first, "applied").state() == ProjectionState.STANDBY);
        assertThat(status(first, "applied").lag()).isZero();
    }

    private static EventStoreUnavailableException lost() {
        return new EventStoreUnavailableException("the answer was lost", null);
    }

    private static boolean isOfApplied(ProjectionPartition partition) {
        return partition.projection().equals("applied");
    }

    private ProjectionRunner.Builder twoProjections(ProjectionStore projectionStore) {
        return builder(projectionStore)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build())
                .projection(ledger("other").build());
    }

    private void awaitBothRunBy(ProjectionRunner runner) {
        Eventually.until(
                "both run",
                () -> status(runner, "applied").state() == ProjectionState.LIVE
                        && status(runner, "other").state() == ProjectionState.LIVE);
    }

    private ProjectionRunner start(ProjectionRunner.Builder builder) {
        ProjectionRunner runner = builder.build();
        runners.add(runner);
        runner.start();
        return runner;
    }

    private ProjectionRunner.Builder builder(ProjectionStore projectionStore) {
        return builder(events, projectionStore);
    }

    private ProjectionRunner.Builder builder(EventStore log, ProjectionStore projectionStore) {
        return ProjectionRunner.builder(log, projectionStore)
                .transactionManager(transactionManager)
                .lease(Duration.ofSeconds(2))
                .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                .retryPause(Duration.ofMillis(1), Duration.ofMillis(5))
                .wokenBy(signal);
    }

    private static ProjectionBuilder<LedgerEvent> ledger(String name) {
        return Projection.named(name, LedgerEvent.class);
    }

    private ProjectionBuilder<LedgerEvent> appliedEventsProjection() {
        return ledger("applied").on(LedgerEvent.class, applied::add);
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

    private static ProjectionStatus.Partition status(ProjectionRunner runner, String projection) {
        return runner.status().stream()
                .filter(status -> status.name().equals(projection))
                .findFirst()
                .orElseThrow()
                .partitions()
                .get(0);
    }

    private GlobalPosition deposit(StreamId account, int times) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, any());
        for (int i = 0; i < times; i++) {
            writes = writes.append(new Deposited(account, i));
        }
        return events.appendEvents(writes).lastPosition();
    }

    private void awaitApplied(List<Long> expected) {
        Eventually.until(
                "exactly these events are applied: " + expected,
                () -> applied.positions().size() >= expected.size(),
                () -> ", but " + applied.positions());
        assertThat(applied.positions()).isEqualTo(expected);
    }

    private List<Long> positions(Wanted wanted) {
        EventBatch<Event> all = events.readEvents(EventFilter.all(), EventPage.first(1000), Event.class);
        return all.events().stream()
                .filter(wanted::wants)
                .map(event -> event.position().value())
                .toList();
    }

    private interface Wanted {
        boolean wants(RecordedEvent<Event> event);
    }

    /** Counts the leases that were given back. */
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

    /** Cannot give back leases of one projection for a while, and lends none of it while it refuses. */
    private static final class FailingReturns extends ForwardingProjectionStore {
        private final AtomicInteger left;
        private volatile boolean refusing;

        private FailingReturns(ProjectionStore delegate, int times) {
            super(delegate);
            this.left = new AtomicInteger(times);
        }

        @Override
        public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
            if (refusing && isOfApplied(partition)) {
                throw lost();
            }
            return super.acquire(partition, partitions, owner, length);
        }

        @Override
        public void release(Lease lease) {
            if (isOfApplied(lease.partition()) && left.getAndUpdate(number -> Math.max(0, number - 1)) > 0) {
                throw lost();
            }
            super.release(lease);
        }
    }
}
