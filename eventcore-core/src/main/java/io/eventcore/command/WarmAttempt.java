package io.eventcore.command;

import io.eventcore.AppendInFlight;
import io.eventcore.AppendLimitExceededException;
import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.AppendedEvent;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.QueriedEvents;
import io.eventcore.StoreInternals;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.SubjectErasedException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.Callback;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The store as one attempt sees it: streams as they are known, or as they are read, and an append that shows what the
 * streams hold next. Used by one thread for one attempt.
 */
final class WarmAttempt implements EventStore {
    private final EventStore store;
    private final KnownStreams known;
    private final WarmStreams.Counts counts;
    private final boolean mayGuess;

    /** The read that has shown that the previous decision was outdated. */
    private final @Nullable StreamLook inHand;

    /** Whether this attempt uses nothing that is known, and learns nothing. */
    private boolean plain;

    /**
     * The generation of {@link #known} before the reads and appends to learn from: the current look, or this attempt.
     */
    private final long generation;

    /** The streams that the decision rests on without a read. */
    private final Map<StreamId, KnownStream> guessed = new HashMap<>(4);

    /** All streams that the decision rests on, as far as they may be known. */
    private final Map<StreamId, KnownStream> seen = new HashMap<>(4);

    private @Nullable Throwable toldByStore;

    /** Whether events were passed to the store: whatever was thrown since, they may be stored. */
    private boolean sent;

    /** {@code mayGuess}: whether it may decide without a read. */
    WarmAttempt(EventStore store, KnownStreams known, WarmStreams.Counts counts, boolean mayGuess) {
        this(store, known, counts, mayGuess, null, known.generation());
    }

    private WarmAttempt(
            EventStore store,
            KnownStreams known,
            WarmStreams.Counts counts,
            boolean mayGuess,
            @Nullable StreamLook inHand,
            long generation) {
        this.store = store;
        this.known = known;
        this.counts = counts;
        this.mayGuess = mayGuess;
        this.inHand = inHand;
        this.generation = generation;
        // What the caller's transaction reads and appends is not committed, and may never be.
        this.plain = store.internals().joinsCallersTransaction();
    }

    private WarmAttempt reading() {
        return new WarmAttempt(store, known, counts, false);
    }

    private WarmAttempt reading(StreamLook look) {
        return new WarmAttempt(store, known, counts, false, look, generation);
    }

    private WarmAttempt plain() {
        WarmAttempt next = reading();
        next.plain = true;
        return next;
    }

    /**
     * How to continue after an attempt has ended in this way.
     *
     * @return another attempt, which decides again; empty if the end may be released
     * @throws TransientEventStoreException if what the end rests on could not be confirmed
     * @throws EventStoreUnavailableException as above
     */
    Optional<WarmAttempt> again(Throwable wayOut) {
        if (wayOut == toldByStore) {
            return wayOut instanceof DecideAgainException ? Optional.of(plain()) : afterFailure(wayOut);
        }
        // Its events may be stored: to decide again could execute the command twice.
        return sent || guessed.isEmpty() ? Optional.empty() : unlessConfirmed(wayOut);
    }

    private Optional<WarmAttempt> afterFailure(Throwable failure) {
        if (failure instanceof VersionConflictException conflict) {
            KnownStream rested = guessed.get(conflict.streamId());
            if (rested == null || known.isKnownBeyond(conflict.streamId(), rested.version())) {
                // Another command has won a race, in this process or since the stream was read.
                return Optional.empty();
            }
            known.wasChanged(conflict.streamId(), true);
            counts.outdated();
            return Optional.of(reading());
        }
        if (failure instanceof AppendOutcomeUnknownException) {
            seen.keySet().forEach(known::forget);
        }
        return Optional.empty();
    }

