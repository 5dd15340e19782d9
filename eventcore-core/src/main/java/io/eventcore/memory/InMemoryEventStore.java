package io.eventcore.memory;

import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.UndecodedBatch;
import io.eventcore.UndecodedEvent;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.Callback;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializerRoundTrip;
import io.eventcore.transaction.TransactionAppends;
import io.eventcore.transfer.StoredLog;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An event store in memory, with the contract of the database stores.
 *
 * <p>Events are gone when the process ends. Inside a Spring transaction, whichever resource it belongs to, appends are
 * kept back until it commits and vanish when it rolls back, also to a savepoint. Until it ends it holds the streams it has
 * appended to and those it relies on; others wait for it, for ten seconds or the time of their own transaction at most.
 * Nothing changes or removes an event once it is committed. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryEventStore implements EventStore {
    /** As the database stores have it by default: events are in memory anyway, but not all of them decoded. */
    private static final long PAGE_BYTES = 4L * 1024 * 1024;

    private final EventSerializer serializer;
    private final AppendLimits limits;
    private final MemoryLog log;
    private final TransactionScope transactions;
    private final AppendListener listener;
    private final StoredLog storedLog;

    /** An empty store with the system's clock and the default limits. */
    public InMemoryEventStore(EventSerializer serializer) {
        this(serializer, AppendLimits.defaults(), Clock.systemUTC());
    }

    /**
     * An empty store that tells nobody about its appends.
     *
     * @param serializer encodes the events, as a database store would
     * @param limits how large one append may be
     * @param clock gives {@link RecordedEvent#recordedAt()}
     */
    public InMemoryEventStore(EventSerializer serializer, AppendLimits limits, Clock clock) {
        this(serializer, limits, clock, AppendListener.none());
    }

    /**
     * An empty store.
     *
     * @param serializer encodes the events, as a database store would
     * @param limits how large one append may be
     * @param clock gives {@link RecordedEvent#recordedAt()}
     * @param listener is told when events were committed
     */
    public InMemoryEventStore(EventSerializer serializer, AppendLimits limits, Clock clock, AppendListener listener) {
        this.serializer = Objects.requireNonNull(serializer, "serializer");
        this.limits = Objects.requireNonNull(limits, "limits");
        this.log = new MemoryLog(Objects.requireNonNull(clock, "clock"));
        this.transactions = log.transactions();
        this.listener = Objects.requireNonNull(listener, "listener");
        this.storedLog = new MemoryStoredLog(log, listener::eventsCommitted);
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        SerializedAppend append = SerializedAppend.of(writes, serializer, limits);
        append.impossible().ifPresent(stream -> {
            throw new VersionConflictException(stream.id(), stream.expected(), streamVersion(stream.id()));
        });
        if (transactions.isReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        MemoryTransaction transaction = transactions.current();
        List<StoredEvent> recorded = log.locked(() -> append(transaction, append));
        if (recorded.isEmpty()) {
            return EventStreamSlice.empty();
        }
        if (transaction == null) {
            Callback.APPEND_LISTENER.run(listener::eventsCommitted);
        } else {
            TransactionAppends.note(listener);
        }
        return slice(append, recorded);
    }

    private List<StoredEvent> append(@Nullable MemoryTransaction transaction, SerializedAppend append) {
        log.lock(transaction, append);
        long[] versions = versions(transaction, append);
        return checkOrFindRepeated(transaction, append, versions)
                .orElseGet(() -> log.store(transaction, append, versions));
    }

    private long[] versions(@Nullable MemoryTransaction transaction, SerializedAppend append) {
        List<Participant> participants = append.participants();
        long[] versions = new long[participants.size()];
        for (int i = 0; i < versions.length; i++) {
            versions[i] = log.version(transaction, participants.get(i).id()).value();
        }
        return versions;
    }

    /**
     * Checks the versions. If they are wrong because the same events were stored before, finds those.
     *
     * @throws VersionConflictException if they are wrong for another reason
     */
    private Optional<List<StoredEvent>> checkOrFindRepeated(
            @Nullable MemoryTransaction transaction, SerializedAppend append, long[] versions) {
        try {
            MemoryLog.check(append, versions);
            return Optional.empty();
        } catch (VersionConflictException conflict) {
            List<StoredEvent> repeated = new ArrayList<>();
            for (SerializedAppend.Entry entry : append.entries()) {
                append.expectedPlace(entry)
                        .flatMap(place -> log.find(transaction, entry.event().streamId(), place))
                        .filter(event -> event.id().equals(entry.event().id()))
                        .ifPresent(repeated::add);
            }
            if (repeated.isEmpty() || repeated.size() < append.entries().size()) {
                throw conflict;
            }
            return Optional.of(repeated);
        }
    }

    private static EventStreamSlice slice(SerializedAppend append, List<StoredEvent> recorded) {
        long[] bases = new long[append.participants().size()];
        long[] positions = new long[recorded.size()];
        for (int i = 0; i < positions.length; i++) {
            SerializedAppend.Entry entry = append.entries().get(i);
            bases[entry.stream()] = recorded.get(i).version().value() - entry.offset();
            positions[i] = recorded.get(i).position().value();
        }
        return append.slice(bases, positions);
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        EventDecoder<E> decoder = new EventDecoder<>(serializer, eventType);
        MemoryTransaction transaction = transactions.current();
        if (streamsAfter.size() == 1) {
            Map.Entry<StreamId, StreamVersion> stream =
                    streamsAfter.entrySet().iterator().next();
            return log.locked(() -> reader(
                    Map.of(stream.getKey(), log.version(transaction, stream.getKey())),
                    log.eventsAfter(transaction, stream.getKey(), stream.getValue()),
                    decoder));
        }
        Map<StreamId, StreamVersion> versions = new HashMap<>();
        List<StoredEvent> found = new ArrayList<>();
        log.locked(() -> {
            streamsAfter.forEach((streamId, after) -> {
                versions.put(streamId, log.version(transaction, streamId));
                found.addAll(log.eventsAfter(transaction, streamId, after));
            });
            return found;
        });
        found.sort(Comparator.comparing(StoredEvent::position));
        return reader(versions, found, decoder);
    }

    private static <E extends Event> EventStreamReader<E> reader(
            Map<StreamId, StreamVersion> versions, List<StoredEvent> events, EventDecoder<E> decoder) {
        return EventStreamReader.of(versions, () -> new Decoding<>(events.iterator(), decoder));
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        EventDecoder<E> decoder = new EventDecoder<>(serializer, eventType);
        Predicate<StoredEvent> wanted = predicate(filter);
        MemoryLog.Scan scan = log.locked(() -> log.scan(page, wanted, PAGE_BYTES));
        List<RecordedEvent<E>> events = new ArrayList<>(scan.found().size());
        scan.found().forEach(event -> events.add(event.decode(decoder)));
        return new EventBatch<>(events, scan.continueAfter(), scan.endReached());
    }

    @Override
    public UndecodedBatch readUndecoded(EventFilter filter, EventPage page) {
        EventDecoder<Event> decoder = new EventDecoder<>(serializer, Event.class);
        Predicate<StoredEvent> wanted = predicate(filter);
        MemoryLog.Scan scan = log.locked(() -> log.scan(page, wanted, PAGE_BYTES));
        List<UndecodedEvent> events =
                scan.found().stream().map(event -> event.undecoded(decoder)).toList();
        return new UndecodedBatch(events, scan.continueAfter(), scan.endReached(), scan.bytes());
    }

    @Override
    public Predicate<UndecodedEvent> matching(EventFilter filter) {
        return filter.matchingNames(typeNames(filter));
    }

    private Set<String> typeNames(EventFilter filter) {
        Set<String> names = new HashSet<>();
        filter.types().forEach(type -> names.addAll(serializer.storedNames(type)));
        return names;
    }

    @Override
    public GlobalPosition lastPosition() {
        return log.locked(log::lastPosition);
    }

    private Predicate<StoredEvent> predicate(EventFilter filter) {
        if (filter.matchesAll()) {
            return event -> true;
        }
        Set<String> names = typeNames(filter);
        return event -> (names.isEmpty() || names.contains(event.stored().typeName()))
                && filter.streams().matches(event.streamId());
    }

    @Override
    public StreamVersion streamVersion(StreamId streamId) {
        Objects.requireNonNull(streamId, "streamId");
        MemoryTransaction transaction = transactions.current();
        return log.locked(() -> log.version(transaction, streamId));
    }

    @Override
    public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
        MemoryTransaction transaction = transactions.current();
        return log.locked(() -> log.streamIds(transaction, prefix, page));
    }

    /** The events as they are stored, to be exported and imported; nothing is decoded. */
    public StoredLog storedLog() {
        return storedLog;
    }

    @Override
    public Optional<EventRoundTrip> roundTrip() {
        return Optional.of(new SerializerRoundTrip(serializer));
    }

    @Override
    public boolean joinsCallersTransaction() {
        return transactions.isActive();
    }

    /** Decodes while iterating, so that an event nobody reaches does no harm. */
    private record Decoding<E extends Event>(Iterator<StoredEvent> stored, EventDecoder<E> decoder)
            implements Iterator<RecordedEvent<E>> {
        @Override
        public boolean hasNext() {
            return stored.hasNext();
        }

        @Override
        public RecordedEvent<E> next() {
            return stored.next().decode(decoder);
        }
    }
}
