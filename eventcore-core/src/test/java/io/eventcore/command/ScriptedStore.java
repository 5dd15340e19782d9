package io.eventcore.command;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.StoreInternals;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.BankEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A real store in memory that notes what it is asked for and lets a test step in before an append. */
final class ScriptedStore implements EventStore {
    private final EventStore delegate =
            new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(BankEvent.class)));
    private final List<Set<StreamId>> reads = new ArrayList<>();
    private final List<StreamWrites> appends = new ArrayList<>();
    private final Deque<Runnable> interventions = new ArrayDeque<>();

    /** Runs this before the next append that nothing else was scripted for; what it throws, the append throws. */
    ScriptedStore beforeNextAppend(Runnable intervention) {
        interventions.add(intervention);
        return this;
    }

    /** Lets another caller deposit something just before each of the next appends. */
    ScriptedStore losingRaces(int times, StreamId account) {
        for (int i = 0; i < times; i++) {
            beforeNextAppend(() -> deposit(account, 1));
        }
        return this;
    }

    /** Lets each of the next appends fail. */
    ScriptedStore failing(int times, RuntimeException failure) {
        for (int i = 0; i < times; i++) {
            beforeNextAppend(() -> {
                throw failure;
            });
        }
        return this;
    }

    /** A deposit that no caller of this store makes, not noted. */
    void deposit(StreamId account, long cents) {
        append(new Deposited(account, cents));
    }

    /** An event that no caller of this store appends, not noted. */
    void append(BankEvent event) {
        delegate.appendEvents(StreamWrites.to(event.account(), ExpectedVersion.any(), event));
    }

    List<BankEvent> eventsOf(StreamId account) {
        return delegate.readStream(account, BankEvent.class).stream()
                .map(recorded -> recorded.event())
                .toList();
    }

    /** Which streams were asked for together, read by read. */
    List<Set<StreamId>> reads() {
        return reads;
    }

    /** What was appended or was to be. */
    List<StreamWrites> appends() {
        return appends;
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        appends.add(writes);
        Runnable intervention = interventions.poll();
        if (intervention != null) {
            intervention.run();
        }
        return delegate.appendEvents(writes);
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        reads.add(Set.copyOf(streamsAfter.keySet()));
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
    public GlobalPosition lastPosition() {
        return delegate.lastPosition();
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
    public Optional<AppendInFlight> oldestAppendInFlight() {
        return delegate.oldestAppendInFlight();
    }

    @Override
    public StoreInternals internals() {
        return delegate.internals();
    }
}
