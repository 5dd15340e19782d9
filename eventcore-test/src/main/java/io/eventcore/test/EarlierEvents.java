package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.NameReading;
import io.eventcore.serialization.SerializedEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * Stores what yesterday's code has stored as it is.
 *
 * @param application writes everything else, and reads
 */
record EarlierEvents(EventSerializer application) implements EventSerializer {
    @Override
    public SerializedEvent serialize(Event event) {
        return event instanceof EarlierEvent earlier
                ? SerializedEvent.of(earlier.typeName(), earlier.json().getBytes(StandardCharsets.UTF_8))
                : application.serialize(event);
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        return application.deserialize(stored);
    }

    @Override
    public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
        return application.deserialize(stored, origin);
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return application.storedNames(type);
    }

    @Override
    public NameReading reading(String storedName) {
        return application.reading(storedName);
    }

    @Override
    public String readingKey() {
        return application.readingKey();
    }
}
