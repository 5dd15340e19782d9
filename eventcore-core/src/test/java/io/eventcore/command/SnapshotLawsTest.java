package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.AppendInFlight;
import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StoreInternals;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.internal.SharedEvent;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.PassThroughEventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is folded from a snapshot and the events after it is what is folded from all events, whatever was visible when
 * the snapshot was taken: of each stream some first events, so that others may turn up below its position later.
 */
class SnapshotLawsTest {
    private static final int STREAMS = 4;
    private static final Noted NOTED = new Noted(stream(0), 1, -1);

    /** Something written down, and perhaps a stream to look at from then on, or not to look at any more. */
    private record Noted(StreamId streamId, int number, int lookAt) implements Event {}

    /** A history in position order, and how many events of each stream were visible when the snapshot was taken. */
    private record History(List<Noted> events, List<Integer> visible) {}

    @Property(tries = 2_000)
    void a_snapshot_and_its_tail_are_the_same_as_all_events(@ForAll("histories") History history) {
        AtomicInteger used = new AtomicInteger();
        SnapshotListener listener = new SnapshotListener() {
            @Override
            public void used(String commandType) {
                used.incrementAndGet();
            }
        };
        StateSnapshots snapshots = new StateSnapshots(
                new InMemorySnapshotStore(),
                SnapshotSettings.defaults()
                        .withAfterEvents(1)
                        .withExecutor(Runnable::run)
                        .withListener(listener),
                JsonMapper.shared());
        Follow command = new Follow(stream(0));
        List<RecordedEvent<Noted>> all = recorded(history.events);
        EventStore then = new View(all.stream()
                .filter(event -> event.version().value()
                        <= history.visible.get(event.event().streamId().value().charAt(0) - 'a'))
                .toList());
        EventStore now = new View(all);

        CommandSnapshot<Seen, Noted> first = snapshots.of(command).orElseThrow();
        first.take(then, first.read(then)).run();
        DecisionBasis<Seen, Noted> continued =
                snapshots.of(command).orElseThrow().read(now);

        DecisionBasis<Seen, Noted> replayed = DecisionBasis.read(now, command);
        assertThat(stateOf(continued)).isEqualTo(stateOf(replayed));
        assertThat(continued.reached().versions()).isEqualTo(replayed.reached().versions());
        Statistics.label("continued from the snapshot").collect(used.get() == 1);
        Statistics.label("rounds").collect(replayed.reached().rounds().size());
    }

    @Example
    void what_is_not_stored_yet_when_it_is_folded_is_not_part_of_a_snapshot() {
        InMemorySnapshotStore kept = new InMemorySnapshotStore();
        List<String> saved = new ArrayList<>();
        SnapshotListener listener = new SnapshotListener() {
            @Override
            public void saved(String commandType) {
                saved.add(commandType);
            }
        };
        StateSnapshots snapshots = new StateSnapshots(
                kept,
                SnapshotSettings.defaults()
                        .withAfterEvents(1)
                        .withExecutor(Runnable::run)
                        .withListener(listener),
                JsonMapper.shared());
        StreamCache cache = new StreamCache(new CacheBudget(Runnable::run));
        Map<StreamId, StreamVersion> fromTheBeginning = Map.of(stream(0), StreamVersion.NONE);
        cache.add(fromTheBeginning, new FoundEvents(fromTheBeginning, List.of()));
        cache.addPending(new SharedEvent(StoredEvent.of(
                stream(0),
                StreamVersion.NONE,
                GlobalPosition.START,
                new UUID(0, 1),
                Instant.EPOCH,
                "noted",
                new byte[1],
                new byte[0],
                stored -> List.of(RecordedEvent.of(
                        NOTED,
                        stored.id(),
                        stored.streamId(),
                        stored.version(),
                        stored.position(),
                        stored.typeName(),
                        EventMetadata.empty(),
                        stored.recordedAt())))));
        List<RecordedEvent<Noted>> decided = new ArrayList<>();
        new DecodedEvents<>(cache.eventsAfter(fromTheBeginning), Noted.class, again -> {})
                .readAt(Map.of())
                .forEach(decided::add);
        EventStore company = new View(decided);
        CommandSnapshot<Seen, Noted> source =
                snapshots.of(new Follow(stream(0))).orElseThrow();

        source.take(company, source.read(company)).run();
        assertThat(saved).isEmpty();

        EventStore stored = new View(recorded(List.of(NOTED)));
        source.take(stored, source.read(stored)).run();
        assertThat(saved).containsExactly(Follow.class.getName());
    }

    @Snapshot(name = "test.follow", version = 1)
    private record Impostor(@Stream StreamId first) implements Command<Seen, Noted> {
        @Override
        public Seen initialState() {
            return new Follow(first).initialState();
        }

        @Override
        public Seen apply(Seen state, Noted event) {
            return state;
        }

        @Override
        public List<Noted> handle(Seen state) {
            return List.of();
        }
    }

