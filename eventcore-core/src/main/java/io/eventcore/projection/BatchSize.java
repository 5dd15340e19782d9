package io.eventcore.projection;

/**
 * How many events are applied together. A commit costs the same for few events as for many. If a projection applies
 * events quickly, it spends most of its time on commits while it catches up. So batches grow, up to the size of the
 * settings, while they are quick.
 *
 * <p>Batches grow only if a batch is one transaction: otherwise, a whole batch may be applied again after a crash.
 *
 * <p>Used by one thread.
 */
final class BatchSize {
    /** Upper limit for the first batch, and for every batch that may be applied again. */
    static final int FIRST = 500;

    /**
     * After a batch that took longer, the next one is as small as the first: a large batch would hold its locks for
     * long.
     */
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

    /** Hears that this many events were applied together and committed, and how long that took. */
    void took(int events, long nanos) {
        if (nanos > QUICK_NANOS) {
            next = first;
        } else if (events == next) {
            next = (int) Math.min(next * 2L, largest);
        }
    }

    /** Hears that a batch was rolled back: the next one is small, so that little is applied again. */
    void failed() {
        next = first;
    }
}
