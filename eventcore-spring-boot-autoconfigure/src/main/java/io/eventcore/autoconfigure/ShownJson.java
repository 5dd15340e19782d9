package io.eventcore.autoconfigure;

import io.eventcore.StoredEvent;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON as it is stored, as the maps and lists that any mapper writes. */
final class ShownJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private ShownJson() {}

    /** The payload of an event, of personal data only the placeholders; empty if it is no JSON. */
    static Optional<Object> payload(StoredEvent event) {
        byte[] payload = event.payload();
        try {
            byte[] shown =
                    PersonalDataProtection.isSealed(payload) ? PersonalDataProtection.placeholders(payload) : payload;
            return shown.length == 0 ? Optional.empty() : Optional.ofNullable(MAPPER.readValue(shown, Object.class));
        } catch (JacksonException | PersonalDataException e) {
            // The event is said to be unreadable beside it; these messages may quote the payload.
            return Optional.empty();
        }
    }

    /** A state, written by the mapper of what is stored. */
    static Object state(JsonMapper stored, Object state) {
        return MAPPER.readValue(stored.writeValueAsString(state), Object.class);
    }
}
