package io.eventcore.micrometer;

import io.eventcore.AppendInFlight;
import io.eventcore.Boundary;
import io.eventcore.ConflictException;
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
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Observes what an event store does: one observation named {@code eventcore.append} for each append, one named
 * {@code eventcore.read} for each read.
 *
 * <p>Every observation has the key {@code outcome}: {@code success}, {@code conflict} or {@code error}. Reads have the
 * key {@code kind}: {@code streams}, {@code tags}, {@code log} or {@code index}; for streams and tags they end when the first page is there.
 * No key holds a stream id. A registry that
 * fails changes nothing for the caller. As safe for threads as the store behind it.
 *
 * @since 0.1
 */
public final class ObservedEventStore implements EventStore {
    /** The name of the observation of an append. */
    public static final String APPEND = "eventcore.append";

    /** The name of the observation of a read. */
    public static final String READ = "eventcore.read";

    private final EventStore delegate;
    private final ObservationRegistry registry;
    private final KeyValues keys;

    /** Observes this store. */
    public ObservedEventStore(EventStore delegate, ObservationRegistry registry) {
        this(delegate, registry, KeyValues.empty());
    }

    /**
     * Observes this store as one of several.
     *
     * @param keys further keys of every observation, of low cardinality: for example the name of the store
     */
    public ObservedEventStore(EventStore delegate, ObservationRegistry registry, KeyValues keys) {
        this.delegate = Objects.requireNonNull(delegate, "delegate");
        this.registry = Objects.requireNonNull(registry, "registry");
        this.keys = Objects.requireNonNull(keys, "keys");
    }

    /** The store behind this one, for callers whose reads are counted in another way. */
    public EventStore observed() {
        return delegate;
    }

    @Override
    public EventStreamSlice appendEvents(StreamWrites writes) {
        return observe(
                () -> Observation.createNotStarted(APPEND, registry).lowCardinalityKeyValues(keys),
                () -> delegate.appendEvents(writes));
    }

    @Override
    public <E extends Event> EventStreamReader<E> readStreams(
            Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        return observe(read("streams"), () -> delegate.readStreams(streamsAfter, eventType));
    }

    @Override
    public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
        return observe(read("log"), () -> delegate.readEvents(filter, page, eventType));
    }

    @Override
    public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
        return observe(read("tags"), () -> delegate.readEvents(query, eventType));
    }

    @Override
    public GlobalPosition lastPosition() {
        return observe(read("index"), delegate::lastPosition);
    }

    @Override
    public Optional<AppendInFlight> oldestAppendInFlight() {
        return delegate.oldestAppendInFlight();
    }

    @Override
    public StreamVersion streamVersion(StreamId streamId) {
        return observe(read("index"), () -> delegate.streamVersion(streamId));
    }

    @Override
    public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
        return observe(read("index"), () -> delegate.streamIds(prefix, page));
    }

    @Override
    public StoreInternals internals() {
        return new Observed(delegate.internals());
    }

    /** The reads of projections are observed like those of applications. */
    private final class Observed implements StoreInternals {
        private final StoreInternals internals;

        private Observed(StoreInternals internals) {
            this.internals = internals;
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            return observe(read("log"), () -> internals.readStored(filter, page));
        }

        @Override
        public StoredMatches readMatching(
                EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
            return observe(read("tags"), () -> internals.readMatching(query, eventType, after));
        }

        @Override
        public Predicate<StoredEvent> matching(EventFilter filter) {
            return internals.matching(filter);
        }

        @Override
        public Optional<EventRoundTrip> roundTrip() {
            return internals.roundTrip();
        }

        @Override
        public String readingKey() {
            return internals.readingKey();
        }

        @Override
        public boolean joinsCallersTransaction() {
            return internals.joinsCallersTransaction();
        }
    }

    private Supplier<Observation> read(String kind) {
        return () -> Observation.createNotStarted(READ, registry)
                .lowCardinalityKeyValues(keys)
                .lowCardinalityKeyValue("kind", kind);
    }

    private <T> T observe(Supplier<Observation> observation, Supplier<T> action) {
        Watch watch = Watch.start(registry, observation);
        T result;
        try {
            result = action.get();
        } catch (ConflictException conflict) {
            watch.end("conflict");
            throw conflict;
        } catch (Throwable e) {
            watch.end("error", e);
            throw e;
        }
        watch.end("success");
        return result;
    }
}
