package io.eventcore.serialization;

import io.eventcore.StreamId;
import io.eventcore.personaldata.PersonalValue;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.databind.SerializationContext;

/** The personal values that are met while one event is written. Used by one thread. */
final class PersonalValues {
    /** Writes values where they belong, as what was sealed is checked. */
    static final PersonalValues IN_THEIR_PLACE = new PersonalValues(null);

    private final @Nullable Placeholders placeholders;
    private final List<PersonalValue> found = new ArrayList<>();

    /** The value that is being written, if the writer is inside of one. */
    private @Nullable Inside inside;

    /** {@code around}: what stands around the value, which is written apart. */
    private record Inside(String subject, TokenStreamContext around) {}

    private PersonalValues(@Nullable Placeholders placeholders) {
        this.placeholders = placeholders;
    }

    static PersonalValues replacedBy(Placeholders placeholders) {
        return new PersonalValues(placeholders);
    }

    static PersonalValues of(SerializationContext context) {
        if (context.getAttribute(PersonalValues.class) instanceof PersonalValues values) {
            return values;
        }
        throw new PersonalDataRefusedException("It holds @PersonalData, but the serializer has no protection:"
                + " configure it with a PersonalDataProtection; with Spring Boot, set"
                + " eventcore.personal-data.master-key");
    }

    Optional<Placeholders> placeholders() {
        return Optional.ofNullable(placeholders);
    }

    boolean isInside() {
        return inside != null;
    }

    List<PersonalValue> found() {
        return List.copyOf(found);
    }

    void add(String path, String subject, byte[] json) {
        found.add(new PersonalValue(path, subject, json));
    }

    void enter(String subject, TokenStreamContext around) {
        inside = new Inside(subject, around);
    }

    void leave() {
        inside = null;
    }

    /** Personal data within personal data is erased with what it is part of, so it must be of the same subject. */
    void checkSameSubject(String subject, String component) {
        if (inside != null && !inside.subject.equals(subject)) {
            throw new PersonalDataRefusedException("Component '" + component
                    + "' is @PersonalData of a subject other than that of the component that contains it: annotate"
                    + " only the inner components");
        }
    }

    /** The text that a component names, of the object itself or the nearest one around it. */
    String subject(Object owner, String name, TokenStreamContext around, String component) {
        Object candidate = owner;
        for (TokenStreamContext context = around; ; context = context.getParent()) {
            Optional<Field> field = candidate == null ? Optional.empty() : component(candidate.getClass(), name);
            if (field.isPresent()) {
                return textOf(valueOf(field.get(), candidate), name, component);
            }
            TokenStreamContext next = context.getParent();
            if (next == null) {
                if (inside != null && context != inside.around && around != inside.around) {
                    return subject(owner, name, inside.around, component);
                }
                throw new PersonalDataRefusedException(
                        ("Component '%s' is @PersonalData of '%s', but neither its record nor an enclosing one has"
                                        + " such a component")
                                .formatted(component, name));
            }
            candidate = next.currentValue();
        }
    }

    static Optional<Field> component(Class<?> type, String name) {
        return type.getName().startsWith("java.")
                ? Optional.empty()
                : Fields.of(type).stream()
                        .filter(field -> field.getName().equals(name))
                        .findFirst();
    }

    private static @Nullable Object valueOf(Field field, Object owner) {
        try {
            return field.get(owner);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("A field that was made accessible is not", e);
        }
    }

    private static String textOf(@Nullable Object subject, String name, String component) {
        if (subject instanceof CharSequence || subject instanceof UUID || subject instanceof Number) {
            String text = subject.toString();
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw new PersonalDataRefusedException(
                        "Component '%s' is @PersonalData of '%s', which is not well-formed Unicode: other subjects would share its key"
                                .formatted(component, name));
            }
            if (!text.isBlank()) {
                return text;
            }
        } else if (subject instanceof StreamId id) {
            return id.value();
        } else if (subject != null && subject.getClass().isRecord()) {
            List<Field> fields = Fields.of(subject.getClass());
            if (fields.size() == 1) {
                return textOf(valueOf(fields.get(0), subject), name, component);
            }
        }
        throw new PersonalDataRefusedException(
                "Component '%s' is @PersonalData of '%s', which is %s: it must be a text, a number, a UUID, a StreamId or a record of one of them"
                        .formatted(
                                component,
                                name,
                                subject == null
                                        ? "null"
                                        : "a " + subject.getClass().getName()));
    }
}
