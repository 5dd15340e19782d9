package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Stores everything about running projections: leases, checkpoints, parked streams, deadlines, and requests of
 * operators.
 *
 * <p>It is one type, because a checkpoint moves only under the newest token, in one atomic step. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public interface ProjectionStore extends LeaseStore, CheckpointStore, DeadlineStore {
    /**
     * Prevents owners from taking a lease of the projection, or allows it again. An owner that holds one notices and
     * gives it back.
     *
     * @throws IllegalArgumentException on a pause, if no version of the projection is registered, so that the store
     *     could not hold the pause; register it first
     */
    void setPaused(String projection, boolean paused);

    /** Lets a failed projection run again: clears the failures and counts the resumes. */
    void clearFailures(String projection);

    /** Records why a partition has stopped. Does nothing if the lease is no longer held. */
    void recordFailure(Lease lease, String failure);

    /**
     * Requests that the instance that runs the projection retries or discards the waiting events of a parked stream.
     * Replaces an earlier request. Waits for a transaction that is about to change the stream.
     *
     * @return whether that stream is parked, so that the request is stored
     * @throws IllegalArgumentException if it is {@link ParkedStream.Request#RETRYING}
     */
    boolean request(String projection, StreamId streamId, ParkedStream.Request request);

    /**
     * Makes a version of a projection the one that queries should read, and no other version of it.
     *
     * @throws IllegalArgumentException if that version was not registered, or is {@link ProjectionPartition#SIDE_EFFECTS};
     *     nothing has changed then
     */
    void activate(String projection, int version);

    /**
     * As {@link #activate}, but only if neither this nor a newer version is active, and all partitions of this one have
     * reached a position. Decided and done in one step, which waits for transactions that move their checkpoints.
     *
     * @return whether it was done
     * @throws IllegalArgumentException if that version was not registered, or is
     *     {@link ProjectionPartition#SIDE_EFFECTS}
     */
    boolean activateIfReached(String projection, int version, GlobalPosition position);

    /**
     * Removes a version of a projection that no longer exists: its checkpoints, leases, parked streams and deadlines.
     * Does nothing if it is not registered.
     *
     * @throws IllegalStateException if it is the active one, because queries would then have none to read; activate
     *     another one first, or {@linkplain #forget forget} the projection
     */
    void forgetVersion(String projection, int version);

    /**
     * Removes a projection: its checkpoints, leases, parked streams and deadlines. For projections that no longer
     * exist.
     */
    void forget(String projection);

    /** Whether the calling thread is in a transaction that {@link #advance} would join. */
    boolean joinsCallersTransaction();

    /** The streams that all projections have parked. */
    List<ParkedStream> parkedStreams();

    /**
     * The first streams that a projection has parked whose waiting events begin after a position, by position and
     * version, at most this many.
     */
    default List<ParkedStream> parkedStreams(String projection, GlobalPosition after, int limit) {
        return parkedStreams(projection).stream()
                .filter(stream -> stream.position().compareTo(after) > 0)
                .sorted(Comparator.comparing(ParkedStream::position)
                        .thenComparing(stream -> stream.partition().version()))
                .limit(limit)
                .toList();
    }

    /**
     * The streams that a projection has parked whose waiting events begin at a position: at most one of each version.
     */
    default List<ParkedStream> parkedStreamsAt(String projection, GlobalPosition position) {
        return parkedStreams(projection).stream()
                .filter(stream -> stream.position().equals(position))
                .toList();
    }

    /** A stream that a version of a projection has parked; empty if it has not. */
    default Optional<ParkedStream> parkedStream(String projection, int version, StreamId streamId) {
        return parkedStreams(projection).stream()
                .filter(stream -> stream.partition().version() == version
                        && stream.streamId().equals(streamId))
                .findFirst();
    }

    /** Whether a version of a projection has parked a stream whose waiting events begin at this position or before. */
    default boolean hasParkedStreams(String projection, int version, GlobalPosition upTo) {
        return parkedStreams(projection).stream()
                .anyMatch(stream -> stream.partition().version() == version
                        && stream.position().compareTo(upTo) <= 0);
    }

    /** How many streams each version of each projection has parked; without versions that have none. */
    default List<ParkedCount> parkedCounts() {
        Map<String, Map<Integer, Integer>> counts = new TreeMap<>();
        for (ParkedStream stream : parkedStreams()) {
            counts.computeIfAbsent(stream.partition().projection(), name -> new TreeMap<>())
                    .merge(stream.partition().version(), 1, Integer::sum);
        }
        List<ParkedCount> all = new ArrayList<>();
        counts.forEach((projection, versions) ->
                versions.forEach((version, streams) -> all.add(new ParkedCount(projection, version, streams))));
        return all;
    }

    /**
     * The parked streams of all projections with a request of an operator: the first of each partition by position, at
     * most this many.
     */
    default List<ParkedStream> requestedStreams(int ofEachPartition) {
        Map<ProjectionPartition, Integer> found = new HashMap<>();
        return parkedStreams().stream()
                .filter(stream -> stream.request() != ParkedStream.Request.NONE)
                .filter(stream -> found.merge(stream.partition(), 1, Integer::sum) <= ofEachPartition)
                .toList();
    }

    /**
     * Requests that the instance that runs the projection retries or discards the waiting events of all its parked
     * streams.
     *
     * @return how many streams are parked
     */
    default int requestAll(String projection, ParkedStream.Request request) {
        List<ParkedStream> all = parkedStreams(projection);
        all.forEach(stream -> request(projection, stream.streamId(), request));
        return all.size();
    }
}
