package io.eventcore.memory;

import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps snapshots in memory until the process ends. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemorySnapshotStore implements SnapshotStore {
    private final Map<SnapshotKey, StoredSnapshot> snapshots = new ConcurrentHashMap<>();

    /** Holds no snapshot yet. */
    public InMemorySnapshotStore() {}

    @Override
    public Optional<StoredSnapshot> find(SnapshotKey key) {
        return Optional.ofNullable(snapshots.get(Objects.requireNonNull(key, "key")));
    }

    @Override
    public void save(SnapshotKey key, StoredSnapshot snapshot) {
        snapshots.merge(key, snapshot, (stored, offered) -> stored.isAheadOf(offered) ? stored : offered);
    }

    @Override
    public void delete(SnapshotKey key) {
        snapshots.remove(key);
    }

    @Override
    public void deleteAll(String commandType) {
        snapshots.keySet().removeIf(key -> key.commandType().equals(commandType));
    }
}
