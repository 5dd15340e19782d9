package io.eventcore.test.contract;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.StoreInternals;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A wrapper that an application writes around its store: what the compiler requires, and nothing else. */
record PlainWrapper(EventStore store) implements EventStore {
    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        return store.appendEvents(writes);
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        return store.readStreams(streamsAfter, eventType);
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return store.readEvents(filter, page, eventType);
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        return store.readEvents(query, eventType);
    }

    @Override
    public StreamVersion streamVersion(StreamId streamId) {
        return store.streamVersion(streamId);
    }

    @Override
    public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
        return store.streamIds(prefix, page);
    }

    @Override
    public GlobalPosition lastPosition() {
        return store.lastPosition();
    }

    @Override
    public Optional<AppendInFlight> oldestAppendInFlight() {
        return store.oldestAppendInFlight();
    }

    @Override
    public StoreInternals internals() {
        return store.internals();
    }
}
