package io.eventcore;

import java.util.List;

/**
 * Hears from a store when events of an append were committed, so that readers of the log need not wait for their next
 * poll.
 *
 * <p>Called on the thread that appended, after the commit; within a caller's transaction once, after its commit,
 * however many appends it made. The call is a hint: it may come without need. It does not come for appends of other
 * processes, or if the process ends between the commit and the call. A listener must return at once. What it throws is
 * logged once and counted, and does not affect the append. Safe for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface AppendListener {
    /** Events were committed and can be read. */
    void eventsCommitted();

    /**
     * Several waiting appends were decided together, in one transaction; for metrics. The thread that led them calls
     * it, before each thread that has written calls {@link #eventsCommitted()}.
     *
     * @param appends how many there were, 1 or more
     * @param events how many events they held
     */
    default void groupDecided(int appends, int events) {}

    /** The outcome of an append whose boundary had moved. */
    enum MovedBoundary {
        /** The store checked the new events, the decision rests on none of them, and the append succeeded. */
        SAVED,

        /** The store checked the new events, and the decision rests on one of them: a conflict. */
        FOUND,

        /**
         * A conflict without a check: every event of the tag counts for the decision, or there were more new events
         * than a store checks.
         */
        REFUSED
    }

    /**
     * An append rested on a boundary, and one of its tags or streams had new events since the boundary was read; for
     * metrics. The appending thread calls it before the append returns, also inside a caller's transaction. An accepted
     * append calls it once for each such tag or stream, a conflict once.
     *
     * @param tagName the name of the tag, never its value; empty for a stream
     * @param what the outcome
     */
    default void boundaryMoved(String tagName, MovedBoundary what) {}

    /** A listener that calls these listeners, in their order. */
    static AppendListener all(List<AppendListener> listeners) {
        return listeners.size() == 1 ? listeners.get(0) : new AppendListeners(listeners);
    }

    /** A listener that does nothing. */
    static AppendListener none() {
        return () -> {};
    }
}
