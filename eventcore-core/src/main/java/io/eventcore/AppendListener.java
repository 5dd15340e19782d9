package io.eventcore;

import java.util.List;

/**
 * Is told by a store when events of an append were committed, so that those who follow the log need not wait for the
 * next look at it.
 *
 * <p>Called on the thread that appended, after the commit; within a caller's transaction once, after that transaction's
 * commit, however many appends it made. It is a hint: it may come without need, and does not come for what other
 * processes append, or when a process ends between the commit and the call. It must return at once. Whatever it throws
 * is logged once and counted, and changes nothing for the append. Safe for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface AppendListener {
    /** Events were committed and can be read. */
    void eventsCommitted();

    /**
     * Appends that waited at the same time were decided together, in one transaction; for metrics. Called by the thread
     * that led them, before {@link #eventsCommitted()} is called by each of those that have written.
     *
     * @param appends how many there were, 1 or more
     * @param events how many events they held
     */
    default void groupDecided(int appends, int events) {}

    /** What became of a boundary of which something had moved. */
    enum MovedBoundary {
        /** The store looked at the events that had come, none was of those the decision rests on, and the append went on. */
        SAVED,

        /** The store looked at them and found one: a conflict. */
        FOUND,

        /** A conflict without a look: every event counted for the decision, or more had come than a store looks through. */
        REFUSED
    }

    /**
     * Events had come to a tag or a stream since a boundary was read that an append rested on; for metrics. Called by the thread
     * that appends, before the append returns, inside a caller's transaction too. An append that is accepted calls it once
     * for each of them, a conflict once.
     *
     * @param tagName the name of the tag, never its value; empty for a stream
     * @param what what became of it
     */
    default void boundaryMoved(String tagName, MovedBoundary what) {}

    /** A listener that passes the news on to these, in their order. */
    static AppendListener all(List<AppendListener> listeners) {
        return listeners.size() == 1 ? listeners.get(0) : new AppendListeners(listeners);
    }

    /** A listener that does nothing. */
    static AppendListener none() {
        return () -> {};
    }
}
