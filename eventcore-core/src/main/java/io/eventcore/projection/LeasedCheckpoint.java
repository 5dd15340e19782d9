package io.eventcore.projection;

import java.time.Duration;
import java.util.List;

/**
 * How far a partition has come, moved under one lease. An owner that has lost the lease cannot move it. Used by one
 * thread.
 */
final class LeasedCheckpoint {
    private final ProjectionStore store;
    private final Lease lease;
    private final Duration length;
    private Checkpoint current;

    /** @param length how long the lease is good for at a time */
    LeasedCheckpoint(ProjectionStore store, Lease lease, Duration length) {
        this.store = store;
        this.lease = lease;
        this.length = length;
        this.current = store.checkpoint(lease.partition());
    }

    Lease lease() {
        return lease;
    }

    /** The checkpoint that was last known to be committed. */
    Checkpoint current() {
        return current;
    }

    /** Hears that the checkpoint that it was moved to is committed. */
    void reached(Checkpoint committed) {
        current = committed;
    }

    /** Fails if another instance runs the partition now. */
    void requireLease() {
        if (!store.isCurrent(lease, length)) {
            throw new LeaseLostException(lease);
        }
    }

    /**
     * Moves the checkpoint in the store, in the caller's transaction if there is one. The caller reports the commit to
     * {@link #reached}.
     *
     * @throws LeaseLostException if another instance runs the partition now
     * @throws ParkedStreamChangedException if a parked stream is not as the changes say
     */
    void advance(Checkpoint to, List<ParkedChange> changes, List<DeadlineChange> deadlines) {
        boolean done = deadlines.isEmpty()
                ? store.advance(lease, current, to, changes)
                : store.advance(lease, current, to, changes, deadlines);
        if (done) {
            return;
        }
        if (!changes.isEmpty() && store.isCurrent(lease, length)) {
            throw new ParkedStreamChangedException(lease.partition());
        }
        throw new LeaseLostException(lease);
    }

    /**
     * Whether a transaction whose commit has failed took no effect, and can no longer take effect. If the answer to a
     * commit was lost, the server may still be working on it. So this moves the checkpoint to its current place: that
     * waits for the lock that the transaction holds until its end, and is refused if the transaction has moved the
     * checkpoint.
     */
    boolean standsAfter(Throwable failure, List<ParkedChange> unchanged) {
        try {
            return store.advance(lease, current, current, unchanged);
        } catch (Throwable e) {
            if (e != failure) {
                failure.addSuppressed(e);
            }
            return false;
        }
    }
}
