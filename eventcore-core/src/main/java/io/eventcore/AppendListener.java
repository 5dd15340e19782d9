package io.eventcore;

import java.util.List;

/**
 * Is told by a store when events of an append were committed, so that whoever follows the log need not wait for the
 * next look at it.
 *
 * <p>Called on the thread that appended, after the commit; within a caller's transaction once, after that transaction's
 * commit, however many appends it made. It is a hint: it may come without need, and does not come for what other
 * processes append, or when a process ends between the commit and the call. It must return at once and not throw. Safe
 * for any number of threads.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface AppendListener {
    /** Events were committed and can be read. */
    void eventsCommitted();

    /** A listener that passes the news on to these, in their order. */
    static AppendListener all(List<AppendListener> listeners) {
        List<AppendListener> copy = List.copyOf(listeners);
        return copy.size() == 1 ? copy.get(0) : () -> copy.forEach(AppendListener::eventsCommitted);
    }

    /** A listener that does nothing. */
    static AppendListener none() {
        return () -> {};
    }
}
