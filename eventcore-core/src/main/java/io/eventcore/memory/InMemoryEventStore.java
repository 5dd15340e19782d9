package io.eventcore.memory;

import io.eventcore.AppendInFlight;
import io.eventcore.AppendLimits;
import io.eventcore.AppendListener;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StoreInternals;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.Callback;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.MovedGuards;
import io.eventcore.serialization.internal.RepeatedByTag;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializerRoundTrip;
import io.eventcore.serialization.internal.StoredForms;
import io.eventcore.transaction.TransactionAppends;
import io.eventcore.transfer.StoredLog;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An event store in memory, with the contract of the database stores.
 *
 * <p>Events are gone when the process ends. Inside a Spring transaction, whichever resource it belongs to, appends are
 * held back until it commits and vanish when it rolls back, also to a savepoint. Until it ends, it holds the streams
 * that it has appended to and those that it relies on; other appends wait for it, at most ten seconds or the time-out
 * of their own transaction. Nothing changes or removes an event once it is committed. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryEventStore implements EventStore {
    /** As the database stores have it by default: events are in memory anyway, but not all of them decoded. */
    private static final long PAGE_BYTES = 4L * 1024 * 1024;

    private final EventSerializer serializer;
    private final StoredForms forms;
    private final AppendLimits limits;
    private final EventDecoder decoder;
    private final MemoryLog log;
    private final TransactionScope transactions;
    private final AppendListener listener;
    private final StoredLog storedLog;
    private final StoreInternals internals = new Internals();

    /** Whether events were stored by a store with another decoder. */
    private final boolean decodesForItself;

    /** An empty store with the system's clock and the default limits. */
    public InMemoryEventStore(EventSerializer serializer) {
        this(serializer, AppendLimits.defaults(), Clock.systemUTC());
    }

    /**
     * An empty store without a listener to its appends.
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
     * @param listener hears when events were committed
     */
    public InMemoryEventStore(EventSerializer serializer, AppendLimits limits, Clock clock, AppendListener listener) {
        this.serializer = Objects.requireNonNull(serializer, "serializer");
        this.forms = new StoredForms(serializer);
        this.limits = Objects.requireNonNull(limits, "limits");
        this.decoder = new EventDecoder(serializer);
        this.log = new MemoryLog(decoder, Objects.requireNonNull(clock, "clock"));
        this.transactions = log.transactions();
        this.listener = Objects.requireNonNull(listener, "listener");
        this.decodesForItself = false;
        this.storedLog = new MemoryStoredLog(log, decoder, listener::eventsCommitted);
    }

    private InMemoryEventStore(InMemoryEventStore other, EventSerializer serializer) {
        this.serializer = Objects.requireNonNull(serializer, "serializer");
        this.forms = new StoredForms(serializer);
        this.limits = other.limits;
        this.decoder = new EventDecoder(serializer);
        this.decodesForItself = true;
        this.log = other.log;
        this.transactions = other.transactions;
        this.listener = other.listener;
        this.storedLog = other.storedLog;
    }

    /**
     * A store of the same events, written and read with another serializer, like that of another instance of the
     * application, or of its next release.
     */
    public InMemoryEventStore withSerializer(EventSerializer other) {
        return new InMemoryEventStore(this, other);
    }

    private static List<StoredEvent> listOf(Iterable<StoredEvent> events) {
        List<StoredEvent> list = new ArrayList<>();
        events.forEach(list::add);
        return list;
    }

    /** Events as this store hands them out. Keys of personal data may be elsewhere although events are in memory. */
    private List<StoredEvent> own(List<StoredEvent> found) {
        if (decoder.prepares()) {
            decoder.prepare(found.stream().map(StoredEvent::payload).toList());
        }
        return decodesForItself ? found.stream().map(this::own).toList() : found;
    }

    private StoredEvent own(StoredEvent event) {
        return StoredEvent.of(
                event.streamId(),
                event.version(),
                event.position(),
                event.id(),
                event.recordedAt(),
                event.typeName(),
                event.payload(),
                event.metadata(),
                decoder);
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        SerializedAppend append;
        try {
            append = SerializedAppend.of(writes, forms, limits);
        } catch (SubjectErasedException erased) {
            return storedBefore(SerializedAppend.onlyToBeFound(writes)).orElseThrow(() -> erased);
        }
        append.impossible().ifPresent(stream -> {
            throw new VersionConflictException(stream.id(), stream.expected(), streamVersion(stream.id()));
        });
        if (transactions.isReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        MemoryTransaction transaction = transactions.current();
        List<String> moved = new ArrayList<>();
        List<StoredEvent> recorded;
        try {
            recorded = log.locked(() -> append(transaction, append, moved));
        } catch (BoundaryConflictException conflict) {
            MovedGuards.tell(listener, append, conflict);
            throw conflict;
        }
        MovedGuards.tell(listener, moved);
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

    /**
     * Checks and stores.
     *
     * @param moved is given the rows that had moved on and are accepted
     */
    private List<StoredEvent> append(
            @Nullable MemoryTransaction transaction, SerializedAppend append, List<String> moved) {
        log.lock(transaction, append);
        long[] versions = versions(transaction, append);
        Optional<List<StoredEvent>> repeated = checkOrFindRepeated(transaction, append, versions);
        if (repeated.isPresent()) {
            return repeated.get();
        }
        moved.addAll(MovedGuards.of(
                append,
                row -> EventTag.isRow(row)
                        ? log.seen(transaction, row).version()
                        : log.version(transaction, StreamId.of(row)).value()));
        return log.store(transaction, append, versions);
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
     * Checks what the append rests on. If that has changed because the same events were stored before, finds those.
     *
     * @throws ConflictException if it is for another reason
     */
    private Optional<List<StoredEvent>> checkOrFindRepeated(
            @Nullable MemoryTransaction transaction, SerializedAppend append, long[] versions) {
        try {
            log.check(transaction, append, versions);
            return Optional.empty();
        } catch (ConflictException conflict) {
            return Optional.of(repeated(transaction, append).orElseThrow(() -> conflict));
        }
    }

    /** The events of an append, if all of them stand in the places that it expects, or carry its tags with their ids. */
    private Optional<List<StoredEvent>> repeated(@Nullable MemoryTransaction transaction, SerializedAppend append) {
        List<StoredEvent> repeated = new ArrayList<>();
        for (SerializedAppend.Entry entry : append.entries()) {
            Optional<StoredEvent> stored = append.expectedPlace(entry).isPresent()
                    ? append.expectedPlace(entry)
                            .flatMap(
                                    place -> log.find(transaction, entry.event().streamId(), place))
                    : taggedAlike(transaction, append, entry);
            stored.filter(event -> event.id().equals(entry.event().id())).ifPresent(repeated::add);
        }
        return repeated.isEmpty() || repeated.size() < append.entries().size()
                ? Optional.empty()
                : Optional.of(repeated);
    }

    /** The event with this id among those of one of its tags that came after what the decision saw. */
    private Optional<StoredEvent> taggedAlike(
            @Nullable MemoryTransaction transaction, SerializedAppend append, SerializedAppend.Entry entry) {
        OptionalLong after = RepeatedByTag.after(append);
        if (after.isEmpty() || entry.tags().isEmpty()) {
            return Optional.empty();
        }
        List<MemoryTags.Tagged> candidates =
                log.taggedAfter(transaction, RepeatedByTag.rowOf(append, entry), after.getAsLong());
        for (MemoryTags.Tagged tagged :
                candidates.subList(0, Math.min(candidates.size(), RepeatedByTag.limit(append)))) {
            if (tagged.event().id().equals(entry.event().id())
                    && tagged.event().streamId().equals(entry.event().streamId())) {
                return Optional.of(tagged.event());
            }
        }
        return Optional.empty();
    }

    /** The result of an append that cannot be sent again, as if it were repeated. */
    private Optional<EventStreamSlice> storedBefore(SerializedAppend append) {
        MemoryTransaction transaction = transactions.current();
        return log.locked(() -> repeated(transaction, append)).map(events -> slice(append, events));
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
        MemoryTransaction transaction = transactions.current();
        if (streamsAfter.size() == 1) {
            Map.Entry<StreamId, StreamVersion> stream =
                    streamsAfter.entrySet().iterator().next();
            Map<StreamId, StreamVersion> version = new HashMap<>();
            List<StoredEvent> events = log.locked(() -> {
                version.put(stream.getKey(), log.version(transaction, stream.getKey()));
                return log.eventsAfter(transaction, stream.getKey(), stream.getValue());
            });
            return EventStreamReader.ofStored(version, own(events), eventType);
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
        return EventStreamReader.ofStored(versions, own(found), eventType);
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return internals.readStored(filter, page).decode(filter, eventType);
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        return QueriedEvents.of(internals.readMatching(query, eventType, Optional.empty()), query, eventType);
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
    public Optional<AppendInFlight> oldestAppendInFlight() {
        return Optional.empty();
    }

    @Override
    public StoreInternals internals() {
        return internals;
    }

    private final class Internals implements StoreInternals {
        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            Predicate<StoredEvent> wanted = matching(filter.withAnyTags());
            StoredPage found = log.locked(() -> log.read(page, filter.tags(), wanted, PAGE_BYTES));
            return new StoredPage(own(found.events()), found.continueAfter(), found.endReached());
        }

        @Override
        public StoredMatches readMatching(
                EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
            EventQuery resolved = query.resolve(serializer::storedNames, eventType);
            Optional<Boundary> before = after.map(boundary -> boundary.resolve(serializer::storedNames));
            MemoryTransaction transaction = transactions.current();
            StoredMatches found = log.locked(() -> new TaggedRead(log, transaction).read(resolved, before));
            List<Iterable<StoredEvent>> ofItems =
                    new ArrayList<>(found.ofItems().size());
            for (Iterable<StoredEvent> ofItem : found.ofItems()) {
                ofItems.add(() -> own(listOf(ofItem)).iterator());
            }
            return new StoredMatches(found.boundary(), own(listOf(found.events())), ofItems);
        }

        @Override
        public Predicate<StoredEvent> matching(EventFilter filter) {
            return filter.matchingNames(typeNames(filter));
        }

        @Override
        public Optional<EventRoundTrip> roundTrip() {
            return Optional.of(new SerializerRoundTrip(forms, decoder));
        }

        @Override
        public String readingKey() {
            return serializer.readingKey();
        }

        @Override
        public boolean joinsCallersTransaction() {
            return transactions.isActive();
        }
    }
}
