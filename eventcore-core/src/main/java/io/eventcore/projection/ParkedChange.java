package io.eventcore.projection;

import io.eventcore.StreamId;
import java.util.Objects;

/**
 * What becomes of a parked stream.
 *
 * @since 0.1
 */
public sealed interface ParkedChange {
    /** The stream that changes. */
    StreamId streamId();

    /**
     * The stream is parked like this from now on, whether or not it was parked before.
     *
     * @since 0.1
     */
    record Parked(ParkedStream stream) implements ParkedChange {
        /** Checks that it is given. */
        public Parked {
            Objects.requireNonNull(stream, "stream");
        }

        @Override
        public StreamId streamId() {
            return stream.streamId();
        }
    }

    /**
     * More events of the stream wait.
     *
     * @param events how many more
     * @since 0.1
     */
    record Queued(StreamId streamId, long events) implements ParkedChange {
        /** Checks that it is given. */
        public Queued {
            Objects.requireNonNull(streamId, "streamId");
        }
    }

    /**
     * The stream goes on.
     *
     * @since 0.1
     */
    record Released(StreamId streamId) implements ParkedChange {
        /** Checks that it is given. */
        public Released {
            Objects.requireNonNull(streamId, "streamId");
        }
    }
}
