package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.QueriedEvents;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which events commands on known streams fold, and which commands read as ever. */
class WarmStreamEventsTest {
    private static final StreamId CART = StreamId.of("cart-1");
    private static final StreamId OTHER = StreamId.of("cart-7");
    private static final String MEGABYTE = "x".repeat(1_000_000);

    private final Watched store = new Watched(new InMemoryEventStore(new JacksonEventSerializer(EventTypes.builder()
            .register(Added.class, "added")
            .register(Noted.class, "noted")
            .build())));
    private final CommandExecutor executor = builder().build();

    sealed interface CartEvent extends Event {}

    /** Its list can be changed by those who have the event. */
    record Added(StreamId streamId, List<String> items) implements CartEvent {}

    /** Nothing in it can be changed. */
    record Noted(StreamId streamId, List<String> notes) implements CartEvent {
        Noted {
            notes = List.copyOf(notes);
        }
    }

    private CommandExecutor.Builder builder() {
        return CommandExecutor.builder(store)
                .warmStreams(WarmStreamSettings.defaults().withLogCheckedWithin(Duration.ofHours(1)));
    }

    @Test
    void a_state_that_is_part_of_an_event_is_seen_by_one_command_alone() {
        List<Integer> seen = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            executor.execute(Decision.over(CartEvent.class, CART)
                    .startingWith(List.<String>of())
                    .applying(WarmStreamEventsTest::asCarelessCode)
                    .deciding(items -> {
                        seen.add(items.size());
                        return List.of(new Added(CART, List.of("more")));
                    }));
        }

