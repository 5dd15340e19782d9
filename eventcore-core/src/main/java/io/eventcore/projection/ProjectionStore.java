package io.eventcore.projection;

import io.eventcore.StreamId;
import java.util.List;

/**
 * Keeps everything about running projections: leases, checkpoints, parked streams, and what operators asked for.
 *
 * <p>One thing, because a checkpoint moves only under the newest token, in one atomic step. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public interface ProjectionStore extends LeaseStore, CheckpointStore {
    /** Lets nobody take a lease of the projection, or lets them again. Who holds one notices and gives it back. */
    void setPaused(String projection, boolean paused);

    /** Lets a projection run again where it had failed: clears the failures and counts the resumes. */
    void clearFailures(String projection);

    /** Notes why a partition has stopped. Nothing happens if the lease is not held any more. */
    void recordFailure(Lease lease, String failure);

    /**
     * Asks whoever runs the projection to retry or discard what waits in a parked stream.
     *
     * @return whether that stream is parked
     */
    boolean request(String projection, StreamId streamId, ParkedStream.Request request);

    /** Makes a version of a projection the one that queries should read, and no other version of it. */
    void activate(String projection, int version);

    /** Forgets a version of a projection that exists no more: its checkpoints, leases and parked streams. */
    void forgetVersion(String projection, int version);

    /** Forgets a projection: its checkpoints, leases and parked streams. For projections that exist no more. */
    void forget(String projection);

    /** Whether the calling thread is in a transaction that {@link #advance} would join. */
    boolean joinsCallersTransaction();

    /** The streams that all projections have set aside. */
    List<ParkedStream> parkedStreams();
}
