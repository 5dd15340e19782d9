package io.eventcore.autoconfigure;

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
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One of several stores; it refuses to write in a transaction of another one. It does not refuse reads: they promise
 * nothing about what is committed together.
 */
final class GuardedEventStore implements EventStore {
    private final EventStore store;
    private final Runnable guard;
    private final StoreInternals internals;

    /**
     * Guards this store.
     *
     * @param guard throws if this thread is in a transaction of another store; called if it is in no transaction of
     *     this one
     */
    GuardedEventStore(EventStore store, Runnable guard) {
        this.store = store;
        this.guard = guard;
        this.internals = new Guarded(store.internals());
    }

    /** Commands with an id begin a transaction of their own before they append, so the guard is called first. */
    static ExecutedCommands guarded(ExecutedCommands commands, EventStore guarded) {
        return new ExecutedCommands() {
            @Override
            public Optional<ExecutedCommand> find(CommandId id) {
                return commands.find(id);
            }

            @Override
            public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                guarded.internals().joinsCallersTransaction();
                return commands.executeOnce(id, fingerprint, execution);
            }
        };
    }

    /** The store behind this one. */
    EventStore unguarded() {
        return store;
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        internals.joinsCallersTransaction();
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
        return internals;
    }

    private final class Guarded implements StoreInternals {
        private final StoreInternals of;

        Guarded(StoreInternals of) {
            this.of = of;
        }

        /**
         * Called on the thread of a command before it joins a group of commands, whose leader writes on another thread.
         */
        @Override
        public boolean joinsCallersTransaction() {
            boolean joins = of.joinsCallersTransaction();
            if (!joins) {
                guard.run();
            }
            return joins;
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            return of.readStored(filter, page);
        }

        @Override
        public Predicate<StoredEvent> matching(EventFilter filter) {
            return of.matching(filter);
        }

        @Override
        public StoredMatches readMatching(
                EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
            return of.readMatching(query, eventType, after);
        }

        @Override
        public Optional<EventRoundTrip> roundTrip() {
            return of.roundTrip();
        }

        @Override
        public String readingKey() {
            return of.readingKey();
        }
    }
}
