package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.json.JsonMapper;

/** Stores events of any class by its name: what is stored does not outlive the scenario. */
final class AnyEvent implements EventSerializer {
    private static final JsonMapper MAPPER =
            EventJson.builder().findAndAddModules().build();

    private final PersonalDataProtection protection = PersonalDataProtection.of(new InMemorySubjectKeyStore());
    private final Map<String, EventSerializer> known = new ConcurrentHashMap<>();
    private final Map<String, Class<? extends Event>> classes = new ConcurrentHashMap<>();

    @Override
    public SerializedEvent serialize(Event event) {
        String name = event.getClass().getName();
        classes.put(name, event.getClass());
        EventTypes types = EventTypes.builder().register(event.getClass(), name).build();
        return known.computeIfAbsent(name, unknown -> new JacksonEventSerializer(types, MAPPER, protection))
                .serialize(event);
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        EventSerializer writer = known.get(stored.typeName());
        if (writer == null) {
            throw new IllegalArgumentException(
                    "the scenario does not know this name: a scenario with an EarlierEvent is"
                            + " storedBy(..) the serializer of the application");
        }
        return writer.deserialize(stored);
    }

    @Override
    public Optional<PersonalDataProtection> protection() {
        return Optional.of(protection);
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        Set<String> names = new TreeSet<>(Set.of(type.getName()));
        classes.forEach((name, stored) -> {
            if (type.isAssignableFrom(stored)) {
                names.add(name);
            }
        });
        return names;
    }
}