    private Optional<WarmAttempt> unlessConfirmed(Throwable wayOut) {
        StreamLook look;
        try {
            look = StreamLook.take(store, guessed.keySet(), guessed, known.log());
        } catch (StreamLook.TooLongException e) {
            known.wereTooLong(e.streams(), generation);
            counts.outdated();
            return Optional.of(reading());
        } catch (StreamLook.OtherLogException setBack) {
            known.forgetAll();
            return Optional.of(plain());
        } catch (StreamLook.NotStoredFormException e) {
            known.becomeBlind();
            return Optional.of(plain());
        } catch (RuntimeException | Error failure) {
            // A rejection may be wrong. An error is broken code or a lack of memory, and nothing else would report it.
            if (wayOut instanceof Error && wayOut != failure) {
                failure.addSuppressed(wayOut);
            }
            throw failure;
        }
        if (look.isUnchanged()) {
            wereRight();
            return Optional.empty();
        }
        counts.outdated();
        for (StreamId id : guessed.keySet()) {
            if (!look.isUnchanged(id)) {
                known.wasChanged(id, true);
            }
        }
        return Optional.of(reading(look));
    }

    private void wereRight() {
        guessed.keySet().forEach(known::wasUnchanged);
        counts.warm();
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        try {
            return isToBeRead(streamsAfter)
                    ? store.readStreams(streamsAfter, eventType)
                    : read(streamsAfter, eventType);
        } catch (TransientEventStoreException | EventStoreUnavailableException | DecideAgainException e) {
            toldByStore = e;
            throw e;
        }
    }

    /** Whether to read the streams as if nothing were known. */
    private boolean isToBeRead(Map<StreamId, StreamVersion> streamsAfter) {
        if (plain || store.internals().joinsCallersTransaction()) {
            return true;
        }
        for (StreamVersion after : streamsAfter.values()) {
            if (!after.equals(StreamVersion.NONE)) {
                return true;
            }
        }
        return false;
    }

    private <E extends Event> EventStreamReader<E> read(Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        Set<StreamId> ids = streamsAfter.keySet();
        Map<StreamId, KnownStream> found = known.find(ids);
        if (mayGuess
                && found.size() == ids.size()
                && known.areTrusted(ids)
                && known.log().isSure()) {
            guessed.putAll(found);
            seen.putAll(found);
            Map<StreamId, StreamVersion> versions = new HashMap<>();
            found.forEach((id, stream) -> versions.put(id, stream.version()));
            return new DecodedEvents<>(StreamLook.eventsOf(found), eventType, this::isTold).readAt(versions);
        }
        Optional<StreamLook> look = look(ids, found);
        return look.isPresent()
                ? new DecodedEvents<>(new Read(look.get(), ids), eventType, this::isTold)
                        .readAt(versions(look.get(), ids))
                : store.readStreams(streamsAfter, eventType);
    }

    private static Map<StreamId, StreamVersion> versions(StreamLook look, Set<StreamId> ids) {
        Map<StreamId, StreamVersion> versions = new HashMap<>(look.versions());
        versions.keySet().retainAll(ids);
        return versions;
    }

    /** A look at the streams; empty if they are too long to be known. */
    private Optional<StreamLook> look(Set<StreamId> ids, Map<StreamId, KnownStream> found) {
        counts.cold();
        if (inHand != null && inHand.covers(ids)) {
            return Optional.of(inHand);
        }
        if (found.size() < ids.size() && known.wasTooLong(ids)) {
            return Optional.empty();
        }
        try {
            StreamLook look = StreamLook.take(store, ids, found, known.log());
            for (StreamId id : found.keySet()) {
                if (look.isUnchanged(id)) {
                    known.wasUnchanged(id);
                } else {
                    known.wasChanged(id, false);
                }
            }
            return Optional.of(look);
        } catch (StreamLook.TooLongException e) {
            known.wereTooLong(e.streams(), generation);
            return Optional.empty();
        } catch (StreamLook.OtherLogException setBack) {
            known.forgetAll();
            throw new DecideAgainException(true);
        } catch (StreamLook.NotStoredFormException e) {
            known.becomeBlind();
            throw new DecideAgainException(true);
        }
    }

    private void isTold(DecideAgainException alone) {
        toldByStore = alone;
    }

