package io.eventcore.projection;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import io.eventcore.internal.SetsDeadlines;
import io.eventcore.internal.SharedEvent;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parks streams of a partition. When an operator requests it, applies or discards their events and lets them continue.
 *
 * <p>Used by one thread.
 */
final class Parking<E extends Event> {
    private static final Logger LOG = LoggerFactory.getLogger(Parking.class);

    /** How many events of a parked stream are read at once. */
    private static final int READ_AHEAD = 500;

    private final Projection<E> projection;
    private final EventApplication<E> application;
    private final RunnerContext context;
    private final LongSupplier nanoTime;
    private final ProjectionPartition partition;
    private final ParkedIds parked;
    private long requestsReadAt;

    Parking(Projection<E> projection, EventApplication<E> application, RunnerContext context) {
        this.projection = projection;
        this.application = application;
        this.context = context;
        this.nanoTime = context.nanoTime();
        this.partition = application.lease().partition();
        this.parked = application.parked();
        // Earlier requests are answered at once.
        this.requestsReadAt =
                nanoTime.getAsLong() - context.settings().lookEvery().toNanos();
    }

    /** Parks the stream of an entry that could not be applied, and moves the checkpoint past the entry. */
    void park(LogEntry<E> entry, Throwable cause) {
        ParkedStream stream = new ParkedStream(
                partition,
                entry.streamId(),
                entry.position(),
                entry.typeName(),
                cause.getClass().getName(),
                1,
                ParkedStream.Request.NONE);
        application.commit(entry.checkpoint(), List.of(new ParkedChange.Parked(stream)));
        parked.add(stream.streamId());
    }

    /** Does what operators have requested; checks for requests once in a while. */
    boolean answerRequests() {
        long now = nanoTime.getAsLong();
        if (!parked.mayBeAny()
                || now - requestsReadAt < context.settings().lookEvery().toNanos()) {
            return false;
        }
        requestsReadAt = now;
        List<StreamId> requested = context.requests().of(partition);
        for (StreamId asked : requested) {
            Optional<ParkedStream> stream = read(asked);
            if (stream.isPresent()) {
                answer(stream.get());
            }
        }
        if (!requested.isEmpty()) {
            parked.readIfUnknown();
        }
        return !requested.isEmpty();
    }

    /** Reads a stream with a request again; empty if it is no longer parked. */
    private Optional<ParkedStream> read(StreamId streamId) {
        return parked.excludes(streamId)
                ? Optional.empty()
                : context.store()
                        .parkedStream(partition.projection(), partition.version(), streamId)
                        .filter(found -> found.partition().equals(partition));
    }

    private void answer(ParkedStream stream) {
        try {
            if (stream.request() == ParkedStream.Request.DISCARD) {
                discard(stream);
            } else if (stream.request() == ParkedStream.Request.RETRY) {
                retry(change(stream, stream.asking(ParkedStream.Request.RETRYING)));
            } else if (stream.request() == ParkedStream.Request.RETRYING) {
                retry(stream);
            }
        } catch (ParkedStreamChangedException changed) {
            // An operator has made another request meanwhile. The next look finds it.
            LOG.debug(
                    "Projection '{}' has completed a request for a parked stream",
                    partition,
                    OwnThreads.redacted(changed));
        }
    }

    private void discard(ParkedStream stream) {
        // Deadlines that wait for it stay parked: the discarded events may include one that calls them off.
        release(stream, List.of());
        LOG.warn(
                "Projection '{}' discards {} events of the stream parked at position {}, as requested",
                partition,
                stream.waiting(),
                stream.position());
    }

    private void retry(ParkedStream stream) {
        Optional<ParkedStream> drained = drain(stream);
        if (drained.isPresent()) {
            release(drained.get(), waitedFor(stream.streamId()));
            LOG.info(
                    "The stream that projection '{}' had parked at position {} continues",
                    partition,
                    stream.position());
        }
    }

    private ParkedStream change(ParkedStream from, ParkedStream to) {
        application.commit(application.checkpoint(), List.of(new ParkedChange.Changed(from, to)));
        return to;
    }

    private void release(ParkedStream stream, List<DeadlineChange> deadlines) {
        application.commit(application.checkpoint(), List.of(new ParkedChange.Released(stream)), deadlines);
        parked.remove(stream.streamId());
    }

    /**
     * Deadlines that were parked because their stream waited are pending again when it continues. Those of other
     * waiting streams in its slot are parked again.
     */
    private List<DeadlineChange> waitedFor(StreamId streamId) {
        return projection instanceof SetsDeadlines
                ? List.of(new DeadlineChange.Retried(StreamPartitioner.slot(streamId), DeadlineRounds.STREAM_WAITS))
                : List.of();
    }

    /**
     * Applies the waiting events of a parked stream, up to the checkpoint: later events were not skipped. Takes no
     * longer than a batch, because the other streams of the partition wait meanwhile.
     *
     * @return the stream, when none of its events waits any more; empty if an event has failed, the time is over, the
     *     worker must stop, or an append in flight holds readers back before the checkpoint: then the stream stays as
     *     it is, and the next look continues with it
     */
    private Optional<ParkedStream> drain(ParkedStream stream) {
        long begin = nanoTime.getAsLong();
        EventFilter onlyThis = new EventFilter(
                StreamPattern.of(stream.streamId().value()),
                projection.filter().types(),
                projection.filter().tags());
        LogScan waiting = new LogScan(context.reader(), onlyThis, projection.since());
        GlobalPosition after = GlobalPosition.of(stream.position().value() - 1);
        GlobalPosition end = application.checkpoint().position();
        ParkedStream left = stream;
        while (after.compareTo(end) < 0) {
            LogPage page = waiting.read(after, READ_AHEAD).upTo(end, after);
            for (SharedEvent event : page.events()) {
                LogEntry<E> entry = new LogEntry<>(event, onlyThis, projection.eventType());
                boolean late = !left.equals(stream)
                        && nanoTime.getAsLong() - begin > context.settings().batchNanos();
                if (late || !application.mayGoOn()) {
                    return Optional.empty();
                }
                Optional<ParkedStream> applied = apply(entry, left);
                if (applied.isEmpty()) {
                    return Optional.empty();
                }
                left = applied.get();
            }
            after = page.continueAfter();
            if (page.endReached() && after.compareTo(end) < 0) {
                return Optional.empty();
            }
        }
        return Optional.of(left);
    }

    /**
     * Applies the first waiting event. Returns the stream without it; empty if the event has failed and the stream
     * stays parked.
     */
    private Optional<ParkedStream> apply(LogEntry<E> entry, ParkedStream stream) {
        ParkedStream left = stream.without(entry.position());
        try {
            application.applyParked(entry, new ParkedChange.Changed(stream, left));
            return Optional.of(left);
        } catch (ApplyFailedException failed) {
            LOG.warn(
                    "Projection '{}' could not apply the parked event of type '{}' at position {} (version {} of its"
                            + " stream): its stream stays parked",
                    partition,
                    entry.typeName(),
                    entry.position(),
                    entry.version(),
                    RedactedException.of(failed.culprit(), ""));
            change(stream, stream.failedAgain(entry, failed.culprit()));
            return Optional.empty();
        }
    }
}