    @Example
    void two_classes_that_share_a_name_are_refused_and_both_are_named() {
        StateSnapshots snapshots =
                new StateSnapshots(new InMemorySnapshotStore(), SnapshotSettings.defaults(), JsonMapper.shared());
        snapshots.of(new Follow(stream(0)));
        snapshots.of(new Follow(stream(1)));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> snapshots.of(new Impostor(stream(0))))
                .withMessageContaining(Follow.class.getName())
                .withMessageContaining(Impostor.class.getName())
                .withMessageContaining("test.follow");
    }

    @Provide
    Arbitrary<History> histories() {
        Arbitrary<Noted> events = Combinators.combine(
                        Arbitraries.integers().between(0, STREAMS - 1),
                        Arbitraries.integers().between(0, 1_000),
                        Arbitraries.frequency(
                                net.jqwik.api.Tuple.of(6, -1),
                                net.jqwik.api.Tuple.of(1, 0),
                                net.jqwik.api.Tuple.of(1, 1),
                                net.jqwik.api.Tuple.of(1, 2),
                                net.jqwik.api.Tuple.of(1, 3)))
                .as((stream, number, lookAt) -> new Noted(stream(stream), number, lookAt));
        Arbitrary<List<Integer>> visible =
                Arbitraries.integers().between(0, 20).list().ofSize(STREAMS);
        return Combinators.combine(events.list().ofMaxSize(24), visible).as(History::new);
    }

    private static StreamId stream(int number) {
        return StreamId.of(String.valueOf((char) ('a' + number)));
    }

    private static Seen stateOf(DecisionBasis<Seen, Noted> basis) {
        List<DecisionBasis.Round<Seen>> rounds = basis.reached().rounds();
        return rounds.get(rounds.size() - 1).state();
    }

    private static List<RecordedEvent<Noted>> recorded(List<Noted> events) {
        Map<StreamId, Integer> versions = new HashMap<>();
        List<RecordedEvent<Noted>> recorded = new ArrayList<>();
        for (Noted event : events) {
            recorded.add(RecordedEvent.of(
                    event,
                    new UUID(0, recorded.size()),
                    event.streamId,
                    StreamVersion.of(versions.merge(event.streamId, 1, Integer::sum)),
                    GlobalPosition.of(recorded.size() + 1L),
                    "noted",
                    EventMetadata.empty(),
                    Instant.EPOCH));
        }
        return recorded;
    }

    private record Seen(List<String> notes, Set<Integer> lookAt) {}

    /** Its state depends on the order of all events; which streams it looks at grows and shrinks with them. */
    @Snapshot(name = "test.follow", version = 1)
    private record Follow(@Stream StreamId first) implements Command<Seen, Noted> {
        @Override
        public Seen initialState() {
            return new Seen(List.of(), Set.of());
        }

        @Override
        public Seen apply(Seen seen, Noted event) {
            List<String> notes = new ArrayList<>(seen.notes);
            notes.add(event.streamId + ":" + event.number);
            Set<Integer> lookAt = seen.lookAt.stream()
                    .filter(stream -> (stream + event.number) % 5 != 0)
                    .collect(Collectors.toSet());
            if (event.lookAt >= 0) {
                lookAt.add(event.lookAt);
            }
            return new Seen(notes, lookAt);
        }

        @Override
        public Set<StreamId> discoverStreams(Seen seen) {
            return seen.lookAt.stream().map(SnapshotLawsTest::stream).collect(Collectors.toSet());
        }
    }

    /** No transaction, and nothing else that a fold could ask for. */
    private static final StoreInternals INTERNALS =
            new InMemoryEventStore(new PassThroughEventSerializer(EventTypes.of())).internals();

    /** Some recorded events, to be read. */
    private record View(List<RecordedEvent<Noted>> events) implements EventStore {
        @Override
        public <E extends Event> EventStreamReader<E> readStreams(
                Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
            Map<StreamId, StreamVersion> versions = new HashMap<>();
            streamsAfter.keySet().forEach(id -> versions.put(id, streamVersion(id)));
            List<RecordedEvent<E>> found = new ArrayList<>();
            for (RecordedEvent<Noted> event : events) {
                StreamVersion after = streamsAfter.get(event.streamId());
                if (after != null && event.version().compareTo(after) > 0) {
                    found.add(event.withEvent(eventType.cast(event.event())));
                }
            }
            return EventStreamReader.of(versions, found);
        }

        @Override
        public StreamVersion streamVersion(StreamId streamId) {
            return StreamVersion.of(events.stream()
                    .filter(event -> event.streamId().equals(streamId))
                    .count());
        }

        @Override
        public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
            throw new UnsupportedOperationException("streams only");
        }

        @Override
        public StoreInternals internals() {
            return INTERNALS;
        }

        @Override
        public Optional<AppendInFlight> oldestAppendInFlight() {
            throw new UnsupportedOperationException("streams only");
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            throw new UnsupportedOperationException("read only");
        }

        @Override
        public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
            throw new UnsupportedOperationException("streams only");
        }

        @Override
        public GlobalPosition lastPosition() {
            throw new UnsupportedOperationException("streams only");
        }

        @Override
        public List<StreamId> streamIds(StreamPrefix prefix, StreamIdPage page) {
            throw new UnsupportedOperationException("streams only");
        }
    }
}
