package io.eventcore.projection;

import io.eventcore.StreamId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Stores how far the partitions of projections have progressed, and which streams they have parked.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public interface CheckpointStore {
    /**
     * The checkpoint of a partition as last committed.
     *
     * @throws IllegalArgumentException if the partition was not registered
     */
    Checkpoint checkpoint(ProjectionPartition partition);

    /**
     * Whether a lease is still the newest. Called at the beginning of a transaction that applies events: an owner that
     * has lost its lease should not begin. Takes no lock.
     *
     * @param idleLimit if the calling thread is in a transaction of the store's database, the database, if it can, ends
     *     that transaction after it was idle for this long: a frozen owner must not keep its locks
     */
    boolean isCurrent(Lease lease, Duration idleLimit);

    /**
     * Moves a checkpoint, if the lease is still the newest, the checkpoint is where the caller expects it, and none of
     * the changes is {@linkplain ParkedChange refused}. A caller that moves a checkpoint to its current place finds out
     * whether an earlier transaction under the lease has taken effect: this call waits for its end, or is refused.
     *
     * <p>Inside a transaction of the store's database it joins it, and should come last there, because it locks the
     * partition until the commit. The answer still holds at the commit: no other owner can take over the lease in
     * between.
     *
     * @param lease under which the events were applied
     * @param from where the checkpoint is
     * @param to where it goes; may be the same
     * @param parked changes of parked streams in the same step
     * @return whether everything was done; if not, nothing was, and the caller must roll back its transaction
     */
    boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked);

    /** The streams that a projection has parked, in the order of their positions. */
    List<ParkedStream> parkedStreams(String projection);

    /** The streams that a partition has parked, in the order of their positions. */
    default List<ParkedStream> parkedStreams(ProjectionPartition partition) {
        return parkedStreams(partition.projection()).stream()
                .filter(stream -> stream.partition().equals(partition))
                .toList();
    }

    /** The ids of streams that a partition has parked, at most this many, in any order. */
    default List<StreamId> parkedIds(ProjectionPartition partition, int limit) {
        return parkedStreams(partition).stream()
                .map(ParkedStream::streamId)
                .limit(limit)
                .toList();
    }

    /** Which of these streams a partition has parked. */
    default Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
        return parkedStreams(partition).stream()
                .map(ParkedStream::streamId)
                .filter(streams::contains)
                .collect(Collectors.toSet());
    }
}
