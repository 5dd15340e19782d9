package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import java.util.Objects;

/**
 * A stream that a projection has set aside: an event of it could not be applied, and it waits with all later ones.
 *
 * <p>Only the place is kept; the events themselves stay in the log. Immutable.
 *
 * @param partition the projection, and which part of it
 * @param streamId the stream
 * @param position no event before this position waits; at first that of the event that could not be applied
 * @param typeName the name that event is stored under
 * @param failure what it failed with: the type of the exception, without its message
 * @param waiting how many events wait, that one included
 * @param request what an operator has asked for
 * @since 0.1
 */
public record ParkedStream(
        ProjectionPartition partition,
        StreamId streamId,
        GlobalPosition position,
        String typeName,
        String failure,
        long waiting,
        Request request) {
    /**
     * What is to become of a parked stream. Done by the instance that runs the projection.
     *
     * @since 0.1
     */
    public enum Request {
        /** Nothing yet; to ask for it withdraws what was asked for. */
        NONE,

        /** Apply the events that wait, in order, and let the stream go on. */
        RETRY,

        /** A retry has begun. Not to be asked for: the instance that does it says so. */
        RETRYING,

        /** Give up the events that wait, and let the stream go on with later ones. */
        DISCARD;

        /**
         * Returns it if an operator may ask for it.
         *
         * @throws IllegalArgumentException if it is {@link #RETRYING}
         */
        public Request orRefused() {
            if (this == RETRYING) {
                throw new IllegalArgumentException("RETRYING cannot be asked for; ask for RETRY");
            }
            return this;
        }
    }

    /** Checks that everything is given. */
    public ParkedStream {
        Objects.requireNonNull(partition, "partition");
        Objects.requireNonNull(streamId, "streamId");
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(typeName, "typeName");
        Objects.requireNonNull(failure, "failure");
        Objects.requireNonNull(request, "request");
    }

    /**
     * Whether the stream is as the owner of its partition has known it, who alone may change it: the same event waits first, and the same is
     * asked for. While a retry is being done, a further one may be asked for.
     */
    boolean isStill(ParkedStream known) {
        boolean askedAgain = known.request == Request.RETRYING && request == Request.RETRY;
        return position.equals(known.position) && (request == known.request || askedAgain);
    }

    /** This stream, for which something is asked. */
    public ParkedStream asking(Request wanted) {
        return new ParkedStream(partition, streamId, position, typeName, failure, waiting, wanted);
    }

    /** This stream, with this many more events that wait. */
    ParkedStream waitingFor(long more) {
        return new ParkedStream(partition, streamId, position, typeName, failure, waiting + more, request);
    }

    /** This stream, of which this many events wait, from a position on. */
    ParkedStream waitingFrom(GlobalPosition first, long events) {
        return new ParkedStream(partition, streamId, first, typeName, failure, events, request);
    }

    /** This stream as one of another partition. */
    public ParkedStream in(ProjectionPartition other) {
        return new ParkedStream(other, streamId, position, typeName, failure, waiting, request);
    }

    /** This stream, after the first of the events that wait was applied. */
    ParkedStream without(GlobalPosition applied) {
        GlobalPosition next = GlobalPosition.of(applied.value() + 1);
        return new ParkedStream(partition, streamId, next, typeName, failure, waiting - 1, request);
    }

    /** This stream, where another attempt has failed; what was asked for is answered. */
    ParkedStream failedAgain(LogEntry<?> entry, Throwable cause) {
        return new ParkedStream(
                partition,
                streamId,
                entry.position(),
                entry.typeName(),
                cause.getClass().getName(),
                waiting,
                Request.NONE);
    }
}