        assertThat(seen).containsExactly(0, 1, 2, 3, 4);
        assertThat(store.reads).hasSize(1);
    }

    private static List<String> asCarelessCode(List<String> items, CartEvent event) {
        List<String> more = ((Added) event).items();
        if (items.isEmpty()) {
            return more;
        }
        items.addAll(more);
        return items;
    }

    @Test
    void an_event_that_cannot_be_changed_is_decoded_once_for_all_commands() {
        Set<CartEvent> folded = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < 4; i++) {
            executor.execute(Decision.over(CartEvent.class, CART)
                    .startingWith(0)
                    .applying((count, event) -> {
                        folded.add(event);
                        return count + 1;
                    })
                    .deciding(count -> List.of(new Noted(CART, List.of("note")))));
        }

        assertThat(folded).as("events of the first three commands").hasSize(3);
    }

    @Test
    void an_event_that_may_change_after_its_append_is_read() {
        List<String> items = new ArrayList<>(List.of("one"));
        executor.execute(appending(new Added(CART, items)));
        items.add("two");
        store.reads.clear();
        List<Integer> sizes = new ArrayList<>();

        executor.execute(Decision.over(CartEvent.class, CART)
                .startingWith(0)
                .applying((size, event) -> ((Added) event).items().size())
                .deciding(size -> {
                    sizes.add(size);
                    return List.of();
                }));

        assertThat(sizes).containsExactly(1);
        assertThat(store.reads).hasSize(1);
    }

    @Test
    void a_command_with_an_id_reads() {
        CommandExecutor remembering =
                builder().executedCommands(new InMemoryExecutedCommands()).build();
        store.appendEvents(StreamWrites.to(CART, ExpectedVersion.any(), new Noted(CART, List.of())));
        remembering.execute(new Note(CART));
        store.reads.clear();

        remembering.execute(new Note(CART), CommandContext.empty().withCommandId(CommandId.of("notes", "1")));

        assertThat(store.reads).isNotEmpty();
    }

    @Test
    void a_command_with_a_snapshot_reads() {
        CommandExecutor keeping = builder()
                .snapshots(
                        new InMemorySnapshotStore(), SnapshotSettings.defaults().withExecutor(Runnable::run))
                .build();
        keeping.execute(new NoteWithSnapshot(CART));
        store.reads.clear();

        keeping.execute(new NoteWithSnapshot(CART));

        assertThat(store.reads).hasSize(1);
    }

    @Test
    void a_command_that_rests_on_a_query_reads() {
        executor.execute(new Note(CART));
        store.queries.set(0);

        executor.execute(new NoteByQuery(CART));
        executor.execute(new NoteByQuery(CART));

        assertThat(store.queries).hasValue(2);
        assertThat(store.streamVersion(CART)).isEqualTo(StreamVersion.of(3));
    }

    @Test
    void what_others_append_on_a_hot_stream_is_all_that_is_read_when_it_becomes_hot() {
        for (int i = 0; i < 20; i++) {
            executor.execute(new Note(CART));
        }
        store.reads.clear();
        AtomicInteger decisions = new AtomicInteger();

        executor.execute(Decision.over(CartEvent.class, CART)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(count -> {
                    if (decisions.incrementAndGet() == 1) {
                        Race.run(1, number -> executor.execute(new Note(CART)));
                    }
                    assertThat(count).isEqualTo(19 + decisions.get());
                    return List.of(new Noted(CART, List.of()));
                }));

        assertThat(decisions).hasValue(2);
        assertThat(store.reads).hasSize(1);
        assertThat(store.reads.get(0).get(CART)).isEqualTo(StreamVersion.of(20));
    }

    @Test
    void a_stream_that_is_too_long_to_be_known_is_read_once_by_each_command() {
        append(CART, 4_200);
        append(OTHER, 1);
        executor.execute(counting(4_201, CART, OTHER));
        store.reads.clear();

        executor.execute(counting(4_200, CART));
        executor.execute(counting(4_201, CART, OTHER));

        assertThat(store.reads).hasSize(2);
        assertThat(executor.warmStreams().cold()).isEqualTo(3);
    }

    @Test
    void a_stream_that_is_too_large_to_be_known_is_read_once_by_each_command() {
        for (int i = 0; i < 5; i++) {
            store.appendEvents(StreamWrites.to(CART, ExpectedVersion.any(), new Noted(CART, List.of(MEGABYTE))));
        }
        executor.execute(counting(5, CART, OTHER));
        store.reads.clear();

        executor.execute(counting(5, CART));
        executor.execute(counting(5, CART, OTHER));

        assertThat(store.reads).hasSize(2);
    }

    @Test
    void streams_that_are_too_long_together_are_read_once_and_known_each_by_itself() {
        append(CART, 2_100);
        append(OTHER, 2_100);
        executor.execute(counting(4_200, CART, OTHER));
        store.reads.clear();
        executor.execute(counting(4_200, CART, OTHER));
        assertThat(store.reads).hasSize(1);

        executor.execute(counting(2_100, CART));
        executor.execute(counting(2_100, OTHER));
        store.reads.clear();
        executor.execute(counting(2_100, CART));
        executor.execute(counting(2_100, OTHER));
        executor.execute(counting(4_200, CART, OTHER));

        assertThat(store.reads).isEmpty();

        append(OTHER, 1);
        executor.execute(counting(4_201, CART, OTHER));
        executor.execute(counting(4_201, CART, OTHER));
        assertThat(store.reads)
                .as("what is known of both is used, also where they are read first")
                .containsExactly(
                        Map.of(CART, StreamVersion.of(2_099), OTHER, StreamVersion.of(2_099)),
                        Map.of(CART, StreamVersion.of(2_099), OTHER, StreamVersion.of(2_100)));
    }

    @Test
    void a_known_stream_to_which_too_much_has_come_is_read_once_from_then_on() {
        executor.execute(new Note(CART));
        append(CART, 4_200);
        executor.execute(new Note(CART));
        store.reads.clear();
        store.conflicts.set(0);

        executor.execute(new Note(CART));
        executor.execute(new Note(CART));

        assertThat(store.reads).hasSize(2);
        assertThat(store.conflicts).hasValue(0);
    }

    @Test
    void a_known_stream_that_outgrows_its_share_is_not_guessed_about_any_more() {
        CommandExecutor small = CommandExecutor.builder(store)
                .warmStreams(WarmStreamSettings.defaults()
                        .withLogCheckedWithin(Duration.ofHours(1))
                        .withMaxBytes(40_000))
                .build();
        for (int i = 0; i < 30; i++) {
            small.execute(new Note(CART));
        }
        store.reads.clear();

        for (int i = 0; i < 10; i++) {
            small.execute(counting(30, CART));
        }

        assertThat(store.reads).hasSize(10);
        assertThat(small.warmStreams().outdated()).isZero();
    }

    @Test
    void it_is_counted_how_decisions_came_by_their_streams() {
        executor.execute(new Note(CART));
        executor.execute(new Note(OTHER));
        executor.execute(new Note(CART));
        assertThat(executor.warmStreams()).hasToString("1 warm, 2 cold, 0 outdated; 2 streams in %d bytes", bytes());

        append(CART, 1);
        executor.execute(new Note(CART));
        assertThat(executor.warmStreams()).hasToString("1 warm, 3 cold, 1 outdated; 2 streams in %d bytes", bytes());

        append(OTHER, 1);
        executor.execute(counting(2, OTHER));
        assertThat(executor.warmStreams()).hasToString("1 warm, 4 cold, 2 outdated; 2 streams in %d bytes", bytes());

        executor.forgetStreams();
        assertThat(executor.warmStreams()).hasToString("1 warm, 4 cold, 2 outdated; 2 streams in 512 bytes");
    }

    @Test
    void each_round_of_discovery_that_reads_is_counted_and_the_decision_too_if_another_one_did_not() {
        executor.execute(new Note(CART));
        append(OTHER, 1);

        executor.execute(Decision.over(CartEvent.class, CART)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .discovering(count -> Set.of(OTHER))
                .deciding(count -> List.of(new Noted(CART, List.of()))));

        assertThat(executor.warmStreams()).hasToString("1 warm, 2 cold, 0 outdated; 2 streams in %d bytes", bytes());
    }

    @Test
    void that_another_command_of_this_process_has_won_is_counted_as_nothing_but_a_conflict() {
        executor.execute(new Note(CART));
        AtomicInteger decisions = new AtomicInteger();

        executor.execute(Decision.over(CartEvent.class, CART)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(count -> {
                    if (decisions.incrementAndGet() == 1) {
                        Race.run(1, number -> executor.execute(new Note(CART)));
                    }
                    return List.of(new Noted(CART, List.of()));
                }));

        assertThat(decisions).hasValue(2);
        assertThat(executor.warmStreams().outdated()).isZero();
        assertThat(executor.warmStreams().cold()).isEqualTo(1);
    }

    private long bytes() {
        return executor.warmStreams().bytes();
    }

    private void append(StreamId cart, int notes) {
        for (int i = 0; i < notes; i += 100) {
            StreamWrites writes = StreamWrites.empty().registerStream(cart, ExpectedVersion.any());
            for (int j = i; j < Math.min(i + 100, notes); j++) {
                writes = writes.append(new Noted(cart, List.of()));
            }
            store.appendEvents(writes);
        }
    }

    /** Expects so many events, and decides nothing. */
    private static Command<Integer, CartEvent> counting(int events, StreamId... carts) {
        return Decision.over(CartEvent.class, carts)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(count -> {
                    assertThat(count).isEqualTo(events);
                    return List.of();
                });
    }

    private static Command<Integer, CartEvent> appending(CartEvent event) {
        return Decision.over(CartEvent.class, CART)
                .startingWith(0)
                .applying((count, before) -> count + 1)
                .deciding(count -> List.of(event));
    }

    private record Note(@Stream StreamId cart) implements Command<Integer, CartEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, CartEvent event) {
            return count + 1;
        }

        @Override
        public List<CartEvent> handle(Integer count) {
            return List.of(new Noted(cart, List.of()));
        }
    }

    @Snapshot(name = "note", version = 1)
    private record NoteWithSnapshot(@Stream StreamId cart) implements Command<Integer, CartEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, CartEvent event) {
            return count + 1;
        }

        @Override
        public List<CartEvent> handle(Integer count) {
            return List.of(new Noted(cart, List.of()));
        }
    }

    private record NoteByQuery(@Stream StreamId cart) implements Command<Integer, CartEvent> {
        @Override
        public Optional<EventQuery> query() {
            return Optional.of(EventQuery.ofStream(StreamId.of("cart-2")));
        }

        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, CartEvent event) {
            return count + 1;
        }

        @Override
        public List<CartEvent> handle(Integer count) {
            return List.of(new Noted(cart, List.of()));
        }
    }

    private static final class Watched extends ForwardingEventStore {
        private final List<Map<StreamId, StreamVersion>> reads = Collections.synchronizedList(new ArrayList<>());
        private final AtomicInteger queries = new AtomicInteger();
        private final AtomicInteger conflicts = new AtomicInteger();

        Watched(EventStore delegate) {
            super(delegate);
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            try {
                return super.appendEvents(writes);
            } catch (VersionConflictException e) {
                conflicts.incrementAndGet();
                throw e;
            }
        }

        @Override
        public <E extends Event> EventStreamReader<E> readStreams(
                Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
            reads.add(Map.copyOf(streamsAfter));
            return super.readStreams(streamsAfter, eventType);
        }

        @Override
        public <E extends Event> QueriedEvents<E> readEvents(EventQuery query, Class<E> eventType) {
            queries.incrementAndGet();
            return super.readEvents(query, eventType);
        }
    }
}
