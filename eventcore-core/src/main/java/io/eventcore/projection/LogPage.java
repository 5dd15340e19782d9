package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import java.util.List;

/**
 * A part of the log as a projection meets it.
 *
 * @param entries the entries wanted, in order
 * @param continueAfter how far the log was looked through
 * @param endReached whether there was nothing more to be delivered
 */
record LogPage<E extends Event>(List<LogEntry<E>> entries, GlobalPosition continueAfter, boolean endReached) {
    /**
     * This page without what comes after a position.
     *
     * @param limit the last position wanted
     * @param after where the page begins
     */
    LogPage<E> upTo(GlobalPosition limit, GlobalPosition after) {
        if (continueAfter.compareTo(limit) <= 0) {
            return this;
        }
        List<LogEntry<E>> wanted = entries.stream()
                .filter(entry -> entry.position().compareTo(limit) <= 0)
                .toList();
        return new LogPage<>(wanted, limit.compareTo(after) < 0 ? after : limit, true);
    }
}
