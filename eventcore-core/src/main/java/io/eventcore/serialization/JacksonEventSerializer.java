package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.internal.RedactedException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    private final JsonMapper mapper;

    // Made when they are first used: an application may know hundreds of events, and should not wait for all of them.
    private final Map<Class<? extends Event>, ObjectWriter> writers = new ConcurrentHashMap<>();
    private final Map<Class<? extends Event>, ObjectReader> readers = new ConcurrentHashMap<>();

    /** A serializer for these types with Jackson's defaults. */
    public JacksonEventSerializer(EventTypes types) {
        this(types, JsonMapper.shared());
    }

    /** A serializer for these types with the settings of a mapper. */
    public JacksonEventSerializer(EventTypes types, JsonMapper mapper) {
        this.types = types;
        this.mapper = mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .deactivateDefaultTyping()
                .polymorphicTypeValidator(
                        BasicPolymorphicTypeValidator.builder().build())
                .build();
    }

    @Override
    public SerializedEvent serialize(Event event) {
        String name = types.nameOf(event.getClass());
        try {
            return SerializedEvent.of(name, writer(event.getClass()).writeValueAsBytes(event));
        } catch (JacksonException e) {
            throw redacted(e);
        }
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        Class<? extends Event> type = types.classOf(stored.typeName())
                .orElseThrow(() -> new IllegalArgumentException("no event class is registered under this name"));
        try {
            Event event = reader(type).readValue(stored.payload());
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

    private ObjectWriter writer(Class<? extends Event> type) {
        ObjectWriter known = writers.get(type);
        return known != null ? known : writers.computeIfAbsent(type, mapper::writerFor);
    }

    private ObjectReader reader(Class<? extends Event> type) {
        ObjectReader known = readers.get(type);
        return known != null ? known : readers.computeIfAbsent(type, mapper::readerFor);
    }

    /** Jackson's messages quote the text they could not read; path and offset are enough to find it. */
    private static RedactedException redacted(JacksonException e) {
        TokenStreamLocation location = e.getLocation();
        String path = e.getPathReference();
        String place = location == null ? path : path + " (byte " + location.getByteOffset() + ")";
        return RedactedException.of(e, place.strip());
    }
}
