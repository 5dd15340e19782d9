package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.EventRoundTrip;
import io.eventcore.serialization.EventSerializer;

/** The round trip of a store that writes and reads events by a serializer alone. */
public record SerializerRoundTrip(EventSerializer serializer) implements EventRoundTrip {
    @Override
    public Event apply(Event event) {
        return serializer.deserialize(serializer.serialize(event));
    }

    @Override
    public long bytes(Event event) {
        return serializer.serialize(event).payload().length;
    }
}
