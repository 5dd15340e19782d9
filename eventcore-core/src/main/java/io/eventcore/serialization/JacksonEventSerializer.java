package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.RawEvent;
import io.eventcore.internal.JsonPaths;
import io.eventcore.internal.PersonalComponents;
import io.eventcore.internal.PersonalComponents.Component;
import io.eventcore.internal.PersonalComponents.Hidden;
import io.eventcore.internal.RedactedException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectErased;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stores events as JSON, written and read by Jackson 3.
 *
 * <p>It stores no event that could not be read again: it reads each event back when it writes it, and refuses an event
 * that comes back different. So the constructors of events run once more for each event.
 *
 * <p>Uses a copy of the given mapper with {@link EventCoreJacksonModule} added and every way switched off by which
 * stored text could name a class. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class JacksonEventSerializer implements EventSerializer {
    private final EventTypes types;
    private final JsonMapper mapper;
    private final Trees trees;
    private final Optional<PersonalDataProtection> protection;
    private final Optional<Placeholders> placeholders;
    private final UnknownTypes unknownTypes;
    private final SkippedEvents skipped;

    // Created when they are first used: an application may know hundreds of events, and its start should not wait for
    // all of them.
    private final Map<Class<? extends Event>, Codec> codecs = new ConcurrentHashMap<>();

    /** A serializer for these types with the {@linkplain EventJson JSON of the store}. */
    public JacksonEventSerializer(EventTypes types) {
        this(types, EventJson.builder().build());
    }

    /**
     * A serializer for these types with the settings of a mapper, all of them. After later changes to them, events that
     * were written before must still be readable: begin with {@link EventJson#builder()} rather than with a mapper that
     * serves other purposes.
     */
    public JacksonEventSerializer(EventTypes types, JsonMapper mapper) {
        this(types, mapper, Optional.empty());
    }

    /**
     * The same for events with {@linkplain io.eventcore.PersonalData personal data}, and for {@link SubjectErased}.
     *
     * @throws IllegalArgumentException if a component that is personal data has no placeholder, or no subject, or a
     *     property beside it may repeat it
     */
    public JacksonEventSerializer(EventTypes types, JsonMapper mapper, PersonalDataProtection protection) {
        this(types.with(SubjectErased.class), mapper, Optional.of(protection));
    }

    private JacksonEventSerializer(EventTypes types, JsonMapper mapper, Optional<PersonalDataProtection> protection) {
        this.types = types;
        this.mapper = EventJson.closed(mapper.rebuild())
                .addModule(PersonalProperty.module())
                .build();
        this.trees = new Trees(this.mapper);
        this.protection = protection;
        this.unknownTypes = UnknownTypes.FAIL;
        this.skipped = new SkippedEvents(typeName -> {});
        this.placeholders = protection.map(given -> new Placeholders(this.mapper));
        types.types().forEach(this::checkPersonalData);
    }

    private JacksonEventSerializer(
            JacksonEventSerializer like, UnknownTypes unknownTypes, UnknownTypeListener listener) {
        this.types = like.types;
        this.mapper = like.mapper;
        this.trees = like.trees;
        this.protection = like.protection;
        this.placeholders = like.placeholders;
        this.unknownTypes = Objects.requireNonNull(unknownTypes, "unknownTypes");
        this.skipped = new SkippedEvents(Objects.requireNonNull(listener, "listener"));
    }

    /** This serializer, with another way to read events of unknown types: {@link UnknownTypes#FAIL} unless set. */
    public JacksonEventSerializer withUnknownTypes(UnknownTypes reading) {
        return withUnknownTypes(reading, typeName -> {});
    }

    /**
     * As {@link #withUnknownTypes(UnknownTypes)}.
     *
     * @param listener hears of each event that is {@linkplain UnknownTypes#SKIP skipped}
     */
    public JacksonEventSerializer withUnknownTypes(UnknownTypes reading, UnknownTypeListener listener) {
        return new JacksonEventSerializer(this, reading, listener);
    }

    private void checkPersonalData(Class<? extends Event> type) {
        for (Hidden hidden : PersonalComponents.hiddenIn(type)) {
            throw new IllegalArgumentException(
                    ("Component '%s' of %s has @PersonalData in %s, where it would be stored unencrypted: put it in a"
                                    + " list, an Optional, the values of a map or a record")
                            .formatted(
                                    hidden.field().getName(),
                                    hidden.field().getDeclaringClass().getName(),
                                    Map.class.isAssignableFrom(hidden.holder())
                                            ? "the keys of a map"
                                            : "a " + hidden.holder().getName()));
        }
        for (Component component : PersonalComponents.declaredBy(type)) {
            if (placeholders.isEmpty()) {
                throw new IllegalArgumentException(
                        ("Component '%s' of %s is @PersonalData: configure the serializer with a"
                                        + " PersonalDataProtection; with Spring Boot, set eventcore.personal-data.master-key")
                                .formatted(
                                        component.field().getName(),
                                        component.field().getDeclaringClass().getName()));
            }
            placeholders.get().check(component);
            component.around().forEach(this::checkProperties);
        }
    }

    /** What is found as the properties of a class are looked at: now, not at the first event. */
    private void checkProperties(Class<?> type) {
        try {
            mapper.writerFor(type);
        } catch (PersonalDataRefusedException refused) {
            throw new IllegalArgumentException(refused.getMessage(), refused);
        }
    }

    @Override
    public SerializedEvent serialize(Event event) {
        String name = types.nameOf(event.getClass());
        try {
            return codec(event.getClass()).write(name, event);
        } catch (JacksonException e) {
            PersonalDataRefusedException refused = PersonalDataRefusedException.among(e);
            throw refused != null ? refused : redacted(e, "");
        }
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        Codec codec = codec(stored.typeName());
        if (stored instanceof SerializedEvent.Encoded written) {
            Event back = written.readBackBy(codec);
            if (back != null) {
                return back;
            }
        }
        try {
            return codec.read(payload(stored));
        } catch (JacksonException e) {
            throw redacted(e, codec.readAs());
        }
    }

    private Codec codec(String typeName) {
        return codec(types.classOf(typeName)
                .orElseThrow(() -> new IllegalArgumentException("no event class is registered under this name. If the"
                        + " class has another name now, add this one to the aliases of its @EventType; if the"
                        + " class was removed, restore it while such events are stored; with Spring Boot, its"
                        + " package must be among eventcore.event-packages")));
    }

    @Override
    public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
        if (types.upcasting().changes(stored.typeName())) {
            return upcast(stored, origin);
        }
        return unknownTypes == UnknownTypes.FAIL
                        || types.classOf(stored.typeName()).isPresent()
                ? List.of(EventPart.whole(deserialize(stored)))
                : unknown(stored);
    }

    private List<EventPart> unknown(SerializedEvent stored) {
        if (unknownTypes == UnknownTypes.RAW) {
            return List.of(EventPart.whole(
                    new RawEvent(stored.typeName(), new String(payload(stored), StandardCharsets.UTF_8))));
        }
        skipped.skipped(stored.typeName());
        return List.of();
    }

    private List<EventPart> upcast(SerializedEvent stored, EventOrigin origin) {
        JsonNode json;
        try {
            json = trees.read(payload(stored));
        } catch (JacksonException e) {
            throw redacted(e, "");
        }
        List<Upcasting.Numbered> parts = types.upcasting().upcast(OldEvent.of(stored.typeName(), json, origin));
        List<EventPart> events = new ArrayList<>(parts.size());
        for (Upcasting.Numbered numbered : parts) {
            events.add(new EventPart(numbered.number().value(), deserialize(numbered.part())));
        }
        return events;
    }

    /** It is read as one that was stored like this: by way of bytes, wherever that could make a difference. */
    private Event deserialize(Upcaster.Part part) {
        Codec codec = codec(part.typeName());
        try {
            JsonNode json = part.json();
            return Trees.isPlain(json) ? codec.read(json) : codec.read(trees.write(json));
        } catch (JacksonException e) {
            throw asUpcast(part, redacted(e, codec.readAs()));
        } catch (RuntimeException e) {
            throw asUpcast(part, e);
        }
    }

    private static IllegalStateException asUpcast(Upcaster.Part part, RuntimeException failure) {
        return new IllegalStateException(
                "as the '%s' that upcasters turn it into: %s".formatted(part.typeName(), failure.getMessage()),
                failure);
    }

    private static byte[] payload(SerializedEvent stored) {
        byte[] payload = PersonalEvent.plainPayload(stored);
        if (PersonalDataProtection.isSealed(payload)) {
            throw new IllegalStateException("its personal data is sealed: a store must open it before it is read");
        }
        return payload;
    }

    @Override
    public Optional<PersonalDataProtection> protection() {
        return protection;
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return types.namesOf(type);
    }

    @Override
    public NameReading reading(String storedName) {
        if (types.upcasting().changes(storedName)) {
            return NameReading.UPCAST;
        }
        return types.classOf(storedName).isPresent() ? NameReading.AS_STORED : NameReading.UNKNOWN;
    }

    @Override
    public String readingKey() {
        return types.readingKey();
    }

    private Codec codec(Class<? extends Event> type) {
        Codec known = codecs.get(type);
        return known != null
                ? known
                : codecs.computeIfAbsent(type, unknown -> new Codec(mapper, unknown, placeholders));
    }

    /** Jackson's messages quote the text that it could not read; path and offset are enough to find it. */
    private static RuntimeException redacted(JacksonException e, String what) {
        TokenStreamLocation location = e.getLocation();
        String path = JsonPaths.of(e);
        String place = location == null ? path : path + " (byte " + location.getByteOffset() + ")";
        String all = (place + what).strip();
        return e instanceof MissingProperties.MissingPropertyException
                ? new IllegalArgumentException(e.getOriginalMessage() + "; at " + all)
                : RedactedException.of(e, all);
    }
}
