package io.eventcore.autoconfigure;

import io.eventcore.EventMetadata;
import io.eventcore.StoredEvent;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON as it is stored, as the maps and lists that any mapper writes. */
final class ShownJson {
    /** How many bytes of JSON a state may have to be shown. */
    static final int MAX_STATE = 1_000_000;

    /** What is deeper than this, mappers that write the answer may refuse: the answer has some levels of its own. */
    private static final int MAX_DEPTH = 480;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Texts of metadata may be as long as an append allows. */
    private static final JsonMapper METADATA = EventJson.builder().build();

    private ShownJson() {}

    /** The payload of an event, of personal data only the placeholders; empty if it is no JSON, or none that can be shown. */
    static Optional<Object> payload(StoredEvent event) {
        byte[] payload = event.payload();
        try {
            byte[] shown =
                    PersonalDataProtection.isSealed(payload) ? PersonalDataProtection.placeholders(payload) : payload;
            return shown.length == 0 ? Optional.empty() : Optional.ofNullable(read(shown));
        } catch (RuntimeException e) {
            // Too deep, or a number that no machine can hold. If it is no JSON at all, the event is said to be
            // unreadable beside it.
            // The text of the exception may quote the payload.
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

    /** JSON as maps and lists; null for {@code null}. */
    static @Nullable Object read(byte[] json) {
        return MAPPER.readValue(json, Object.class);
    }

    /** A state, written by the mapper of what is stored; null if it has more than {@link #MAX_STATE} bytes. */
    static byte @Nullable [] written(JsonMapper stored, @Nullable Object state) {
        Bounded bytes = new Bounded();
        try {
            stored.writeValue(bytes, state);
        } catch (RuntimeException e) {
            if (!bytes.isFull) {
                throw e;
            }
        }
        return bytes.isFull ? null : bytes.toByteArray();
    }

    /** Takes no more than a state may have: a collection may have no end. */
    private static final class Bounded extends ByteArrayOutputStream {
        private boolean isFull;

        @Override
        public synchronized void write(int value) {
            require(1);
            super.write(value);
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) {
            require(length);
            super.write(bytes, from, length);
        }

        private void require(int more) {
            isFull |= more > MAX_STATE - count;
            if (isFull) {
                throw new UncheckedIOException(new IOException("full"));
            }
        }
    }
}
