package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import java.util.Objects;

/**
 * A change to parked streams. Each change states what it rests on. If that no longer holds, the store refuses the
 * change, together with everything else in the same step.
 *
 * @since 0.1
 */
public sealed interface ParkedChange {
    /**
     * Parks the stream. Refused if it is already parked.
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
     * More events of the stream are waiting. Refused if it is not parked.
     *
     * @param first the position of the first of them. If the waiting events begin after it, the projection was set
     *     back, and all of them come again
     * @param events how many more, 1 or more
     * @since 0.1
     */
    record Queued(StreamId streamId, GlobalPosition first, long events) implements ParkedChange {
        /** Checks that everything is given. */
        public Queued {
            Objects.requireNonNull(streamId, "streamId");
            Objects.requireNonNull(first, "first");
        }

        /** What the stream becomes, as the store has it. */
        public ParkedStream of(ParkedStream actual) {
            return actual.position().compareTo(first) > 0
                    ? actual.waitingFrom(first, events)
                    : actual.waitingFor(events);
        }
    }

    /**
     * The parked stream changes. Refused unless {@linkplain #isMetBy it is as the caller knows it}.
     *
     * @param from how the caller knows it
     * @param to how it is from now on
     * @since 0.1
     */
    record Changed(ParkedStream from, ParkedStream to) implements ParkedChange {
        /**
         * Checks that it stays the same stream of the same partition.
         *
         * @throws IllegalArgumentException if it is another one
         */
        public Changed {
            Objects.requireNonNull(from, "from");
            Objects.requireNonNull(to, "to");
            if (!from.streamId().equals(to.streamId()) || !from.partition().equals(to.partition())) {
                throw new IllegalArgumentException("A parked stream cannot become another one");
            }
        }

        /** Whether the stream, as the store has it, is as the caller knows it. */
        public boolean isMetBy(ParkedStream actual) {
            return actual.isStill(from);
        }

        /**
         * What the stream becomes, as the store has it; a request that an operator has made since the caller read the
         * stream is kept.
         */
        public ParkedStream of(ParkedStream actual) {
            return actual.request() == from.request() ? to : to.asking(actual.request());
        }
    }

    /**
     * The stream continues. Refused unless {@linkplain #isMetBy it is as the caller knows it}.
     *
     * @param stream how the caller knows it
     * @since 0.1
     */
    record Released(ParkedStream stream) implements ParkedChange {
        /** Checks that it is given. */
        public Released {
            Objects.requireNonNull(stream, "stream");
        }

        /** Whether the stream, as the store has it, is as the caller knows it. */
        public boolean isMetBy(ParkedStream actual) {
            return actual.isStill(stream);
        }
    }

    /**
     * All parked streams of the partition continue, however many they are.
     *
     * @since 0.1
     */
    record AllReleased() implements ParkedChange {}
}
