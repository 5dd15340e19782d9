package io.eventcore.serialization;

import io.eventcore.Event;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** Writes and reads the events of one class, and reads back each event that it writes. Safe for any number of threads. */
final class Codec {
    private final Class<? extends Event> type;
    private final ObjectWriter writer;
    private final ObjectReader reader;

    Codec(JsonMapper mapper, Class<? extends Event> type) {
        this.type = type;
        this.writer = mapper.writerFor(type);
        this.reader = mapper.readerFor(type);
    }

    /**
     * The JSON of an event, which gives it back as it is.
     *
     * @throws IllegalStateException if it does not; names class and component
     */
    byte[] write(Event event) {
        byte[] json = writer.writeValueAsBytes(event);
        ReadBack.check(event, json, reader, writer);
        return json;
    }

    Event read(byte[] json) {
        return present(reader.readValue(json));
    }

    /** @param json a tree that is {@linkplain Trees#isPlain plain} */
    Event read(JsonNode json) {
        return present(reader.readValue(json));
    }

    private Event present(@Nullable Event event) {
        if (event == null) {
            throw new IllegalArgumentException("the payload is null" + readAs());
        }
        return event;
    }

    /** What an error says of the class. */
    String readAs() {
        return ", read as " + type.getName();
    }
}
