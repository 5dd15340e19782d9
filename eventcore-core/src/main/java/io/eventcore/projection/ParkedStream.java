package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import java.util.Objects;

/**
 * A stream that a projection has parked: one of its events could not be applied, and waits with all later ones.
 *
 * <p>Only the place is stored; the events themselves stay in the log. Immutable.
 *
 * @param partition the projection, and which part of it
 * @param streamId the stream
 * @param position no event before this position waits; at first that of the event that could not be applied
 * @param typeName the name that event is stored under
 * @param failure the type of the exception that it failed with, without its message
 * @param waiting how many events wait, that one included
 * @param request what an operator has requested
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
     * What an operator requests for a parked stream. The instance that runs the projection does it.
     *
     * @since 0.1
     */
    public enum Request {
        /** Nothing; requesting it withdraws an earlier request. */
        NONE,

        /** Apply the waiting events, in order, and let the stream continue. */
        RETRY,

        /** A retry has begun. Cannot be requested: the instance that retries sets it. */
        RETRYING,

        /** Discard the waiting events, and let the stream continue with later ones. */
        DISCARD;

        /**
         * Returns it if an operator may request it.
         *
         * @throws IllegalArgumentException if it is {@link #RETRYING}
         */
        public Request orRefused() {
            if (this == RETRYING) {
                throw new IllegalArgumentException("RETRYING cannot be requested; request RETRY");
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
     * Whether the stream is as the owner of its partition, which alone may change it, knows it: the same event waits
     * first, and the request is the same. While a retry is in progress, an operator may request another one.
     */
    boolean isStill(ParkedStream known) {
        boolean askedAgain = known.request == Request.RETRYING && request == Request.RETRY;
        return position.equals(known.position) && (request == known.request || askedAgain);
    }

    /** This stream, with a request. */
    public ParkedStream asking(Request wanted) {
        return new ParkedStream(partition, streamId, position, typeName, failure, waiting, wanted);
    }

    /** This stream, with this many more waiting events. */
    ParkedStream waitingFor(long more) {
        return new ParkedStream(partition, streamId, position, typeName, failure, waiting + more, request);
    }

    /** This stream, with this many waiting events, from a position. */
    ParkedStream waitingFrom(GlobalPosition first, long events) {
        return new ParkedStream(partition, streamId, first, typeName, failure, events, request);
    }

    /** This stream as one of another partition. */
    public ParkedStream in(ProjectionPartition other) {
        return new ParkedStream(other, streamId, position, typeName, failure, waiting, request);
    }

    /** This stream, after the first of its waiting events was applied. */
    ParkedStream without(GlobalPosition applied) {
        GlobalPosition next = GlobalPosition.of(applied.value() + 1);
        return new ParkedStream(partition, streamId, next, typeName, failure, waiting - 1, request);
    }

    /** This stream, after another failed attempt; the request is answered. */
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
