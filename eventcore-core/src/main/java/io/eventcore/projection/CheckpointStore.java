package io.eventcore.projection;

import io.eventcore.StreamId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps how far the partitions of projections have come, and which streams they have set aside.
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
     * Whether a lease is still the newest, asked at the beginning of a transaction that applies events: who has lost it
     * should not begin. Takes no lock.
     *
     * @param idleLimit if the calling thread is in a transaction of the store's database, the database ends it when
     *     nothing was sent for this long, where it can: an owner that is frozen must not keep its locks
     */
    boolean isCurrent(Lease lease, Duration idleLimit);

    /**
     * Moves a checkpoint, if the lease is still the newest, the checkpoint is where the caller believes it, and none of the
     * changes is {@linkplain ParkedChange refused}. Who moves one to where it is finds out whether an earlier transaction
     * under the lease has taken effect: this waits for its end, or is refused.
     *
     * <p>Inside a transaction of the store's database it joins it, and should come last there, because it locks the
     * partition until the commit. The answer holds at the commit: no other owner can take the lease over in between.
     *
     * @param lease under which the events were applied
     * @param from where the checkpoint is
     * @param to where it goes; may be the same
     * @param parked what becomes of parked streams together with it
     * @return whether everything was done; if not, nothing was, and a transaction of the caller has to be rolled back
     */
    boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked);

    /** The streams that a projection has set aside, in the order of their positions. */
    List<ParkedStream> parkedStreams(String projection);

    /** The streams that a partition has set aside, in the order of their positions. */
    default List<ParkedStream> parkedStreams(ProjectionPartition partition) {
        return parkedStreams(partition.projection()).stream()
                .filter(stream -> stream.partition().equals(partition))
                .toList();
    }

    /** The ids of streams that a partition has set aside, this many at most, in any order. */
    default List<StreamId> parkedIds(ProjectionPartition partition, int limit) {
        return parkedStreams(partition).stream()
                .map(ParkedStream::streamId)
                .limit(limit)
                .toList();
    }

    /** Which of these streams a partition has set aside. */
    default Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
        return parkedStreams(partition).stream()
                .map(ParkedStream::streamId)
                .filter(streams::contains)
                .collect(Collectors.toSet());
    }
}
