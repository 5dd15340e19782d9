package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Encodes an event only as its number in a list: what remains is the cost of the library itself. */
final class PassThrough implements EventSerializer {
    private static final String NAME = "money-deposited";

    private final List<Event> events = new ArrayList<>();

    @Override
    public SerializedEvent serialize(Event event) {
        events.add(event);
        return SerializedEvent.of(
                NAME,
                ByteBuffer.allocate(Integer.BYTES).putInt(events.size() - 1).array());
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        return events.get(ByteBuffer.wrap(stored.payload()).getInt());
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return Set.of(NAME);
    }
}
