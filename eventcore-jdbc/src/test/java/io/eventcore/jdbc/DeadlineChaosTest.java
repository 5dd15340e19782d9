package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.PartitionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two instances in processes of their own execute 5,000 deadlines in one PostgreSQL, while one is killed and one is frozen
 * every few seconds, for a minute: each deadline is executed once or called off, none is early.
 */
@Tag("faults")
class DeadlineChaosTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final int ACCOUNTS = 5_000;
    private static final long SECONDS = 60;

    private final String prefix = DATABASE.newTables();
    private final JdbcEventStore events = DATABASE.store(prefix);
    private final List<InstanceProcess> nodes = new ArrayList<>();
    private final Map<StreamId, Instant> withdrawnBy = new ConcurrentHashMap<>();

    @AfterEach
    void killAll() {
        nodes.forEach(InstanceProcess::kill);
    }

    @Test
    void through_kills_and_freezes_each_deadline_is_executed_once_or_called_off_and_none_is_early()
            throws InterruptedException {
        InstanceProcess one = start();
        InstanceProcess two = start();
        Thread customers = new Thread(this::openAndWithdraw);
        customers.start();

        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (System.nanoTime() - end < 0) {
            one.signal("STOP");
            two.letRunFor(3);
            two.kill();
            one.signal("CONT");
            two = start();
            one.letRunFor(2);
            InstanceProcess other = one;
            one = two;
            two = other;
        }
        customers.join();
        JdbcProjectionStore store = DATABASE.projectionStore(prefix);
        Eventually.until(
                "all is executed or called off",
                () -> store.partitions().stream()
                                .map(PartitionState::checkpoint)
                                .allMatch(checkpoint -> checkpoint.position().compareTo(lastOpened()) >= 0)
                        && store.deadlineCounts(DeadlineNode.REACTION, 1).pending() == 0,
                () -> store.partitions() + " " + store.deadlineCounts(DeadlineNode.REACTION, 1));

        assertEachOnce();
    }

    private volatile GlobalPosition lastOpened = GlobalPosition.START;

    private GlobalPosition lastOpened() {
        return lastOpened;
    }

    /** Opens accounts over the time, and withdraws from some before, about when and after their deadlines fall due. */
    private void openAndWithdraw() {
        Random random = new Random(4711);
        long pause = TimeUnit.SECONDS.toNanos(SECONDS - 10) / (ACCOUNTS / 10);
        Map<Integer, List<StreamId>> later = new HashMap<>();
        int ticks = ACCOUNTS / 10 + 100;
        for (int tick = 0; tick < ticks; tick++) {
            if (tick < ACCOUNTS / 10) {
                StreamWrites opened = StreamWrites.empty();
                for (int i = 0; i < 10; i++) {
                    StreamId account = StreamId.of("account-" + (tick * 10 + i));
                    opened = opened.registerStream(account, any()).append(new Opened(account, "owner"));
                    if (random.nextInt(100) < 60) {
                        int after = 1 + random.nextInt(80);
                        later.computeIfAbsent(tick + after, at -> new ArrayList<>())
                                .add(account);
                    }
                }
                lastOpened = events.appendEvents(opened).lastPosition();
            }
            for (StreamId account : later.getOrDefault(tick, List.of())) {
                events.appendEvents(StreamWrites.to(account, any(), new Withdrawn(account, 1)));
                // The clock of this machine is that of the database.
                withdrawnBy.put(account, Instant.now());
            }
            LockSupport.parkNanos(pause);
        }
    }

    private void assertEachOnce() {
        Map<StreamId, List<RecordedEvent<LedgerEvent>>> accounts = new HashMap<>();
        events.forEachEvent(
                EventFilter.all(),
                GlobalPosition.START,
                LedgerEvent.class,
                event -> accounts.computeIfAbsent(event.streamId(), id -> new ArrayList<>())
                        .add(event));
        int executed = 0;
        int calledOff = 0;
        for (Map.Entry<StreamId, List<RecordedEvent<LedgerEvent>>> account : accounts.entrySet()) {
            Instant due = account.getValue().get(0).recordedAt().plus(DeadlineNode.DELAY);
            List<RecordedEvent<LedgerEvent>> paid = account.getValue().stream()
                    .filter(event -> event.event() instanceof Deposited)
                    .toList();
            assertThat(paid).as("payments into %s", account.getKey()).hasSizeLessThanOrEqualTo(1);
            paid.forEach(event -> assertThat(event.recordedAt()).isAfterOrEqualTo(due));
            Instant withdrawn = withdrawnBy.get(account.getKey());
            if (withdrawn == null) {
                assertThat(paid)
                        .as("payments into %s, never called off", account.getKey())
                        .hasSize(1);
            } else if (withdrawn.isBefore(due)) {
                assertThat(paid)
                        .as("payments into %s, called off before", account.getKey())
                        .isEmpty();
            }
            executed += paid.size();
            calledOff += paid.isEmpty() ? 1 : 0;
        }
        assertThat(accounts).hasSize(ACCOUNTS);
        assertThat(executed).isGreaterThan(1_000);
        assertThat(calledOff).isGreaterThan(1_000);
    }

    private InstanceProcess start() {
        InstanceProcess node = new InstanceProcess(DeadlineNode.class, prefix);
        nodes.add(node);
        Eventually.until("the instance is ready", () -> node.hasSaid(DeadlineNode.READY));
        return node;
    }
}
