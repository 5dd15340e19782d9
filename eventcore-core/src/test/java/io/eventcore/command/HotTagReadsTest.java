package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.QueriedEvents;
import io.eventcore.StoreInternals;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.internal.SharedEvent;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What commands on a hot tag read: what is cached is confirmed, and nothing more. */
class HotTagReadsTest {
    /** Joins without a look at what is known of the student. */
    private static final String NOBODY = "nobody";

    /** Before the name of a student of whom only what concerns the course counts. */
    private static final String TOGETHER = "together-";

    private static final EventTag HOT = EventTag.of("course", "c1");

    private final InMemoryEventStore first = log();
    private final Watched store = new Watched(first);
    private final CommandExecutor executor = CommandExecutor.builder(store).build();

    sealed interface Happened extends Event {}

    /** One with notes can change after it was decoded. */
    @EventType("reads.joined")
    record Joined(String student, int number, @Nullable List<String> notes) implements Happened {
        Joined(String student, int number) {
            this(student, number, null);
        }

        @Override
        public StreamId streamId() {
            return StreamId.of("student/" + student);
        }

        @Override
        public Set<EventTag> eventTags() {
            return Set.of(HOT, EventTag.of("student", student));
        }
    }

    @EventType("reads.praised")
    record Praised(String student, int number) implements Happened {
        @Override
        public StreamId streamId() {
            return StreamId.of("student/" + student);
        }

        @Override
        public Set<EventTag> eventTags() {
            return Set.of(HOT, EventTag.of("student", student));
        }
    }

    /** Sees the numbers of everybody who has joined the hot course, and of all that concerns the student. */
    private record Join(String student, int number, List<List<Integer>> seen)
            implements Command<List<Integer>, Joined> {
        @Override
        public Optional<EventQuery> query() {
            EventQuery hot = EventQuery.tagged(HOT);
            if (student.startsWith(TOGETHER)) {
                return Optional.of(hot.or(hot.and("student", student.substring(TOGETHER.length()))));
            }
            return Optional.of(student.equals(NOBODY) ? hot : hot.or(EventQuery.tagged("student", student)));
        }

        @Override
        public List<Integer> initialState() {
            return List.of();
        }

        @Override
        public List<Integer> apply(List<Integer> state, Joined event) {
            List<Integer> more = new ArrayList<>(state);
            more.add(event.number());
            return more;
        }

        @Override
        public List<Joined> handle(List<Integer> state) {
            seen.add(state);
            return List.of(new Joined(student, number));
        }
    }

    @BeforeEach
    void heatUp() {
        store.conflict = new BoundaryConflictException(HOT.rowId(), StreamVersion.NONE, StreamVersion.of(1));
        join("ada", 1);
        assertThat(join("ada", 2)).containsExactly(1);
        assertThat(join("ada", 3)).containsExactly(1, 2);
        store.found.clear();
    }

    @Test
    void of_a_known_tag_only_the_last_event_is_read_again() {
        assertThat(join("ada", 4)).containsExactly(1, 2, 3);

        assertThat(store.found).containsExactly(List.of(3));
    }