    /** The events that were read. When all of them are decoded, the streams are known. */
    private final class Read implements Iterable<SharedEvent> {
        private final StreamLook look;
        private final Set<StreamId> ids;
        private final List<SharedEvent> events;
        private boolean learned;

        Read(StreamLook look, Set<StreamId> ids) {
            this.look = look;
            this.ids = Set.copyOf(ids);
            this.events = look.events(this.ids);
        }

        @Override
        public Iterator<SharedEvent> iterator() {
            Iterator<SharedEvent> all = events.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    boolean more = all.hasNext();
                    if (!more && !learned) {
                        learned = true;
                        ids.forEach(id -> learn(id, look.before(id), look.tail(id)));
                    }
                    return more;
                }

                @Override
                public SharedEvent next() {
                    return all.next();
                }
            };
        }
    }

    /** Learns decoded events, which follow those that were known. */
    private void learn(StreamId id, KnownStream before, List<SharedEvent> more) {
        List<SharedEvent> kept = new ArrayList<>(more.size());
        long bytes = 0;
        for (SharedEvent event : more) {
            if (event.holdsPersonalData()) {
                // Personal data may be erased, and that of an appended event is not sealed yet.
                known.forget(id);
                return;
            }
            SharedEvent compact = event.compact();
            bytes += KnownStream.bytes(event, compact);
            kept.add(compact);
        }
        KnownStream now = before.with(kept, bytes);
        seen.put(id, now);
        known.learn(id, now, generation);
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        try {
            if (!plain && store.internals().joinsCallersTransaction()) {
                // A transaction has begun since the attempt began: it may roll back what this append writes.
                throw new DecideAgainException(true);
            }
            sent = !writes.events().isEmpty();
            EventStreamSlice slice = store.appendEvents(writes);
            if (!plain) {
                if (!guessed.isEmpty()) {
                    wereRight();
                }
                if (!Callback.KNOWN_STREAMS.call(() -> learn(writes, slice), Boolean.FALSE)) {
                    slice.events().forEach(event -> known.forget(event.streamId()));
                }
            }
            return slice;
        } catch (TransientEventStoreException
                | EventStoreUnavailableException
                | AppendOutcomeUnknownException
                | ConflictException
                | DecideAgainException e) {
            toldByStore = e;
            throw e;
        } catch (AppendLimitExceededException | EventSerializationException | SubjectErasedException e) {
            // Nothing was sent. The command may have returned these events because a stream was outdated.
            sent = false;
            throw e;
        }
    }

    /**
     * Learns the appended events, in the form in which a read would return them.
     *
     * @return false if some of it must not be remembered, or is unknown
     */
    private boolean learn(StreamWrites writes, EventStreamSlice slice) {
        Optional<EventRoundTrip> roundTrip = store.internals().roundTrip();
        List<NewEvent> events = writes.events();
        if (roundTrip.isEmpty() || events.size() != slice.events().size()) {
            return false;
        }
        Map<StreamId, List<SharedEvent>> more = new HashMap<>();
        for (int i = 0; i < events.size(); i++) {
            NewEvent event = events.get(i);
            AppendedEvent place = slice.events().get(i);
            List<SharedEvent> before = more.computeIfAbsent(place.streamId(), id -> new ArrayList<>());
            KnownStream stream = seen.get(place.streamId());
            // A mutable event may have changed after it was stored and before it is encoded here.
            if (stream == null
                    || !SharedEvent.isImmutable(event.event())
                    || !place.id().equals(event.id())
                    || place.version().value() != stream.size() + before.size() + 1L) {
                return false;
            }
            SharedEvent stored = new SharedEvent(roundTrip.get().encode(event));
            stored.decode();
            before.add(stored.at(place.version(), place.position()));
        }
        more.forEach((id, appended) -> learn(id, seen.getOrDefault(id, KnownStream.NONE), appended));
        return true;
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        if (!plain) {
            // A boundary and known streams do not form one cut.
            DecideAgainException e = new DecideAgainException(true);
            toldByStore = e;
            throw e;
        }
        return store.readEvents(query, eventType);
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return store.readEvents(filter, page, eventType);
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
