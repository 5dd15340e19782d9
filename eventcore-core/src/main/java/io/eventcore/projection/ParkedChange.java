package io.eventcore.projection;

import io.eventcore.StreamId;
import java.util.Objects;

/**
 * What becomes of parked streams.
 *
 * @since 0.1
 */
public sealed interface ParkedChange {
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

    /**
     * All streams that the partition has set aside go on, however many they are.
     *
     * @since 0.1
     */
    record AllReleased() implements ParkedChange {}
}
