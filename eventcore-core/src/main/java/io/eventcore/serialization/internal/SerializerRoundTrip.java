package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.EventRoundTrip;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;

/** The round trip of a store that writes and reads events by a serializer alone. */
public record SerializerRoundTrip(EventSerializer serializer) implements EventRoundTrip {
    @Override
    public Encoded encode(Event event) {
        return new Stored(serializer, serializer.serialize(event));
    }

    private record Stored(EventSerializer serializer, SerializedEvent stored) implements Encoded {
        @Override
        public Event decode() {
            return serializer.deserialize(stored);
        }

        @Override
        public long bytes() {
            return stored.payload().length;
        }
    }
}
