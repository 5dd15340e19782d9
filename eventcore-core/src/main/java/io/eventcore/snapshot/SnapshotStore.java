package io.eventcore.snapshot;

import java.util.Optional;

/**
 * Stores snapshots, one for each key.
 *
 * <p>Losing one costs time, never correctness. Safe for any number of threads and processes.
 *
 * @since 0.1
 */
public interface SnapshotStore {
    /**
     * The snapshot stored under a key.
     *
     * @throws io.eventcore.EventStoreException if the store fails; fold the events then
     */
    Optional<StoredSnapshot> find(SnapshotKey key);

    /**
     * Stores a snapshot, unless the one stored is {@linkplain StoredSnapshot#isAheadOf ahead} of it. Of several that
     * are saved at the same time, the one that is ahead remains.
     *
     * @throws io.eventcore.EventStoreException if the store fails
     */
    void save(SnapshotKey key, StoredSnapshot snapshot);

    /**
     * Deletes the snapshot of a key, if there is one.
     *
     * @throws io.eventcore.EventStoreException if the store fails
     */
    void delete(SnapshotKey key);

    /**
     * Deletes all snapshots of a class of commands, for example because they hold data that must be deleted.
     *
     * @param commandType the name that {@link Snapshot#name()} gives to the class
     * @throws io.eventcore.EventStoreException if the store fails
     */
    void deleteAll(String commandType);
}
