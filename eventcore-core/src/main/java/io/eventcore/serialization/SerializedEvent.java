package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.internal.SharedEvent;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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

        /** What this codec has read back of the payload when it wrote it; dropped once it turns out that it can change. */
        private @Nullable Event readBack;

        private final @Nullable Codec codec;

        private Encoded(String typeName, byte[] payload) {
            this(typeName, payload, null, null);
        }

        Encoded(String typeName, byte[] payload, @Nullable Event readBack, @Nullable Codec codec) {
            this.typeName = Objects.requireNonNull(typeName, "typeName");
            this.payload = Objects.requireNonNull(payload, "payload");
            this.readBack = readBack;
            this.codec = codec;
        }

        /** The event that this codec would read of the payload; null if it has not read it yet, or if each reader needs one of its own. */
        @Nullable
        Event readBackBy(Codec reader) {
            Event back = readBack;
            if (back == null || reader != codec) {
                return null;
            }
            if (SharedEvent.isImmutable(back)) {
                return back;
            }
            readBack = null;
            return null;
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
