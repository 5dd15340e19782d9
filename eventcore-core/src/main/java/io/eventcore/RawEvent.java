package io.eventcore;

import java.util.Objects;

/**
 * A stored event of an unregistered type, in its stored form, for readers that ask for {@link Event}, if unknown types
 * are read as {@linkplain io.eventcore.serialization.UnknownTypes#RAW raw}. It cannot be appended: it has no class.
 *
 * <p>Immutable.
 *
 * @param typeName the name it is stored under
 * @param json the payload; of {@linkplain PersonalData personal data} only the placeholders
 * @since 0.1
 */
public record RawEvent(String typeName, String json) implements Event {
    /** Checks that both are there. */
    public RawEvent {
        Objects.requireNonNull(typeName, "typeName");
        Objects.requireNonNull(json, "json");
    }

    /** The name, not the payload. */
    @Override
    public String toString() {
        return "RawEvent[" + typeName + "]";
    }
}
