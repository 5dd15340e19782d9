package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import io.eventcore.test.contract.ShopEvent.Old;
import java.nio.charset.StandardCharsets;

/** Reads as today's code does, and also writes what yesterday's code stored. */
final class YesterdaysSerializer extends ForwardingSerializer {
    YesterdaysSerializer(EventSerializer today) {
        super(today);
    }

    @Override
    public SerializedEvent serialize(Event event) {
        return event instanceof Old old
                ? SerializedEvent.of(old.name(), old.json().getBytes(StandardCharsets.UTF_8))
                : super.serialize(event);
    }
}
