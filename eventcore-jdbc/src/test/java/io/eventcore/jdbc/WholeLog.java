package io.eventcore.jdbc;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import java.util.ArrayList;
import java.util.List;

/** Reads to the end, page by page: one page holds a few megabytes at most, whatever its limit of events. */
final class WholeLog {
    private static final int PAGE_SIZE = 5_000;

    private WholeLog() {}

    static <E extends Event> List<RecordedEvent<E>> of(EventReader log, EventFilter filter, Class<E> eventType) {
        return after(GlobalPosition.START, log, filter, eventType);
    }

    static <E extends Event> List<RecordedEvent<E>> after(
            GlobalPosition position, EventReader log, EventFilter filter, Class<E> eventType) {
        List<RecordedEvent<E>> events = new ArrayList<>();
        EventPage page = EventPage.after(position, PAGE_SIZE);
        EventBatch<E> batch;
        do {
            batch = log.readEvents(filter, page, eventType);
            events.addAll(batch.events());
            page = page.next(batch);
        } while (!batch.endReached());
        return events;
    }
}
