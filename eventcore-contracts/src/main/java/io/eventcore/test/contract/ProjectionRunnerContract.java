package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What a runner of projections promises over a store of events, a store of checkpoints and a transaction manager.
 *
 * @since 0.1
 */
public abstract class ProjectionRunnerContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final StreamId AUDIT = StreamId.of("audit");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<ProjectionRunner> runners = new ArrayList<>();
    private final List<CountDownLatch> gates = new ArrayList<>();
    private final AppendSignal signal = new AppendSignal();
    private EventStore events;
    private ProjectionStore store;
    private AppliedEvents applied;
    private PlatformTransactionManager transactionManager;
    private TransactionTemplate transaction;

    /** For subclasses. */
    protected ProjectionRunnerContract() {}

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
        events = emptyStore(signal);
        store = projectionStore();
        applied = appliedEvents();
        transactionManager = transactionManager();
        ((ConfigurableTransactionManager) transactionManager).addListener(TransactionPhase.listener());
        transaction = new TransactionTemplate(transactionManager);
    }

    @AfterEach
    void stopAllRunners() {
        gates.forEach(CountDownLatch::countDown);
        runners.forEach(ProjectionRunner::stop);
    }

    @Test
    void every_event_is_applied_once_in_order_first_the_old_ones_then_the_new_ones() {
        deposit(ADA, 3);
        deposit(BOB, 2);

        start(appliedEventsProjection().build());
        awaitAllApplied();
        deposit(ADA, 4);

        awaitAllApplied();
    }

    @Test
    void a_projection_goes_on_where_it_was_after_a_restart() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();
        first.stop();

        deposit(ADA, 3);
        start(appliedEventsProjection().build());

        awaitAllApplied();
    }

    @Test
    void an_event_that_is_committed_late_is_applied_in_its_place() throws InterruptedException {
        AtomicInteger reads = new AtomicInteger();
        start(builder(
                        new ForwardingEventStore(events) {
                            @Override
                            public <E extends Event> EventBatch<E> readEvents(
                                    EventFilter filter, EventPage page, Class<E> eventType) {
                                EventBatch<E> batch = super.readEvents(filter, page, eventType);
                                reads.incrementAndGet();
                                return batch;
                            }
                        },
                        store)
                .projection(appliedEventsProjection().build()));
        deposit(ADA, 1);
        awaitAllApplied();
        Thread fast = new Thread(() -> deposit(ADA, 1));

        transaction.executeWithoutResult(status -> {
            deposit(BOB, 1);
            fast.start();
            // Some stores let the fast append commit first, others make it wait; the projection must not care.
            for (int i = 0; i < 100 && committedVersionOfAda() == 1; i++) {
                Thread.onSpinWait();
            }
            int before = reads.get();
            Eventually.until("the log was read meanwhile", () -> reads.get() > before + 3);
            assertThat(Race.<List<Long>>elsewhere(applied::positions)).hasSize(1);
        });
        fast.join();

        awaitAllApplied();
    }

    private long committedVersionOfAda() {
        return Race.<Long>elsewhere(() -> events.streamVersion(ADA).value());
    }

    @Test
    void what_is_rolled_back_holds_nobody_up() {
        start(appliedEventsProjection().build());

        transaction.executeWithoutResult(status -> {
            deposit(BOB, 3);
            status.setRollbackOnly();
        });
        deposit(ADA, 2);

        awaitAllApplied();
    }

    @Test
    void a_commit_that_fails_neither_loses_nor_doubles_an_event() {
        deposit(ADA, 5);
        AtomicInteger failures = new AtomicInteger(4);

        start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.version().value() == 3 && failures.getAndDecrement() > 0) {
                        refuseTheCommit();
                    }
                })
                .build());

        awaitAllApplied();
    }

    private static void refuseTheCommit() {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void beforeCommit(boolean readOnly) {
                throw new IllegalStateException("not now");
            }
        });
    }

    @Test
    void a_restart_in_the_middle_of_a_batch_neither_loses_nor_doubles_an_event() throws InterruptedException {
        deposit(ADA, 6);
        CountDownLatch inTheMiddle = new CountDownLatch(1);
        CountDownLatch goOn = gate();
        AtomicInteger count = new AtomicInteger();
        ProjectionRunner first = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (count.incrementAndGet() == 3) {
                        inTheMiddle.countDown();
                        await(goOn);
                    }
                })
                .build());

        await(inTheMiddle);
        Thread stopping = new Thread(first::stop);
        stopping.start();
        goOn.countDown();
        stopping.join();
        start(appliedEventsProjection().build());

        awaitAllApplied();
    }

    @Test
    void an_owner_that_freezes_while_it_applies_is_replaced_and_does_no_harm_when_it_wakes_up() {
        GlobalPosition last = deposit(ADA, 5);
        Freezer freezer = new Freezer(store);
        CountDownLatch frozen = new CountDownLatch(1);
        CountDownLatch wakeUp = gate();
        AtomicBoolean woken = new AtomicBoolean();
        Projection<LedgerEvent> freezing = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (frozen.getCount() > 0) {
                        freezer.frozen = true;
                        frozen.countDown();
                        await(wakeUp);
                        woken.set(true);
                    }
                })
                .build();
        start(builder(freezer).lease(Duration.ofMillis(400)).projection(freezing));
        await(frozen);

        start(builder(store)
                .lease(Duration.ofMillis(400))
                .projection(appliedEventsProjection().build()));
        awaitAllApplied();
        Eventually.until(
                "the new owner has committed",
                () -> store.partitions().get(0).checkpoint().position().equals(last));
        wakeUp.countDown();
        Eventually.until("the frozen owner has woken up and given up", () -> woken.get() && freezer.refusals.get() > 0);
        freezer.frozen = false;
        deposit(BOB, 2);

        awaitAllApplied();
    }

    @Test
    void two_runners_share_the_work_without_doing_it_twice() {
        start(appliedEventsProjection().build());
        start(appliedEventsProjection().build());

        deposit(ADA, 20);

        awaitAllApplied();
    }

    @Test
    void when_a_runner_stops_another_one_takes_over() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        ProjectionRunner second = start(appliedEventsProjection().build());
        deposit(ADA, 2);
        awaitAllApplied();

        first.stop();
        deposit(ADA, 2);

        awaitAllApplied();
        assertThat(second.isRunning()).isTrue();
    }

    @Test
    void a_failing_event_is_tried_again_and_then_counts_once() {
        deposit(ADA, 5);
        AtomicInteger failures = new AtomicInteger(3);

        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.version().value() == 3 && failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("not now");
                    }
                })
                .build());

        awaitAllApplied();
        assertThat(status(runner).failures()).isPositive();
    }

    @Test
    void a_skipped_event_leaves_no_trace_and_its_neighbours_count_once() {
        deposit(ADA, 5);

        ProjectionRunner runner =
                start(failingAt(3).onError(failure -> FailureDecision.SKIP).build());

        awaitAllAppliedExcept(3);
        Eventually.until("the skipped event is counted", () -> status(runner).skippedEvents() == 1);
    }

    @Test
    void a_projection_that_fails_stops_before_the_event_and_says_so() {
        deposit(ADA, 5);

        ProjectionRunner runner =
                start(failingAt(3).onError(failure -> FailureDecision.FAIL).build());

        Eventually.until("it has failed", () -> status(runner).state() == ProjectionState.FAILED);
        assertThat(applied.positions()).hasSize(2);
        assertThat(status(runner).lastFailure())
                .contains("IllegalStateException")
                .contains("ledger.deposited")
                .doesNotContain("s3cr3t");
        assertThat(store.partitions())
                .singleElement()
                .satisfies(state -> assertThat(state.failure()).contains("IllegalStateException"));
    }

    @Test
    void a_projection_that_has_failed_goes_on_when_it_is_resumed() {
        deposit(ADA, 5);
        AtomicBoolean repaired = new AtomicBoolean();
        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.version().value() == 3 && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                })
                .onError(failure -> FailureDecision.FAIL)
                .build());
        Eventually.until("it has failed", () -> status(runner).state() == ProjectionState.FAILED);

        repaired.set(true);
        runner.resume("applied");

        awaitAllApplied();
    }

    @Test
    void a_decision_is_asked_for_the_event_that_failed_alone() {
        deposit(ADA, 5);
        List<FailureContext> failures = new CopyOnWriteArrayList<>();

        start(failingAt(3)
                .onError(failure -> {
                    failures.add(failure);
                    return failure.attempts() < 3 ? FailureDecision.RETRY : FailureDecision.SKIP;
                })
                .build());

        awaitAllAppliedExcept(3);
        assertThat(failures).extracting(FailureContext::attempts).containsExactly(1, 2, 3);
        assertThat(failures).allSatisfy(failure -> {
            assertThat(failure.streamId()).isEqualTo(ADA);
            assertThat(failure.version().value()).isEqualTo(3);
            assertThat(failure.typeName()).isEqualTo("ledger.deposited");
            assertThat(failure.cause()).isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void a_parked_stream_waits_in_order_while_others_go_on() {
        deposit(ADA, 3);
        deposit(BOB, 2);

        start(failingAt(2).onError(failure -> park(failure, ADA)).build());
        Eventually.until(
                "the stream is parked", () -> store.parkedStreams("applied").size() == 1);
        deposit(BOB, 2);
        deposit(ADA, 1);
        Eventually.until(
                "the events of the stream wait",
                () -> store.parkedStreams("applied").get(0).waiting() == 3);

        assertThat(applied.positions())
                .isEqualTo(positions(
                        event -> event.streamId().equals(BOB) || event.version().value() == 1));
    }

    @Test
    void retrying_a_parked_stream_applies_what_waits_once_and_in_order() {
        deposit(ADA, 3);
        AtomicBoolean repaired = new AtomicBoolean();
        List<Long> order = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (event.version().value() == 2 && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                    applied.add(event);
                    order.add(event.position().value());
                })
                .onError(failure -> FailureDecision.PARK)
                .build());
        deposit(BOB, 1);
        Eventually.until("two events wait", () -> waiting() == 2);

        runner.retryParked("applied", ADA);
        Eventually.until(
                "the retry has failed",
                () -> store.parkedStreams("applied").get(0).request() == ParkedStream.Request.NONE);
        assertThat(waiting()).isEqualTo(2);
        repaired.set(true);
        runner.retryParked("applied", ADA);

        awaitAllApplied();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
        deposit(ADA, 1);
        awaitAllApplied();
        List<Long> ofAda = positions(event -> event.streamId().equals(ADA));
        assertThat(order.stream().filter(ofAda::contains).distinct().toList()).isEqualTo(ofAda);
    }

    @Test
    void discarding_a_parked_stream_gives_up_what_waits_and_goes_on() {
        deposit(ADA, 3);
        ProjectionRunner runner =
                start(failingAt(2).onError(failure -> FailureDecision.PARK).build());
        Eventually.until("two events wait", () -> waiting() == 2);

        assertThat(runner.discardParked("applied", ADA)).isTrue();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
        deposit(ADA, 2);

        Eventually.until("later events are applied", () -> applied.positions().size() == 3);
        assertThat(applied.positions())
                .isEqualTo(positions(
                        event -> event.version().value() != 2 && event.version().value() != 3));
    }

    @Test
    void an_event_that_cannot_be_read_goes_the_same_way_and_is_named() {
        deposit(ADA, 2);
        events.appendEvents(StreamWrites.empty().registerStream(AUDIT, any()).append(AUDIT, new Audited("secret")));
        deposit(ADA, 2);
        List<FailureContext> failures = new CopyOnWriteArrayList<>();

        start(appliedEventsProjection()
                .onError(failure -> {
                    failures.add(failure);
                    return FailureDecision.SKIP;
                })
                .build());

        awaitApplied(positions(event -> event.event() instanceof LedgerEvent));
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.typeName()).isEqualTo("audit.audited");
            assertThat(failure.streamId()).isEqualTo(AUDIT);
            assertThat(failure.cause()).isInstanceOf(EventDeserializationException.class);
        });
    }

    @Test
    void an_event_that_cannot_be_read_is_noticed_by_a_projection_that_has_caught_up() {
        List<FailureContext> failures = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(appliedEventsProjection()
                .onError(failure -> {
                    failures.add(failure);
                    return FailureDecision.SKIP;
                })
                .build());
        Eventually.until("it has caught up", () -> status(runner).state() == ProjectionState.LIVE);

        events.appendEvents(StreamWrites.empty().registerStream(AUDIT, any()).append(AUDIT, new Audited("secret")));
        deposit(ADA, 1);

        awaitApplied(positions(event -> event.event() instanceof LedgerEvent));
        assertThat(failures).hasSize(1);
    }

    @Test
    void a_filter_decides_what_is_applied_and_the_checkpoint_passes_the_rest() {
        deposit(ADA, 2);
        ProjectionRunner runner = start(appliedEventsProjection()
                .filter(EventFilter.prefix(StreamPrefix.of("account-bob")))
                .build());
        deposit(BOB, 2);
        GlobalPosition last = deposit(ADA, 3);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions())
                .isEqualTo(positions(event -> event.streamId().equals(BOB)));
        Eventually.until(
                "the checkpoint is saved",
                () -> store.partitions().get(0).checkpoint().position().compareTo(last) >= 0);
    }

    @Test
    void partitions_apply_every_event_once_and_keep_the_order_of_each_stream() {
        for (int i = 0; i < 40; i++) {
            deposit(StreamId.of("account-" + i % 10), 1);
        }
        List<RecordedEvent<LedgerEvent>> order = new CopyOnWriteArrayList<>();

        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    order.add(event);
                })
                .partitions(4)
                .build());
        awaitAllApplied();
        GlobalPosition last = deposit(ADA, 5);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        awaitAllApplied();
        for (int i = 0; i < 10; i++) {
            StreamId stream = StreamId.of("account-" + i);
            assertThat(order.stream().filter(event -> event.streamId().equals(stream)))
                    .isSortedAccordingTo((a, b) -> a.position().compareTo(b.position()));
        }
    }

    @Test
    void a_new_version_is_built_beside_the_one_in_use_and_takes_its_place_when_it_has_caught_up() {
        List<Long> first = new CopyOnWriteArrayList<>();
        deposit(ADA, 5);
        ProjectionRunner old = start(firstVersion(first).build());
        Eventually.until("the first version has caught up", () -> first.size() == 5);
        old.stop();
        CountDownLatch goOn = gate();
        LookedAtStore looked = new LookedAtStore(store);

        ProjectionRunner runner = start(builder(looked)
                .projection(firstVersion(first).build())
                .projection(ledger("applied")
                        .version(2)
                        .on(LedgerEvent.class, event -> {
                            await(goOn);
                            applied.add(event);
                        })
                        .build()));
        GlobalPosition last = deposit(BOB, 2);

        assertThat(runner.awaitPosition("applied", last, Eventually.patience())).isEqualTo(AwaitOutcome.REACHED);
        assertThat(first).hasSize(7);
        int before = looked.looks.get();
        // The third look begins when the second has come to its end, with all that follows from it.
        Eventually.until("the store was looked at and more", () -> looked.looks.get() >= before + 3);
        assertThat(runner.activeVersion("applied")).isEqualTo(1);
        goOn.countDown();
        Eventually.until("the second version is active", () -> runner.activeVersion("applied") == 2);
        awaitAllApplied();
        GlobalPosition later = deposit(ADA, 3);
        assertThat(runner.awaitPosition("applied", later, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        awaitAllApplied();
        assertThat(runner.status())
                .extracting(ProjectionStatus::name, ProjectionStatus::active)
                .containsExactly(tuple("applied", false), tuple("applied@2", true));
        Eventually.until("the first version goes on as long as somebody declares it", () -> first.size() == 10);
    }

    @Test
    void an_instance_without_the_active_version_waits_for_it_and_a_newer_one_does_not_go_back() {
        List<Long> first = new CopyOnWriteArrayList<>();
        start(firstVersion(first).build());
        Eventually.until(
                "the first version is active", () -> store.partitions().stream().anyMatch(PartitionState::active));
        ProjectionRunner newer = start(appliedEventsProjection().version(2).build());
        GlobalPosition last = deposit(ADA, 3);
        assertThat(newer.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);

        Eventually.until("the second version is active", () -> newer.activeVersion("applied") == 2);
        ProjectionRunner old = start(firstVersion(first).build());

        GlobalPosition later = deposit(ADA, 1);
        assertThat(old.activeVersion("applied")).isEqualTo(2);
        assertThat(old.awaitPosition("applied", later, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        awaitAllApplied();
    }

    @Test
    void side_effects_begin_with_news_and_are_repeated_neither_by_a_reset_nor_by_a_new_version() {
        List<String> effects = new CopyOnWriteArrayList<>();
        deposit(ADA, 3);
        ProjectionRunner first = start(withSideEffects(1, effects).build());
        awaitAllApplied();
        deposit(ADA, 2);
        Eventually.until("two side effects", () -> effects.size() == 2, () -> effects);

        first.reset("applied");
        awaitAllApplied();
        deposit(BOB, 1);
        Eventually.until("the third side effect", () -> effects.size() == 3, () -> effects);
        first.stop();
        List<Long> secondReadModel = new CopyOnWriteArrayList<>();
        ProjectionRunner second = start(builder(store)
                .projection(withSideEffects(1, effects).build())
                .projection(ledger("applied")
                        .version(2)
                        .atLeastOnce()
                        .on(
                                LedgerEvent.class,
                                event -> secondReadModel.add(event.position().value()))
                        .sideEffects(event -> effects.add("2: " + event.position()))
                        .build()));
        Eventually.until("the second version is active", () -> second.activeVersion("applied") == 2);
        deposit(BOB, 1);

        Eventually.until("the fourth side effect", () -> effects.size() == 4, () -> effects);
        List<Long> all = positions(event -> true);
        assertThat(effects)
                .containsExactly("1: " + all.get(3), "1: " + all.get(4), "1: " + all.get(5), "2: " + all.get(6));
        assertThat(secondReadModel).isEqualTo(all);
    }

    @Test
    void an_append_in_flight_when_side_effects_begin_is_news_and_holds_up_no_new_version() {
        List<Long> effects = new CopyOnWriteArrayList<>();
        deposit(ADA, 2);
        ProjectionRunner runner = builder(store)
                .projection(appliedEventsProjection().build())
                .projection(firstVersion(new CopyOnWriteArrayList<>())
                        .version(2)
                        .sideEffects(event -> effects.add(event.position().value()))
                        .build())
                .build();
        runners.add(runner);

        transaction.executeWithoutResult(status -> {
            deposit(BOB, 1);
            Race.elsewhere(() -> {
                runner.start();
                return true;
            });
        });
        transaction.executeWithoutResult(status -> {
            deposit(BOB, 1);
            status.setRollbackOnly();
        });

        Eventually.until("the second version is active", () -> runner.activeVersion("applied") == 2);
        Eventually.until("the side effect", () -> effects.size() == 1, () -> effects);
        assertThat(effects).isEqualTo(positions(event -> event.streamId().equals(BOB)));
    }

    @Test
    void a_side_effect_waits_until_its_event_is_in_the_read_model() {
        CountDownLatch goOn = gate();
        List<Long> effects = new CopyOnWriteArrayList<>();
        LookedAtStore looked = new LookedAtStore(store);
        start(builder(looked)
                .projection(ledger("applied")
                        .on(LedgerEvent.class, event -> {
                            if (event.version().value() == 2) {
                                await(goOn);
                            }
                            applied.add(event);
                        })
                        .sideEffects(event -> effects.add(event.version().value()))
                        .build()));
        deposit(ADA, 1);
        Eventually.until("the first side effect", () -> effects.equals(List.of(1L)), () -> effects);

        deposit(ADA, 1);
        int before = looked.looks.get();
        Eventually.until("the store was looked at a few times", () -> looked.looks.get() > before + 4);

        assertThat(effects).containsExactly(1L);
        goOn.countDown();
        Eventually.until("the second side effect", () -> effects.size() == 2, () -> effects);
        awaitAllApplied();
    }

    @Test
    void a_side_effect_that_takes_long_does_not_hold_up_the_read_model() {
        CountDownLatch goOn = gate();
        List<Long> effects = new CopyOnWriteArrayList<>();
        start(appliedEventsProjection()
                .sideEffects(event -> {
                    await(goOn);
                    effects.add(event.position().value());
                })
                .build());

        for (int i = 0; i < 10; i++) {
            deposit(ADA, 1);
        }

        awaitAllApplied();
        assertThat(effects).isEmpty();
        goOn.countDown();
        Eventually.until("all side effects", () -> effects.size() == 10, () -> effects);
        assertThat(effects).isEqualTo(positions(event -> true));
    }

    @Test
    void a_side_effect_that_fails_goes_the_way_of_an_error_and_the_read_model_goes_on() {
        List<Long> effects = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(appliedEventsProjection()
                .sideEffects(event -> {
                    if (event.version().value() == 2) {
                        throw new IllegalStateException("s3cr3t");
                    }
                    effects.add(event.version().value());
                })
                .onError(failure -> FailureDecision.SKIP)
                .build());

        deposit(ADA, 3);

        awaitAllApplied();
        Eventually.until("the others are done", () -> effects.equals(List.of(1L, 3L)), () -> effects);
        assertThat(runner.status())
                .filteredOn(status -> status.version() == ProjectionPartition.SIDE_EFFECTS)
                .singleElement()
                .satisfies(status -> {
                    assertThat(status.name()).isEqualTo("applied@side-effects");
                    assertThat(status.partitions().get(0).failures()).isPositive();
                });
    }

    private ProjectionBuilder<LedgerEvent> firstVersion(List<Long> readModel) {
        return ledger("applied")
                .atLeastOnce()
                .on(LedgerEvent.class, event -> readModel.add(event.position().value()));
    }

    private ProjectionBuilder<LedgerEvent> withSideEffects(int version, List<String> effects) {
        return appliedEventsProjection()
                .version(version)
                .clearedBy(applied::clear)
                .sideEffects(event -> effects.add(version + ": " + event.position()));
    }

    @Test
    void another_number_of_partitions_neither_loses_nor_doubles_an_event() {
        for (int partitions : new int[] {1, 4, 3, 64, 1}) {
            depositToTen();
            ProjectionRunner runner =
                    start(appliedEventsProjection().partitions(partitions).build());

            awaitAllApplied();
            depositToTen();
            awaitAllApplied();
            assertThat(store.partitions()).hasSize(partitions);
            runner.stop();
        }
    }

    @Test
    void partitions_at_different_positions_are_brought_together_before_they_are_divided_anew() {
        ProjectionRunner failing = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (event.streamId().equals(ADA)) {
                        throw new IllegalStateException("broken");
                    }
                    applied.add(event);
                })
                .onError(failure -> FailureDecision.FAIL)
                .partitions(4)
                .build());
        deposit(ADA, 3);
        depositToTen();
        GlobalPosition last = deposit(ADA, 1);
        Eventually.until(
                "one partition has failed, and another one has come to the end",
                () -> store.partitions().stream()
                                .anyMatch(state -> !state.failure().isEmpty())
                        && store.partitions().stream()
                                .anyMatch(state -> state.checkpoint().position().equals(last)));
        failing.stop();
        assertThat(applied.positions()).hasSizeLessThan(positions(event -> true).size());

        start(appliedEventsProjection().partitions(3).build());

        awaitAllApplied();
        deposit(ADA, 1);
        awaitAllApplied();
        Eventually.until("it is divided anew", () -> store.partitions().size() == 3);
    }

    @Test
    void while_an_event_cannot_be_applied_a_projection_stays_divided_as_it_is_until_it_is_resumed() {
        AtomicBoolean repaired = new AtomicBoolean();
        ProjectionBuilder<LedgerEvent> fragile = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.streamId().equals(ADA) && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                })
                .onError(failure -> FailureDecision.FAIL);
        ProjectionRunner before = start(fragile.partitions(4).build());
        depositToTen();
        GlobalPosition last = deposit(ADA, 1);
        deposit(ADA, 1);
        Eventually.until(
                "it has failed",
                () -> store.partitions().stream()
                        .anyMatch(state -> !state.failure().isEmpty()));
        Eventually.until(
                "others have come to the end",
                () -> store.partitions().stream()
                        .anyMatch(state -> state.checkpoint().position().compareTo(last) > 0));
        before.stop();

        ProjectionRunner runner = start(fragile.partitions(2).build());
        Eventually.until(
                "it has failed again",
                () -> store.partitions().stream()
                        .anyMatch(state -> state.failure().contains("2 partitions")));
        Eventually.until(
                "that is to be seen",
                () -> runner.status().get(0).partitions().stream()
                        .allMatch(partition -> partition.state() == ProjectionState.FAILED
                                && partition.lastFailure().contains("2 partitions")));
        assertThat(store.partitions()).hasSize(4);
        repaired.set(true);
        runner.resume("applied");

        awaitAllApplied();
        Eventually.until("it is divided anew", () -> store.partitions().size() == 2);
    }

    @Test
    void an_instance_that_divides_a_projection_otherwise_stands_by() {
        ProjectionRunner old = start(appliedEventsProjection().partitions(4).build());
        depositToTen();
        awaitAllApplied();

        start(appliedEventsProjection().partitions(2).build());
        depositToTen();
        awaitAllApplied();
        Eventually.until("it is divided anew", () -> store.partitions().size() == 2);
        Eventually.until(
                "the other instance stands by",
                () -> old.status().get(0).partitions().stream()
                        .allMatch(partition -> partition.state() == ProjectionState.STANDBY));
        depositToTen();

        awaitAllApplied();
    }

    @Test
    void what_is_parked_stays_parked_when_a_projection_is_divided_anew() {
        AtomicBoolean repaired = new AtomicBoolean();
        ProjectionBuilder<LedgerEvent> parking = ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.streamId().equals(ADA) && event.version().value() == 2 && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                })
                .onError(failure -> FailureDecision.PARK);
        ProjectionRunner before = start(parking.build());
        deposit(ADA, 3);
        Eventually.until("two events wait", () -> waiting() == 2);
        before.stop();

        ProjectionRunner runner = start(parking.partitions(8).build());
        Eventually.until("it is divided anew", () -> store.partitions().size() == 8);
        deposit(ADA, 1);
        Eventually.until("three events wait", () -> waiting() == 3);
        repaired.set(true);
        runner.retryParked("applied", ADA);

        awaitAllApplied();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
    }

    private void depositToTen() {
        for (int i = 0; i < 10; i++) {
            deposit(StreamId.of("account-" + i), 1);
        }
    }

    @Test
    void a_paused_projection_applies_nothing_until_it_is_resumed() {
        ProjectionRunner runner = start(appliedEventsProjection().build());
        deposit(ADA, 1);
        awaitAllApplied();

        runner.pause("applied");
        Eventually.until("it is paused", () -> status(runner).state() == ProjectionState.PAUSED);
        GlobalPosition last = deposit(ADA, 3);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
        assertThat(runner.awaitPosition("applied", GlobalPosition.of(last.value() + 1_000), PATIENCE))
                .isEqualTo(AwaitOutcome.BEYOND_LOG);
        assertThat(applied.positions()).hasSize(1);
        runner.resume("applied");
        awaitAllApplied();
    }

    @Test
    void a_reset_builds_the_read_model_anew() {
        AtomicInteger clears = new AtomicInteger();
        ProjectionRunner runner = start(appliedEventsProjection()
                .clearedBy(() -> {
                    applied.clear();
                    clears.incrementAndGet();
                })
                .build());
        deposit(ADA, 5);
        awaitAllApplied();

        runner.reset("applied");
        deposit(ADA, 2);

        awaitAllApplied();
        assertThat(clears).hasValue(1);
    }

    @Test
    void a_projection_that_cannot_be_emptied_is_not_reset() {
        ProjectionRunner runner = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();

        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> runner.reset("applied"));

        deposit(ADA, 1);
        awaitAllApplied();
    }

    @Test
    void waiting_for_a_position_ends_when_it_was_applied() {
        ProjectionRunner runner = start(appliedEventsProjection().build());

        GlobalPosition last = deposit(ADA, 3);

        assertThat(runner.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions()).hasSize(3);
    }

    @Test
    void waiting_for_a_position_works_where_another_instance_runs_the_projection() {
        start(appliedEventsProjection().build());
        deposit(ADA, 1);
        awaitAllApplied();
        ProjectionRunner other = start(appliedEventsProjection().build());

        GlobalPosition last = deposit(ADA, 3);

        assertThat(other.awaitPosition("applied", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(applied.positions()).hasSize(4);
    }

    @Test
    void waiting_for_a_position_ends_in_time_and_says_why() {
        ProjectionRunner runner =
                start(failingAt(2).onError(failure -> park(failure, ADA)).build());
        deposit(ADA, 1);
        GlobalPosition parked = deposit(ADA, 1);
        GlobalPosition after = deposit(BOB, 1);

        assertThat(runner.awaitPosition("applied", after, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
        assertThat(runner.awaitPosition("applied", parked, PATIENCE)).isEqualTo(AwaitOutcome.PARKED);
        runner.stop();
        assertThat(runner.awaitPosition("applied", after, PATIENCE)).isEqualTo(AwaitOutcome.STOPPED);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> runner.awaitPosition("unknown", after, PATIENCE))
                .withMessageContaining("unknown");
    }

    @Test
    void waiting_for_a_position_that_is_not_reached_in_time_says_so() {
        CountDownLatch goOn = gate();
        ProjectionRunner runner = start(ledger("applied")
                .atLeastOnce()
                .on(LedgerEvent.class, event -> await(goOn))
                .build());

        GlobalPosition last = deposit(ADA, 1);

        assertThat(runner.awaitPosition("applied", last, Duration.ofMillis(1))).isEqualTo(AwaitOutcome.TIMED_OUT);
        goOn.countDown();
    }

    @Test
    void a_position_beyond_the_log_is_not_waited_for() {
        ProjectionRunner runner = start(appliedEventsProjection().build());
        ProjectionRunner elsewhere = start(appliedEventsProjection().build());
        GlobalPosition last = deposit(ADA, 1);
        awaitAllApplied();

        for (ProjectionRunner asked : List.of(runner, elsewhere)) {
            assertThat(asked.awaitPosition("applied", GlobalPosition.of(last.value() + 1), PATIENCE))
                    .isEqualTo(AwaitOutcome.BEYOND_LOG);
            assertThat(asked.awaitPosition("applied", GlobalPosition.of(Long.MAX_VALUE), PATIENCE))
                    .isEqualTo(AwaitOutcome.BEYOND_LOG);
        }
        GlobalPosition next = deposit(ADA, 1);
        assertThat(runner.awaitPosition("applied", next, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    @Test
    void waiting_inside_a_transaction_that_has_appended_is_refused() {
        ProjectionRunner runner = start(appliedEventsProjection().build());

        transaction.executeWithoutResult(status -> {
            GlobalPosition last = deposit(ADA, 1);
            assertThatIllegalStateException()
                    .isThrownBy(() -> runner.awaitPosition("applied", last, PATIENCE))
                    .withMessageContaining("commit");
        });

        awaitAllApplied();
    }

    @Test
    void a_log_that_lost_the_last_event_seen_stops_the_projection() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();
        first.stop();

        ProjectionRunner runner = start(builder(new HidingStore(events, 3), store)
                .projection(appliedEventsProjection().build()));

        Eventually.until("it has stopped", () -> status(runner).state() == ProjectionState.FAILED);
        assertThat(status(runner).lastFailure())
                .contains("set back")
                .contains("reset")
                .contains("applied");
        deposit(ADA, 1);
        assertThat(applied.positions()).hasSize(3);
    }

    @Test
    void a_log_that_ends_before_the_checkpoint_stops_the_projection() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();
        first.stop();

        ProjectionRunner runner = start(builder(
                        new ForwardingEventStore(events) {
                            @Override
                            public GlobalPosition lastPosition() {
                                return GlobalPosition.of(1);
                            }
                        },
                        store)
                .projection(appliedEventsProjection().build()));

        Eventually.until("it has stopped", () -> status(runner).state() == ProjectionState.FAILED);
        assertThat(status(runner).lastFailure()).contains("ends at position 1").contains("reset");
    }

    @Test
    void at_least_once_applies_again_what_was_not_checkpointed_and_loses_nothing() {
        deposit(ADA, 6);
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        AtomicBoolean failing = new AtomicBoolean(true);
        ProjectionRunner first = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (event.version().value() == 4 && failing.get()) {
                        throw new IllegalStateException("crash");
                    }
                    seen.add(event.position().value());
                })
                .onError(failure -> FailureDecision.FAIL)
                .atLeastOnce()
                .build());
        Eventually.until("it has failed", () -> status(first).state() == ProjectionState.FAILED);
        assertThat(seen).hasSize(3);
        first.stop();

        failing.set(false);
        ProjectionRunner second = start(ledger("applied")
                .on(LedgerEvent.class, event -> seen.add(event.position().value()))
                .atLeastOnce()
                .build());

        assertThat(second.awaitPosition("applied", events.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
        assertThat(seen).containsExactlyInAnyOrderElementsOf(positions(event -> true));
    }

    @Test
    void a_store_tells_of_its_commits_and_of_nothing_else() {
        AtomicInteger told = new AtomicInteger();
        signal.addReceiver(told::incrementAndGet);

        deposit(ADA, 2);
        assertThat(told).hasValue(1);
        transaction.executeWithoutResult(status -> {
            deposit(ADA, 1);
            deposit(BOB, 1);
            assertThat(told).hasValue(1);
        });
        assertThat(told).hasValue(2);
        transaction.executeWithoutResult(status -> {
            deposit(ADA, 1);
            status.setRollbackOnly();
        });

        assertThat(told).hasValue(2);
    }

    @Test
    void a_transactional_projection_needs_a_transaction_manager() {
        ProjectionRunner runner = ProjectionRunner.builder(events, store)
                .projection(appliedEventsProjection().build())
                .build();

        assertThatIllegalStateException()
                .isThrownBy(runner::start)
                .withMessageContaining("applied")
                .withMessageContaining("JpaTransactionManager");
    }

    @Test
    void two_projections_of_one_name_are_refused() {
        ProjectionRunner.Builder builder =
                builder(store).projection(appliedEventsProjection().build());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.projection(appliedEventsProjection().build()))
                .withMessageContaining("applied");
    }

    private ProjectionRunner start(Projection<?> projection) {
        return start(builder(store).projection(projection));
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

    /** Applies everything, then fails at a version of Ada's account. */
    private ProjectionBuilder<LedgerEvent> failingAt(long version) {
        return ledger("applied").on(LedgerEvent.class, event -> {
            applied.add(event);
            if (event.streamId().equals(ADA) && event.version().value() == version) {
                throw new IllegalStateException("s3cr3t");
            }
        });
    }

    private static FailureDecision park(FailureContext failure, StreamId expected) {
        return failure.streamId().equals(expected) ? FailureDecision.PARK : FailureDecision.FAIL;
    }

    private long waiting() {
        return store.parkedStreams("applied").stream()
                .mapToLong(ParkedStream::waiting)
                .sum();
    }

    private static ProjectionStatus.Partition status(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0);
    }

    private GlobalPosition deposit(StreamId account, int times) {
        StreamWrites writes = StreamWrites.empty().registerStream(account, any());
        for (int i = 0; i < times; i++) {
            writes = writes.append(new Deposited(account, i));
        }
        return events.appendEvents(writes).lastPosition();
    }

    private void awaitAllApplied() {
        awaitApplied(positions(event -> true));
    }

    private void awaitAllAppliedExcept(long versionOfAda) {
        awaitApplied(positions(event -> event.version().value() != versionOfAda));
    }

    private void awaitApplied(List<Long> expected) {
        Eventually.until(
                "exactly these events are applied: " + expected,
                () -> applied.positions().size() >= expected.size(),
                () -> ", but " + applied.positions());
        assertThat(applied.positions()).isEqualTo(expected);
    }

    /** The positions of the events in the log that are of a kind. */
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

    /** Something to wait for that is opened at the end at the latest, so that a runner can always stop. */
    private CountDownLatch gate() {
        CountDownLatch gate = new CountDownLatch(1);
        gates.add(gate);
        return gate;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The store as a process meets it that can be frozen: then nothing of it renews a lease. */
    private static final class Freezer extends ForwardingProjectionStore {
        private final AtomicInteger refusals = new AtomicInteger();
        private volatile boolean frozen;

        private Freezer(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public boolean renew(List<Lease> leases, Duration length) {
            return frozen || super.renew(leases, length);
        }

        @Override
        public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
            boolean done = false;
            try {
                done = super.advance(lease, from, to, parked);
                return done;
            } finally {
                if (!done) {
                    refusals.incrementAndGet();
                }
            }
        }
    }

    /** Counts how often somebody has looked at the state of the projections. */
    private static final class LookedAtStore extends ForwardingProjectionStore {
        private final AtomicInteger looks = new AtomicInteger();

        private LookedAtStore(ProjectionStore delegate) {
            super(delegate);
        }

        @Override
        public List<PartitionState> partitions() {
            looks.incrementAndGet();
            return super.partitions();
        }
    }

    /** A log that lost an event, and everything after it that was there. */
    private static final class HidingStore extends ForwardingEventStore {
        private final GlobalPosition hidden;

        private HidingStore(EventStore delegate, int number) {
            super(delegate);
            this.hidden = delegate.readEvents(EventFilter.all(), EventPage.first(number), Event.class)
                    .events()
                    .get(number - 1)
                    .position();
        }

        @Override
        public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
            EventBatch<E> batch = super.readEvents(filter, page, eventType);
            List<RecordedEvent<E>> left = batch.events().stream()
                    .filter(event -> !event.position().equals(hidden))
                    .toList();
            return new EventBatch<>(left, batch.continueAfter(), batch.endReached());
        }
    }
}
