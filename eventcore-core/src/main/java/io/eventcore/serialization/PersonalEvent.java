package io.eventcore.serialization;

import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.PersonalValue;
import io.eventcore.personaldata.UnsealedEvent;
import java.util.List;
import java.util.UUID;

/**
 * The form of an event with {@linkplain io.eventcore.PersonalData personal data} before it is sealed. A store seals it,
 * with the id of the event, through {@link PersonalDataProtection#seal}; never store or send it unsealed.
 *
 * @since 0.1
 */
public final class PersonalEvent implements SerializedEvent {
    private final String typeName;
    private final byte[] placeholders;
    private final byte[] plain;
    private final List<PersonalValue> values;

    PersonalEvent(String typeName, byte[] placeholders, byte[] plain, List<PersonalValue> values) {
        this.typeName = typeName;
        this.placeholders = placeholders;
        this.plain = plain;
        this.values = List.copyOf(values);
    }

    @Override
    public String typeName() {
        return typeName;
    }

    /** @throws IllegalStateException always: neither form may be stored */
    @Override
    public byte[] payload() {
        throw new IllegalStateException("An event of type '" + typeName
                + "' holds personal data that is not sealed: a store must seal it before it stores it");
    }

    /**
     * JSON with placeholders instead of the personal data: for recipients that must not have it, or from which it could
     * not be taken back.
     */
    public byte[] payloadWithPlaceholders() {
        return placeholders;
    }

    /** JSON with the personal data. */
    public byte[] plainPayload() {
        return plain;
    }

    /** The values to seal. */
    public UnsealedEvent unsealed(UUID eventId) {
        return new UnsealedEvent(eventId, placeholders, values);
    }

    /** The payload of an event before it is sealed: with its personal data, if it has any. */
    public static byte[] plainPayload(SerializedEvent event) {
        return event instanceof PersonalEvent personal ? personal.plain : event.payload();
    }

    /** Name and number of values, not the payload. */
    @Override
    public String toString() {
        return typeName + " (" + values.size() + " personal values)";
    }
}
