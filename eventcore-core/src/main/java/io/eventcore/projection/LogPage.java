package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.GlobalPosition;
import io.eventcore.UndecodedBatch;
import io.eventcore.UndecodedEvent;
import java.util.List;
import java.util.function.Predicate;

/**
 * A part of the log as a projection meets it.
 *
 * @param entries the entries wanted, in order
 * @param continueAfter how far the log was looked through
 * @param endReached whether there was nothing more to be delivered
 */
record LogPage<E extends Event>(List<LogEntry<E>> entries, GlobalPosition continueAfter, boolean endReached) {
    /** What is wanted of a batch. */
    static <E extends Event> LogPage<E> of(UndecodedBatch batch, Predicate<UndecodedEvent> wanted, Class<E> eventType) {
        List<LogEntry<E>> entries = batch.events().stream()
                .filter(wanted)
                .map(event -> new LogEntry<>(event, eventType))
                .toList();
        return new LogPage<>(entries, batch.continueAfter(), batch.endReached());
    }

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
