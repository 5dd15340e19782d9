package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.projection.PartitionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Two instances in processes of their own transfer money in one PostgreSQL and run one projection of it, while they are
 * killed and frozen. In the end the read model is the fold of the log, and every event is in it once.
 */
@Tag("faults")
class ProjectionChaosTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;

    private final String prefix = DATABASE.newTables();
    private final EventStore events = DATABASE.store(prefix);
    private final JdbcClient jdbc = JdbcClient.create(DATABASE.ownersDataSource());
    private final List<InstanceProcess> nodes = new ArrayList<>();
    private long tokenWhenFrozen;

    ProjectionChaosTest() {
        String table = prefix + "applied";
        jdbc.sql("CREATE TABLE " + table + " (position BIGINT NOT NULL, account TEXT NOT NULL, cents BIGINT NOT NULL)")
                .update();
        jdbc.sql("GRANT SELECT, INSERT ON " + table + " TO " + TestDatabase.APP).update();
    }

    @AfterEach
    void killAll() {
        nodes.forEach(InstanceProcess::kill);
    }

    @Test
    void through_kills_and_freezes_every_event_is_applied_once() throws InterruptedException {
        InstanceProcess one = start(ProjectionMutation.SOUND);
        InstanceProcess two = start(ProjectionMutation.SOUND);

        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() - end < 0) {
            InstanceProcess frozen = freezeOwner(one, two);
            awaitTakeOver();
            awaitMore(50);
            frozen.signal("CONT");
            frozen.tell("go");
            one.letRunFor(5);
            one.kill();
            one = start(ProjectionMutation.SOUND);
            two.letRunFor(5);
            two.kill();
            two = start(ProjectionMutation.SOUND);
        }
        becomeQuiet(one, two);
        List<Long> log = log();
        Eventually.until("all is applied", () -> applied().size() >= log.size(), this::state);

        assertThat(applied()).isEqualTo(log());
        assertThat(balances()).isEqualTo(fold());
        assertThat(log()).hasSizeGreaterThan(100);
    }

    @Test
    void a_checkpoint_outside_the_transaction_is_caught() {
        InstanceProcess node = start(ProjectionMutation.OUTSIDE);
        for (int i = 0; i < 8 && applied().equals(log().subList(0, applied().size())); i++) {
            awaitMore(40);
            node.kill();
            node = start(ProjectionMutation.OUTSIDE);
        }
        becomeQuiet(node);
        List<Long> log = log();
        Eventually.until("the checkpoint has reached the end", () -> checkpoint() >= lastOf(log), this::state);

        assertThat(applied()).isNotEqualTo(log());
    }

    @Test
    void no_fencing_is_caught() {
        InstanceProcess one = start(ProjectionMutation.UNFENCED);
        InstanceProcess two = start(ProjectionMutation.UNFENCED);
        InstanceProcess owner = hold(one, two);
        // No other instance moves the checkpoint when the owner wakes up, so that nothing but the fence could refuse
        // it.
        becomeQuiet(one, two);
        freeze(owner, one, two);
        awaitTakeOver();
        List<Long> log = log();
        Eventually.until("the new owner has reached the end", () -> checkpoint() >= lastOf(log), this::state);

        owner.signal("CONT");
        owner.tell("go");
        Eventually.until(
                "an event was applied twice",
                () -> applied().size() > applied().stream().distinct().count());
    }

    private InstanceProcess start(ProjectionMutation mutation) {
        InstanceProcess node = new InstanceProcess(ProjectionNode.class, prefix, mutation.name());
        nodes.add(node);
        Eventually.until("the instance is ready", () -> node.hasSaid(ProjectionNode.READY));
        return node;
    }

    private InstanceProcess freezeOwner(InstanceProcess one, InstanceProcess two) {
        InstanceProcess owner = hold(one, two);
        freeze(owner, one, two);
        return owner;
    }

    /** The one that runs the projection, once it waits inside {@code apply}. */
    private InstanceProcess hold(InstanceProcess one, InstanceProcess two) {
        one.tell("hold");
        two.tell("hold");
        Eventually.until("one of them holds", () -> isHolding(one) || isHolding(two));
        return isHolding(one) ? one : two;
    }

    private static boolean isHolding(InstanceProcess node) {
        return node.hasSaid(ProjectionNode.HOLDING);
    }

    /** Stops a process that waits inside {@code apply}; the other one is not to wait there. */
    private void freeze(InstanceProcess owner, InstanceProcess one, InstanceProcess two) {
        tokenWhenFrozen = state().token();
        owner.signal("STOP");
        owner.forget(ProjectionNode.HOLDING);
        (owner == one ? two : one).tell("go");
    }

    private void awaitTakeOver() {
        Eventually.until("the other instance has taken the lease", () -> state().token() > tokenWhenFrozen);
    }

    private void awaitMore(int count) {
        int before = applied().size();
        Eventually.until("more events are applied", () -> applied().size() >= before + count, this::state);
    }

    private void becomeQuiet(InstanceProcess... running) {
        for (InstanceProcess node : running) {
            node.tell("quiet");
        }
        for (InstanceProcess node : running) {
            Eventually.until("it transfers no more", () -> node.hasSaid(ProjectionNode.QUIET));
        }
    }

    private PartitionState state() {
        return DATABASE.projectionStore(prefix).partitions().get(0);
    }

    private long checkpoint() {
        return state().checkpoint().position().value();
    }

    private static long lastOf(List<Long> positions) {
        return positions.get(positions.size() - 1);
    }

    private List<Long> applied() {
        return jdbc.sql("SELECT position FROM " + prefix + "applied ORDER BY position")
                .query(Long.class)
                .list();
    }

    private List<Long> log() {
        List<Long> positions = new ArrayList<>();
        forEachEvent(batch ->
                batch.events().forEach(event -> positions.add(event.position().value())));
        return positions;
    }

    private Map<String, Long> fold() {
        Map<String, Long> balances = new TreeMap<>();
        forEachEvent(batch -> batch.events()
                .forEach(event -> balances.merge(
                        event.streamId().value(), ProjectionNode.cents((LedgerEvent) event.event()), Long::sum)));
        return balances;
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new TreeMap<>();
        jdbc.sql("SELECT account, sum(cents) FROM " + prefix + "applied GROUP BY account")
                .query((row, number) -> balances.put(row.getString(1), row.getLong(2)))
                .list();
        return balances;
    }

    private void forEachEvent(java.util.function.Consumer<EventBatch<Event>> action) {
        EventPage page = EventPage.first(1000);
        EventBatch<Event> batch;
        do {
            batch = events.readEvents(EventFilter.all(), page, Event.class);
            action.accept(batch);
            page = page.next(batch);
        } while (!batch.endReached());
    }
}
