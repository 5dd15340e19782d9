package io.eventcore.projection;

/**
 * How many events are applied together. A commit costs the same for few events as for many; where applying is quick, commits
 * are most of the time of a projection that catches up. So batches grow, up to the size of the settings, while they take no
 * time to speak of.
 *
 * <p>Only where a batch is one transaction: elsewhere it is what may be applied once more after a crash.
 *
 * <p>Used by one thread.
 */
final class BatchSize {
    /** A batch has no more at first, and never has where it may be applied once more. */
    static final int FIRST = 500;

    /** After a batch that took longer the next one is as small as the first: a large one would hold its locks for long. */
    static final long QUICK_NANOS = 50_000_000;

    private final int first;
    private final int largest;
    private int next;

    private BatchSize(int first, int largest) {
        this.first = first;
        this.largest = largest;
        this.next = first;
    }

    static BatchSize of(Projection<?> projection, RunnerSettings settings) {
        int first = Math.min(FIRST, settings.batchSize());
        return new BatchSize(first, projection.mode() == ProjectionMode.TRANSACTIONAL ? settings.batchSize() : first);
    }

    /** How many events to apply together next, at most. */
    int next() {
        return next;
    }

    /** So many were applied together and committed in this time. */
    void took(int events, long nanos) {
        if (nanos > QUICK_NANOS) {
            next = first;
        } else if (events == next) {
            next = (int) Math.min(next * 2L, largest);
        }
    }

    /** Nothing of a batch was committed: what is applied again shall be little. */
    void failed() {
        next = first;
    }
}
