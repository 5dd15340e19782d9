package io.eventcore.test.contract;

import io.eventcore.AppendInFlight;
import io.eventcore.Boundary;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.StoreInternals;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A store that passes everything on to another one. Override what should be different; every other role stays intact.
 *
 * <p>As thread-safe as the store behind it.
 *
 * @since 0.1
 */
public abstract class ForwardingEventStore implements EventStore, StoreInternals {
    private final EventStore delegate;

    /** Passes everything on to this store. */
    protected ForwardingEventStore(EventStore delegate) {
        this.delegate = Objects.requireNonNull(delegate, "delegate");
    }

    /** The store behind this one. */
    protected final EventStore delegate() {
        return delegate;
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        return delegate.appendEvents(writes);
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        return delegate.readStreams(streamsAfter, eventType);
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return delegate.readEvents(filter, page, eventType);
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        return delegate.readEvents(query, eventType);
    }

    @Override
    public StoredPage readStored(EventFilter filter, EventPage page) {
        return delegate.internals().readStored(filter, page);
    }

    @Override
    public StoredMatches readMatching(EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
        return delegate.internals().readMatching(query, eventType, after);
    }

    @Override
    public Predicate<StoredEvent> matching(EventFilter filter) {
        return delegate.internals().matching(filter);
    }

    @Override
    public GlobalPosition lastPosition() {
        return delegate.lastPosition();
    }

    @Override
    public Optional<AppendInFlight> oldestAppendInFlight() {
        return delegate.oldestAppendInFlight();
    }

    @Override
    public StoreInternals internals() {
        return this;
    }

    @Override
    public StreamVersion streamVersion(StreamId streamId) {
        return delegate.streamVersion(streamId);
    }

    @Override
    public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
        return delegate.streamIds(prefix, page);
    }

    @Override
    public Optional<EventRoundTrip> roundTrip() {
        return delegate.internals().roundTrip();
    }

    @Override
    public String readingKey() {
        return delegate.internals().readingKey();
    }

    @Override
    public boolean joinsCallersTransaction() {
        return delegate.internals().joinsCallersTransaction();
    }
}
