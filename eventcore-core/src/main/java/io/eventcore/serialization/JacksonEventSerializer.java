package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.internal.RedactedException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/**
 * Stores events as JSON, written and read by Jackson 3.
 *
 * <p>Uses a copy of the given mapper with {@link EventCoreJacksonModule} added and every way switched off by which
 * stored text could name a class. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class JacksonEventSerializer implements EventSerializer {
    private final EventTypes types;
    private final Map<Class<? extends Event>, ObjectWriter> writers = new HashMap<>();
    private final Map<Class<? extends Event>, ObjectReader> readers = new HashMap<>();

    /** A serializer for these types with Jackson's defaults. */
    public JacksonEventSerializer(EventTypes types) {
        this(types, JsonMapper.shared());
    }

    /** A serializer for these types with the settings of a mapper. */
    public JacksonEventSerializer(EventTypes types, JsonMapper mapper) {
        this.types = types;
        JsonMapper own = mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .deactivateDefaultTyping()
                .polymorphicTypeValidator(
                        BasicPolymorphicTypeValidator.builder().build())
                .build();
        for (Class<? extends Event> type : types.types()) {
            writers.put(type, own.writerFor(type));
            readers.put(type, own.readerFor(type));
        }
    }

    @Override
    public SerializedEvent serialize(Event event) {
        String name = types.nameOf(event.getClass());
        try {
            return SerializedEvent.of(
                    name, registered(writers, event.getClass()).writeValueAsBytes(event));
        } catch (JacksonException e) {
            throw redacted(e);
        }
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        Class<? extends Event> type = types.classOf(stored.typeName())
                .orElseThrow(() -> new IllegalArgumentException("no event class is registered under this name"));
        try {
            Event event = registered(readers, type).readValue(stored.payload());
            if (event == null) {
                throw new IllegalArgumentException("the payload is null");
            }
            return event;
        } catch (JacksonException e) {
            throw redacted(e);
        }
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return types.namesOf(type);
    }

    private static <T> T registered(Map<Class<? extends Event>, T> tools, Class<? extends Event> type) {
        T tool = tools.get(type);
        if (tool == null) {
            throw new IllegalStateException("No Jackson reader or writer for registered class " + type.getName());
        }
        return tool;
    }

    /** Jackson's messages quote the text they could not read; path and offset are enough to find it. */
    private static RedactedException redacted(JacksonException e) {
        TokenStreamLocation location = e.getLocation();
        String path = e.getPathReference();
        String place = location == null ? path : path + " (byte " + location.getByteOffset() + ")";
        return RedactedException.of(e, place.strip());
    }
}
