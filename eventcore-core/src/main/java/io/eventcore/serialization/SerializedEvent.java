package io.eventcore.serialization;

import java.util.Objects;

/**
 * An event in its stored form.
 *
 * @since 0.1
 */
public interface SerializedEvent {
    /** The stable name of the event's type. */
    String typeName();

    /** The payload: for the stores that keep events in a database, JSON in UTF-8. Shared, not to be modified. */
    byte[] payload();

    /** A stored form of this name and payload. */
    static SerializedEvent of(String typeName, byte[] payload) {
        return new Encoded(typeName, payload);
    }

    /** A name and the bytes of a payload. */
    final class Encoded implements SerializedEvent {
        private final String typeName;
        private final byte[] payload;

        private Encoded(String typeName, byte[] payload) {
            this.typeName = Objects.requireNonNull(typeName, "typeName");
            this.payload = Objects.requireNonNull(payload, "payload");
        }

        @Override
        public String typeName() {
            return typeName;
        }

        @Override
        public byte[] payload() {
            return payload;
        }

        /** Name and size, not the payload. */
        @Override
        public String toString() {
            return typeName + " (" + payload.length + " bytes)";
        }
    }
}
