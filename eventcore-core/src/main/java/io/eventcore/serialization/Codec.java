package io.eventcore.serialization;

import io.eventcore.Event;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes and reads the events of one class, and reads back what has something in it that no event of the class had
 * before. Safe for any number of threads.
 */
final class Codec {
    private final ObjectWriter writer;
    private final ObjectReader reader;
    private final Shape shape;

    Codec(JsonMapper mapper, Class<? extends Event> type, VouchedTypes vouched) {
        this.writer = mapper.writerFor(type);
        this.reader = mapper.readerFor(type);
        this.shape = new Shape(type, mapper, vouched);
    }

    /**
     * The JSON of an event, which gives it back as it is.
     *
     * @throws IllegalStateException if it does not; names class and component
     */
    byte[] write(Event event) {
        byte[] json = writer.writeValueAsBytes(event);
        if (shape.hasUnproven(event)) {
            ReadBack.check(event, json, reader, writer);
            shape.prove(event);
        }
        return json;
    }

    Event read(byte[] json) {
        Event event = reader.readValue(json);
        if (event == null) {
            throw new IllegalArgumentException("the payload is null");
        }
        return event;
    }
}
