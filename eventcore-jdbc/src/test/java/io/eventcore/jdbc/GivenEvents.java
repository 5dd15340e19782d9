package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.transfer.ExportSource;
import io.eventcore.transfer.ExportedEvent;
import java.util.List;

/** A log that a test has made up. */
record GivenEvents(List<ExportedEvent> events, boolean tellsTags) implements ExportSource {
    GivenEvents(List<ExportedEvent> events) {
        this(events, true);
    }

    @Override
    public GlobalPosition settledEnd() {
        return events.isEmpty()
                ? GlobalPosition.START
                : events.get(events.size() - 1).position();
    }

    @Override
    public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
        return events.stream()
                .filter(event -> event.position().compareTo(after) > 0
                        && event.position().compareTo(upTo) <= 0)
                .limit(limit)
                .toList();
    }

    @Override
    public boolean tellsTags() {
        return tellsTags;
    }
}
