package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import java.nio.charset.StandardCharsets;

/** Stores what yesterday's code has stored as it is; the serializer of the application writes everything else, and reads. */
final class EarlierEvents extends ForwardingSerializer {
    EarlierEvents(EventSerializer application) {
        super(application);
    }

    @Override
    public SerializedEvent serialize(Event event) {
        return event instanceof EarlierEvent earlier
                ? SerializedEvent.of(earlier.typeName(), earlier.json().getBytes(StandardCharsets.UTF_8))
                : super.serialize(event);
    }
}
