package io.eventcore.test.library;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionMode;
import io.eventcore.test.library.LibraryApplication.LibraryEvent;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

@Component
class LentBooks implements Projection<LibraryEvent> {
    private final Set<StreamId> lent = ConcurrentHashMap.newKeySet();

    boolean holds(StreamId book) {
        return lent.contains(book);
    }

    @Override
    public String name() {
        return "lent-books";
    }

    @Override
    public Class<LibraryEvent> eventType() {
        return LibraryEvent.class;
    }

    @Override
    public ProjectionMode mode() {
        return ProjectionMode.AT_LEAST_ONCE;
    }

    @Override
    public void apply(RecordedEvent<LibraryEvent> event) {
        lent.add(event.streamId());
    }
}
