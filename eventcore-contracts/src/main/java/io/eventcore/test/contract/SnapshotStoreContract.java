package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a store of snapshots promises.
 *
 * @since 0.1
 */
public abstract class SnapshotStoreContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final SnapshotKey KEY = new SnapshotKey("bank.Withdraw", "[[\"account-ada\"],\"\"]");

    private SnapshotStore store;

    /** For subclasses. */
    protected SnapshotStoreContract() {}

    /** A store without snapshots, fresh for each test. */
    protected abstract SnapshotStore emptyStore();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
    }

    @Test
    void what_was_saved_is_found_under_its_key_only() {
        String state = "{\"ümlaut\": \"" + "x".repeat(100_000) + "\"}";
        StoredSnapshot snapshot = new StoredSnapshot(
                3,
                Map.of(ADA, StreamVersion.of(7), StreamId.of("konto-Ω-" + "y".repeat(200)), StreamVersion.of(2)),
                GlobalPosition.of(12),
                state);

        store.save(KEY, snapshot);

        assertThat(store.find(KEY)).contains(snapshot);
        assertThat(store.find(new SnapshotKey("bank.Withdraw", "[[\"account-Ada\"],\"\"]")))
                .isEmpty();
        assertThat(store.find(new SnapshotKey("bank.Deposit", KEY.inputs()))).isEmpty();
    }

    @Test
    void a_snapshot_never_goes_backwards() {
        store.save(KEY, snapshot(1, 10, 5));

        store.save(KEY, snapshot(1, 9, 6));
        store.save(KEY, snapshot(1, 10, 4));
        assertThat(store.find(KEY)).contains(snapshot(1, 10, 5));

        store.save(KEY, snapshot(1, 10, 6));
        assertThat(store.find(KEY)).contains(snapshot(1, 10, 6));
        store.save(KEY, snapshot(1, 11, 2));
        assertThat(store.find(KEY)).contains(snapshot(1, 11, 2));
    }

    @Test
    void a_later_version_of_the_class_replaces_an_earlier_one_and_not_the_other_way_round() {
        store.save(KEY, snapshot(1, 10, 5));
        store.save(KEY, snapshot(2, 3, 1));
        assertThat(store.find(KEY)).contains(snapshot(2, 3, 1));

        store.save(KEY, snapshot(1, 20, 9));
        assertThat(store.find(KEY)).contains(snapshot(2, 3, 1));
    }

    @Test
    void what_covers_the_same_events_is_replaced() {
        store.save(KEY, new StoredSnapshot(1, Map.of(ADA, StreamVersion.of(5)), GlobalPosition.of(10), "unreadable"));

        store.save(KEY, snapshot(1, 10, 5));

        assertThat(store.find(KEY)).contains(snapshot(1, 10, 5));
    }

    @Test
    void of_many_saved_at_the_same_time_the_one_that_is_ahead_remains() {
        for (int round = 0; round < 10; round++) {
            SnapshotKey key = new SnapshotKey("bank.Withdraw", "round " + round);
            List<Integer> positions = new ArrayList<>();
            for (int i = 1; i <= 12; i++) {
                positions.add(i);
            }
            Collections.shuffle(positions, new Random(round));
            List<Callable<Integer>> writers = new ArrayList<>();
            positions.forEach(position -> writers.add(() -> {
                store.save(key, snapshot(1, position, position));
                return position;
            }));

            Race.run(writers);

            assertThat(store.find(key)).contains(snapshot(1, 12, 12));
        }
    }

    @Test
    void snapshots_can_be_deleted_one_by_one_and_by_class() {
        SnapshotKey other = new SnapshotKey("bank.Withdraw", "other");
        SnapshotKey otherClass = new SnapshotKey("bank.Deposit", KEY.inputs());
        List.of(KEY, other, otherClass).forEach(key -> store.save(key, snapshot(1, 10, 5)));

        store.delete(KEY);
        assertThat(store.find(KEY)).isEmpty();
        assertThat(store.find(other)).isPresent();

        store.deleteAll("bank.Withdraw");
        assertThat(store.find(other)).isEmpty();
        assertThat(store.find(otherClass)).isPresent();
        store.delete(KEY);
    }

    private static StoredSnapshot snapshot(int version, long position, long events) {
        return new StoredSnapshot(
                version,
                Map.of(ADA, StreamVersion.of(events)),
                GlobalPosition.of(position),
                "state " + version + " " + position + " " + events);
    }
}
