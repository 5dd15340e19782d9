package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Every event is applied once and in order: whatever commits late, fails at the commit or stops in the middle. */
abstract class ProjectionDeliveryContract extends ProjectionRunnerFixture {
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
                            public StoredPage readStored(EventFilter filter, EventPage page) {
                                StoredPage found = super.readStored(filter, page);
                                reads.incrementAndGet();
                                return found;
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
}