    @Test
    void that_event_is_seen_once() {
        assertThat(join(NOBODY, 4)).containsExactly(1, 2, 3);
        assertThat(join(NOBODY, 5)).containsExactly(1, 2, 3, 4);

        store.elsewhere(new Joined("bob", 6));
        assertThat(join(NOBODY, 7)).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void a_known_tag_and_one_that_is_not_are_read_by_one_statement() {
        store.elsewhere(new Joined("bob", 4));
        join("ada", 5);
        store.found.clear();

        assertThat(join("bob", 6)).containsExactly(1, 2, 3, 4, 5);

        assertThat(store.found).containsExactly(List.of(4, 5));
    }

    @Test
    void what_others_have_stored_meanwhile_is_seen() {
        store.elsewhere(new Joined("bob", 4));
        store.elsewhere(new Joined("ada", 5));

        assertThat(join("ada", 6)).containsExactly(1, 2, 3, 4, 5);
        assertThat(join("bob", 7)).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void behind_an_event_of_another_type_the_tag_is_read_as_a_whole() {
        store.elsewhere(new Praised("bob", 4));

        assertThat(join("ada", 5)).containsExactly(1, 2, 3);
        assertThat(join("ada", 6)).containsExactly(1, 2, 3, 5);

        store.elsewhere(new Praised("bob", 7));
        assertThat(join("ada", 8)).containsExactly(1, 2, 3, 5, 6);
    }

    @Test
    void a_log_that_was_set_back_and_has_come_to_the_same_places_is_noticed() {
        InMemoryEventStore other = log();
        for (int i = 11; i <= 13; i++) {
            other.appendEvents(
                    StreamWrites.to(StreamId.of("student/ada"), ExpectedVersion.any(), new Joined("ada", i)));
        }
        assertThat(other.lastPosition()).isEqualTo(first.lastPosition());
        store.current = other;

        assertThat(join("ada", 14)).containsExactly(11, 12, 13);
    }

    @Test
    void a_log_that_was_set_back_to_fewer_events_is_noticed() {
        store.current = log();

        assertThat(join("ada", 4)).isEmpty();
    }

    @Test
    void if_events_came_below_the_tag_is_read_as_a_whole() {
        store.cameBelow = true;

        assertThat(join("ada", 4)).containsExactly(1, 2, 3);
        assertThat(store.found).as("all that is lacked at once").containsExactly(List.of(1, 2, 3));
        assertThat(join("bob", 5)).containsExactly(1, 2, 3, 4);
    }

    @Test
    void a_store_that_does_not_tell_items_apart_is_asked_for_each() {
        store.tellsApart = false;

        assertThat(join("ada", 4)).containsExactly(1, 2, 3);
        assertThat(join("bob", 5)).containsExactly(1, 2, 3, 4);
    }

    @Test
    void an_event_that_is_not_decoded_for_good_makes_the_tag_be_read_as_a_whole() {
        store.elsewhere(new Joined("bob", 4, List.of("late")));
        join(NOBODY, 5);
        store.found.clear();

        assertThat(join(NOBODY, 6)).containsExactly(1, 2, 3, 4, 5);

        assertThat(store.found).containsExactly(List.of(1, 2, 3, 4, 5));
    }

    @Test
    void where_there_is_no_room_for_all_at_once_they_are_read_one_after_the_other() {
        for (int i = 0; i < 20; i++) {
            store.elsewhere(new Joined("ada", 100 + i, List.of("x".repeat(240_000))));
        }
        join("ada", 4);
        store.found.clear();

        assertThat(join("ada", 5)).hasSize(24);
        assertThat(store.found).as("once together, once alone").hasSize(2);

        store.found.clear();
        assertThat(join("ada", 6)).hasSize(25);
        assertThat(store.found).as("it is not taken for too large").isNotEmpty();
    }

    @Test
    void a_known_tag_is_read_from_its_last_event_on_beside_tags_named_together() {
        store.elsewhere(new Joined("bob", 4));

        assertThat(join(TOGETHER + "bob", 5)).containsExactly(1, 2, 3, 4);

        assertThat(store.found).containsExactly(List.of(3, 4), List.of(4));
    }

    /** Where others have stored meanwhile, nothing of that is missed, and what waits comes after it. */
    @Test
    void behind_a_decision_that_waits_a_known_tag_is_read_from_its_last_event_on() {
        DecisionChain chain = new DecisionChain(store, new CacheBudget(task -> {}), () -> true);
        EventQuery hot = EventQuery.tagged(HOT);
        assertThat(numbers(chain.read(newAttempt(chain), hot, Event.class))).containsExactly(1, 2, 3);
        chain.drain();
        store.elsewhere(new Joined("ada", 4));
        decide(chain, EventQuery.tagged("student", "bob"), new Joined("bob", 5));
        store.found.clear();

        assertThat(numbers(chain.read(newAttempt(chain), hot, Event.class))).containsExactly(1, 2, 3, 4, 5);

        assertThat(store.found).containsExactly(List.of(3, 4));
    }

    @Test
    void an_item_on_which_a_decision_rests_that_waits_is_not_read_again_from_a_place() {
        QueryCache cache = new QueryCache(new CacheBudget(task -> {}));
        EventQuery.Item hot = EventQuery.tagged(HOT).items().get(0);
        cache.add(
                hot,
                FoundMatches.of(
                                first.internals().readMatching(EventQuery.tagged(HOT), Event.class, Optional.empty()),
                                new CacheBudget(task -> {}))
                        .orElseThrow());
        CachedItem known = Objects.requireNonNull(cache.find(hot));
        known.events().forEach(SharedEvent::decode);
        PendingDecision onIt = PendingDecision.of(
                StreamWrites.empty(),
                List.of(known),
                false,
                first.internals().roundTrip().orElseThrow());

        assertThat(cache.beforeLast(List.of(hot), List.of())).containsOnlyKeys(HOT.rowId());
        assertThat(cache.beforeLast(List.of(hot), List.of(onIt))).isEmpty();
    }

    /** The events that wait match the item, and were accounted for when they came. */
    @Test
    void an_item_that_is_continued_behind_what_waits_gives_all_its_room_back() {
        CacheBudget budget = new CacheBudget(task -> {});
        QueryCache cache = new QueryCache(budget);
        EventQuery bob = EventQuery.tagged("student", "bob");
        EventQuery.Item hot = EventQuery.tagged(HOT).items().get(0);
        cache.add(hot, found(EventQuery.tagged(HOT), Optional.empty(), budget));
        cache.add(bob.items().get(0), found(bob, Optional.empty(), budget));
        Objects.requireNonNull(cache.find(hot)).events().forEach(SharedEvent::decode);
        PendingDecision waiting = PendingDecision.of(
                StreamWrites.to(StreamId.of("student/bob"), ExpectedVersion.any(), new Joined("bob", 4)),
                List.of(Objects.requireNonNull(cache.find(bob.items().get(0)))),
                false,
                first.internals().roundTrip().orElseThrow());
        assertThat(cache.reserve(waiting)).isTrue();
        waiting.showIn(new StreamCache(budget), cache);
        long withWhatWaits = budget.used();

        Boundary place = Boundary.after(EventQuery.tagged(HOT), cache.beforeLast(List.of(hot), List.of(waiting)));
        assertThat(cache.continueFrom(hot, found(EventQuery.tagged(HOT), Optional.of(place), budget)))
                .isTrue();

        assertThat(budget.used()).isEqualTo(withWhatWaits);
        cache.dropPending();
        cache.evict();
        assertThat(budget.used()).isZero();
    }

    private FoundMatches found(EventQuery query, Optional<Boundary> after, CacheBudget budget) {
        return FoundMatches.of(first.internals().readMatching(query, Event.class, after), budget)
                .orElseThrow();
    }

    private static List<Integer> numbers(QueriedEvents<Event> seen) {
        return seen.toList().stream()
                .map(event -> ((Joined) event.event()).number())
                .toList();
    }

    /** A decision that waits for being stored. */
    private static void decide(DecisionChain chain, EventQuery query, Joined event) {
        QueuedAttempt attempt = newAttempt(chain);
        Boundary seen = chain.read(attempt, query, Event.class).boundary();
        chain.join(
                attempt,
                StreamWrites.to(event.streamId(), ExpectedVersion.any(), event).restingOn(seen));
    }

    private static QueuedAttempt newAttempt(DecisionChain chain) {
        QueuedAttempt attempt = new QueuedAttempt(new HotStreamQueue(0, null));
        chain.begin(attempt);
        return attempt;
    }

    private static InMemoryEventStore log() {
        return new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Happened.class)));
    }

    /** Joins the hot course, and tells what was seen in the last attempt. */
    private List<Integer> join(String student, int number) {
        List<List<Integer>> seen = new ArrayList<>();
        executor.execute(new Join(student, number, seen));
        return seen.get(seen.size() - 1);
    }

    /** Notes which events each read has found. */
    private static final class Watched extends ForwardingEventStore {
        private final List<List<Integer>> found = new ArrayList<>();
        private EventStore current;
        private boolean tellsApart = true;
        private boolean cameBelow;
        private @Nullable RuntimeException conflict;

        Watched(EventStore first) {
            super(first);
            this.current = first;
        }

        void elsewhere(Happened event) {
            current.appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            RuntimeException thrown = conflict;
            conflict = null;
            if (thrown != null) {
                throw thrown;
            }
            return current.appendEvents(writes);
        }

        @Override
        public StoredMatches readMatching(
                EventQuery query, Class<? extends Event> eventType, Optional<Boundary> after) {
            if (cameBelow && after.isPresent()) {
                Boundary.Guard guard = after.get().guards().get(0);
                throw new BoundaryConflictException(
                        guard.rowId(), StreamVersion.of(guard.seen().version()), StreamVersion.of(100));
            }
            StoreInternals internals = current.internals();
            StoredMatches matches = internals.readMatching(query, eventType, after);
            List<Integer> numbers = new ArrayList<>();
            matches.events()
                    .forEach(event -> event.decode(Joined.class)
                            .forEach(joined -> numbers.add(joined.event().number())));
            found.add(numbers);
            return tellsApart ? matches : new StoredMatches(matches.boundary(), matches.events());
        }
    }
}
