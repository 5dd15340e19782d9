package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A part of the log as projections see it.
 *
 * @param events the wanted events, in order
 * @param continueAfter how far the log was read
 * @param endReached whether nothing more was available
 */
record LogPage(List<SharedEvent> events, GlobalPosition continueAfter, boolean endReached) {
    /** Copies the list. */
    LogPage {
        events = List.copyOf(events);
    }

    /** The wanted events of a page of the store. */
    static LogPage of(StoredPage page, Predicate<StoredEvent> wanted) {
        List<SharedEvent> events = new ArrayList<>(page.events().size());
        for (StoredEvent event : page.events()) {
            if (wanted.test(event)) {
                events.add(new SharedEvent(event));
            }
        }
        return new LogPage(events, page.continueAfter(), page.endReached());
    }

    /** The part of this page after a position. */
    LogPage after(GlobalPosition position) {
        return events.isEmpty() || events.get(0).stored().position().compareTo(position) > 0
                ? this
                : only(event -> event.position().compareTo(position) > 0);
    }

    /** The wanted events of this page. */
    LogPage only(Predicate<StoredEvent> wanted) {
        return new LogPage(
                events.stream().filter(event -> wanted.test(event.stored())).toList(), continueAfter, endReached);
    }

    /**
     * This page up to a position.
     *
     * @param limit the last position wanted
     * @param after where the page begins
     */
    LogPage upTo(GlobalPosition limit, GlobalPosition after) {
        return continueAfter.compareTo(limit) <= 0
                ? this
                : new LogPage(
                        only(event -> event.position().compareTo(limit) <= 0).events,
                        limit.compareTo(after) < 0 ? after : limit,
                        true);
    }
}
