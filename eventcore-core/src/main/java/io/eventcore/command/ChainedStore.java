package io.eventcore.command;

import io.eventcore.AppendInFlight;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
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
import io.eventcore.TransientEventStoreException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The store as an attempt in a queue sees it: streams that include the decisions of other commands, and an append that
 * passes the turn on and returns when the decision is stored. Used by one thread for one attempt.
 */
final class ChainedStore implements EventStore {
    private final EventStore store;
    private final DecisionChain chain;
    private final QueuedAttempt attempt;

    ChainedStore(EventStore store, DecisionChain chain, QueuedAttempt attempt) {
        this.store = store;
        this.chain = chain;
        this.attempt = attempt;
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        try {
            return chain.read(attempt, streamsAfter, eventType);
        } catch (TransientEventStoreException
                | EventStoreUnavailableException
                | ConflictException
                | DecideAgainException e) {
            attempt.isTold(e);
            throw e;
        }
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        try {
            if (store.internals().joinsCallersTransaction()) {
                // This append is inside a transaction: it would return, and let other commands continue, before the
                // commit.
                throw new DecideAgainException(true);
            }
            return chain.store(attempt, writes);
        } catch (TransientEventStoreException
                | EventStoreUnavailableException
                | ConflictException
                | DecideAgainException e) {
            attempt.isTold(e);
            throw e;
        }
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return store.readEvents(filter, page, eventType);
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        try {
            return chain.read(attempt, query, eventType);
        } catch (TransientEventStoreException | EventStoreUnavailableException | DecideAgainException e) {
            attempt.isTold(e);
            throw e;
        }
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
    public StreamVersion streamVersion(StreamId streamId) {
        return store.streamVersion(streamId);
    }

    @Override
    public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
        return store.streamIds(prefix, page);
    }

    @Override
    public StoreInternals internals() {
        return store.internals();
    }
}
