package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.internal.JsonPaths;
import io.eventcore.internal.PersonalComponents;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.PersonalValue;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** Writes and reads the events of one class, and reads back each event that it writes. Safe for any number of threads. */
final class Codec {
    /** Of so many subjects in one event it is tried what is read when one of them is erased and the others are not. */
    private static final int MAX_SUBJECTS_ERASED_ALONE = 16;

    private final Class<? extends Event> type;
    private final ObjectWriter writer;
    private final ObjectReader reader;

    /** None if no event of the class can hold personal data, or none may. */
    private final Optional<Placeholders> placeholders;

    Codec(JsonMapper mapper, Class<? extends Event> type, Optional<Placeholders> placeholders) {
        this.type = type;
        this.writer = mapper.writerFor(type);
        this.reader = mapper.readerFor(type);
        this.placeholders = placeholders.filter(known -> PersonalComponents.mayBeIn(type));
    }

    /**
     * The stored form of an event, which gives it back as it is.
     *
     * @throws IllegalStateException if it does not, or not once a subject is erased; names class and component
     */
    SerializedEvent write(String typeName, Event event) {
        if (placeholders.isPresent()) {
            PersonalValues values = PersonalValues.replacedBy(placeholders.get());
            byte[] json = writer.withAttribute(PersonalValues.class, values).writeValueAsBytes(event);
            List<PersonalValue> found = values.found();
            checkComplete(event, found.size());
            if (!found.isEmpty()) {
                return personal(typeName, event, json, found);
            }
        }
        byte[] json = writer.writeValueAsBytes(event);
        Object back = ReadBack.check(event, json, reader, writer);
        checkNotTakenForSealed(event, json);
        return new SerializedEvent.Encoded(typeName, json, (Event) back, this);
    }

    private SerializedEvent personal(String typeName, Event event, byte[] json, List<PersonalValue> values) {
        if (json.length < 2 || json[0] != '{') {
            throw new IllegalStateException(event.getClass().getName() + " holds personal data, but is no JSON object");
        }
        checkNotTakenForSealed(event, json);
        byte[] plain = PersonalDataProtection.plain(json, values);
        ObjectWriter inTheirPlace = writer.withAttribute(PersonalValues.class, PersonalValues.IN_THEIR_PLACE);
        ReadBack.check(event, plain, reader, inTheirPlace);
        checkReadableWhenErased(event, json, values);
        return new PersonalEvent(typeName, json, plain, values);
    }

    /** What JSON shows by other ways than by the properties of its class would be stored as it is. */
    private static void checkComplete(Event event, int found) {
        int there = PersonalComponents.count(event);
        if (found < there) {
            throw new IllegalStateException(
                    "%s holds %d values that are @PersonalData, but only %d of them are written as properties of their classes: the others would be stored as they are"
                            .formatted(event.getClass().getName(), there, found));
        }
    }

    private static void checkNotTakenForSealed(Event event, byte[] json) {
        if (PersonalDataProtection.isSealed(json)) {
            throw new IllegalStateException(event.getClass().getName()
                    + " has a first property of the name by which sealed personal data is stored: give it another one");
        }
    }

    private void checkReadableWhenErased(Event event, byte[] json, List<PersonalValue> values) {
        Set<String> subjects = new LinkedHashSet<>();
        values.forEach(value -> subjects.add(value.subject()));
        try {
            read(json);
            if (subjects.size() > 1 && subjects.size() <= MAX_SUBJECTS_ERASED_ALONE) {
                for (String erased : subjects) {
                    List<PersonalValue> others = values.stream()
                            .filter(value -> !value.subject().equals(erased))
                            .toList();
                    read(PersonalDataProtection.plain(json, others));
                }
            }
        } catch (JacksonException e) {
            String place = JsonPaths.of(e);
            throw new IllegalStateException(
                    "%s could not be read any more once a subject is erased: it does not accept the placeholder%s"
                            .formatted(event.getClass().getName(), place.isEmpty() ? "s" : ". See " + place));
        }
    }

    Event read(byte[] json) {
        return present(reader.readValue(json));
    }

    /** @param json a tree that is {@linkplain Trees#isPlain plain} */
    Event read(JsonNode json) {
        return present(reader.readValue(Trees.parser(json, reader)));
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
