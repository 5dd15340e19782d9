package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.ExpectedVersion;
import io.eventcore.QueriedEvents;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
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

        Watched(EventStore delegate) {
            super(delegate);
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
