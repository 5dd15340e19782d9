package io.eventcore.autoconfigure;

import io.eventcore.EventMetadata;
import io.eventcore.StoredEvent;
import io.eventcore.personaldata.PersonalDataException;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import java.util.LinkedHashMap;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON as it is stored, as the maps and lists that any mapper writes. */
final class ShownJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Texts of metadata may be as long as an append allows. */
    private static final JsonMapper METADATA = EventJson.builder().build();

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

    /** The metadata of an event; fails with what may quote it if it is no object of texts. */
    static EventMetadata metadata(StoredEvent event) {
        byte[] metadata = event.metadata();
        return metadata.length == 0
                ? EventMetadata.empty()
                : new EventMetadata(
                        METADATA.readValue(metadata, new TypeReference<LinkedHashMap<String, String>>() {}));
    }

    /** A state, written by the mapper of what is stored. */
    static Object state(JsonMapper stored, Object state) {
        return MAPPER.readValue(stored.writeValueAsString(state), Object.class);
    }
}
