package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import java.util.ArrayList;
import java.util.List;

/** A reader of the log that keeps its place, for one thread at a time. */
final class FollowedLog {
    private final EventStore store;
    private final EventFilter filter;
    private final List<RecordedEvent<Event>> events = new ArrayList<>();
    private EventPage page;

    FollowedLog(EventStore store, EventFilter filter, int pageSize) {
        this.store = store;
        this.filter = filter;
        this.page = EventPage.first(pageSize);
    }

    /** Reads on to the end of the log. */
    void poll() {
        EventBatch<Event> batch;
        do {
            batch = store.readEvents(filter, page, Event.class);
            events.addAll(batch.events());
            page = page.next(batch);
        } while (!batch.endReached());
    }

    EventFilter filter() {
        return filter;
    }

    /** All delivered events, in the order of delivery. */
    List<RecordedEvent<Event>> events() {
        return events;
    }

    List<GlobalPosition> positions() {
        return events.stream().map(RecordedEvent::position).toList();
    }
}
