package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.GlobalPosition;
import io.eventcore.PersonalData;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.Tag;
import io.eventcore.TagsIncompleteException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.TagBackfill.Progress;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.test.contract.Race;
import io.eventcore.transfer.TransferRefusedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Events that were stored without tags are given them, beside instances that go on. */
abstract class TagBackfillContract {
    private static final int PAGE = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @EventType("backfill.seat-taken")
    record OldSeat(String student, String course) implements Event {}

    @EventType("backfill.seat-taken")
    record Seat(@Tag String student, @Tag String course) implements Event {
        @Override
        public StreamId streamId() {
            return StreamId.of("new");
        }
    }

    @EventType("backfill.course-opened")
    record OldOpened(String course) implements Event {}

    @EventType("backfill.course-opened")
    record Opened(@Tag String course) implements Event {}

    @EventType("backfill.invited")
    record OldInvited(
            String guest, @PersonalData(subject = "guest") String name) implements Event {}

    /** What an append of it would refuse. */
    @EventType("backfill.invited")
    record Invited(
            String guest, @PersonalData(subject = "guest") String name) implements Event {
        @Override
        public Set<EventTag> eventTags() {
            return Set.of(EventTag.of("guest", guest), EventTag.of("called", name));
        }
    }

    private static final EventTypes OLD = EventTypes.of(OldSeat.class, OldOpened.class);
    private static final EventTypes NEW = EventTypes.of(Seat.class, OldOpened.class);
    private static final EventTypes NEWER = EventTypes.of(Seat.class, Opened.class);

    private String prefix = "";
    private JdbcEventStore old;
    private JdbcEventStore store;

    abstract TestDatabase database();

    @BeforeEach
    void beginWithAnInstanceThatKnowsNoTagsAndOneThatDoes() {
        prefix = database().newTables();
        old = store(OLD);
        store = store(NEW);
    }

    private JdbcEventStore store(EventTypes types) {
        return TestDatabase.jdbc(database().dataSource(), prefix).eventStore(new JacksonEventSerializer(types));
    }

    private TagBackfill backfill(DataSource by, EventTypes types) {
        return TestDatabase.jdbc(by, prefix).tagBackfill(new JacksonEventSerializer(types), types);
    }

    private TagBackfill backfill() {
        return backfill(database().ownersDataSource(), NEW);
    }

    private static StreamWrites writes(String home, List<? extends Event> events) {
        StreamId stream = StreamId.of(home);
        StreamWrites writes = StreamWrites.empty().registerStream(stream, any());
        for (Event event : events) {
            writes = writes.append(stream, event);
        }
        return writes;
    }

    private static StreamWrites seat(String student, String course) {
        return writes("new", List.of(new Seat(student, course)));
    }

    private static StreamWrites oldSeat(String student, String course) {
        return writes("old", List.of(new OldSeat(student, course)));
    }

    /** Seats of the courses c0 to c9, each of a student of its own. */
    private void storeOldSeats(int seats) {
        for (int from = 0; from < seats; from += 500) {
            List<Event> events = new ArrayList<>();
            for (int i = from; i < Math.min(seats, from + 500); i++) {
                events.add(new OldSeat("s" + i, "c" + i % 10));
            }
            old.appendEvents(writes("old", events));
        }
    }

    private QueriedEvents<Event> seatsOf(String course) {
        return store.readEvents(EventQuery.tagged("course", course), Event.class);
    }

    private void assertCourseIsRefused() {
        assertThatExceptionOfType(TagsIncompleteException.class)
                .isThrownBy(() -> seatsOf("c1"))
                .withMessageContaining("'course'")
                .satisfies(refused -> assertThat(refused.tagName()).isEqualTo("course"));
    }

    /** That each tag finds what carries it, each event once, and its row counts as many. */
    private void assertTagsFindWhatCarriesThem(JdbcEventStore checked) {
        Map<EventTag, List<GlobalPosition>> expected = new HashMap<>();
        EventPage page = EventPage.first(PAGE);
        while (true) {
            var batch = checked.readEvents(EventFilter.all(), page, Event.class);
            for (RecordedEvent<Event> recorded : batch.events()) {
                recorded.event()
                        .eventTags()
                        .forEach(tag -> expected.computeIfAbsent(tag, any -> new ArrayList<>())
                                .add(recorded.position()));
            }
            if (batch.endReached()) {
                break;
            }
            page = EventPage.after(batch.continueAfter(), PAGE);
        }
        assertThat(expected).isNotEmpty();
        int checkedTags = 0;
        for (Map.Entry<EventTag, List<GlobalPosition>> tag : expected.entrySet()) {
            if (tag.getKey().name().equals("course") || checkedTags++ < 50) {
                QueriedEvents<Event> found = checked.readEvents(EventQuery.tagged(tag.getKey()), Event.class);
                assertThat(found.stream().map(RecordedEvent::position))
                        .as("events of %s", tag.getKey())
                        .isEqualTo(tag.getValue());
            }
        }
        String counts = new TableNames("", prefix).in("""
                SELECT s.stream_id, s.version FROM eventcore_stream s
                WHERE s.stream_id < ' '
                  AND s.version <> (SELECT COUNT(*) FROM eventcore_event_tag t WHERE t.tag_key = s.stream_key)
                """);
        assertThat(new JdbcTemplate(database().ownersDataSource()).queryForList(counts))
                .isEmpty();
        assertThat(new JdbcTemplate(database().ownersDataSource())
                        .queryForObject(
                                new TableNames("", prefix).in("SELECT COUNT(*) FROM eventcore_event_tag"), Long.class))
                .isEqualTo(expected.values().stream().mapToLong(List::size).sum());
    }

    /** What the last command has counted; tests of one class run one after the other. */
    private static final AtomicInteger COUNTED = new AtomicInteger();

    @Snapshot(name = "backfill-of-either", version = 1, afterEvents = 1)
    record OfEither(@Tag String course, @Tag String student) implements Command<Integer, Seat> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer seats, Seat seat) {
            return seats + 1;
        }

        @Override
        public List<Seat> handle(Integer seats) {
            COUNTED.set(seats);
            return List.of();
        }
    }

    @Snapshot(name = "backfill-of-both", version = 1, afterEvents = 1)
    record OfBoth(String course, String student) implements Command<Integer, Seat> {
        @Override
        public Optional<EventQuery> query() {
            return Optional.of(EventQuery.tagged("course", course).and("student", student));
        }

        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer seats, Seat seat) {
            return seats + 1;
        }

        @Override
        public List<Seat> handle(Integer seats) {
            COUNTED.set(seats);
            return List.of();
        }
    }

    @EventType("backfill.seat-taken")
    record SeatOfCourse(String student, @Tag String course) implements Event {}

    @Test
    void a_snapshot_from_before_is_not_gone_on_from() {
        storeOldSeats(20);
        store.appendEvents(seat("ada", "c1"));
        List<ReplayReason> replays = new ArrayList<>();
        CommandExecutor executor = snapshotting(replays);
        OfEither command = new OfEither("c1", "ada");
        assertThat(counted(executor, command)).isEqualTo(1);

        backfill().run();
        store.appendEvents(seat("bob", "c1"));

        assertThat(counted(executor, command)).isEqualTo(2 + 2);
        assertThat(replays).containsExactly(ReplayReason.LATE_EVENT);
        store.appendEvents(seat("cem", "c1"));
        assertThat(counted(executor, command)).isEqualTo(3 + 2);
        assertThat(replays).hasSize(1);
    }

    @Test
    void a_snapshot_from_before_is_not_gone_on_from_where_another_tag_than_its_guard_is_given() {
        JdbcEventStore half = store(EventTypes.of(SeatOfCourse.class));
        half.appendEvents(writes("old", List.of(new SeatOfCourse("ada", "c1"), new SeatOfCourse("ada", "c1"))));
        store.appendEvents(seat("ada", "c1"));
        store.appendEvents(writes("new", Collections.nCopies(9, new Seat("ada", "c2"))));
        List<ReplayReason> replays = new ArrayList<>();
        CommandExecutor executor = snapshotting(replays);
        OfBoth command = new OfBoth("c1", "ada");
        // Of the course there are three events, of the student ten: the course is the guard.
        assertThat(counted(executor, command)).isEqualTo(1);

        backfill().named("student").run();

        assertThat(counted(executor, command)).isEqualTo(3);
        assertThat(replays).containsExactly(ReplayReason.LATE_EVENT);
        store.appendEvents(seat("ada", "c1"));
        assertThat(counted(executor, command)).isEqualTo(4);
        assertThat(counted(executor, command)).isEqualTo(4);
    }

    /** Takes a seat, and tells how many were taken. */
    private record TakeSeat(@Tag String course, Runnable meanwhile) implements Command<Integer, Seat> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer seats, Seat seat) {
            return seats + 1;
        }

        @Override
        public List<Seat> handle(Integer seats) {
            COUNTED.set(seats);
            meanwhile.run();
            return List.of(new Seat("of-" + seats, course));
        }
    }

    @Test
    void a_hot_tag_that_was_given_to_old_events_is_not_gone_on_from() {
        storeOldSeats(20);
        AtomicBoolean raced = new AtomicBoolean();
        CommandExecutor executor = CommandExecutor.builder(store).build();
        executor.execute(new TakeSeat("c1", () -> {
            if (!raced.getAndSet(true)) {
                store.appendEvents(seat("ada", "c1"));
            }
        }));
        TakeSeat hot = new TakeSeat("c1", () -> {});
        assertThat(counted(executor, hot)).isEqualTo(2);
        assertThat(counted(executor, hot)).isEqualTo(3);

        backfill().run();

        assertThat(counted(executor, hot)).isEqualTo(4 + 2);
        assertThat(counted(executor, hot)).isEqualTo(5 + 2);
        assertTagsFindWhatCarriesThem(store);
    }

    private CommandExecutor snapshotting(List<ReplayReason> replays) {
        return CommandExecutor.builder(store)
                .snapshots(
                        new InMemorySnapshotStore(),
                        SnapshotSettings.defaults().withExecutor(Runnable::run).withListener(new SnapshotListener() {
                            @Override
                            public void replayed(String commandType, ReplayReason reason) {
                                replays.add(reason);
                            }
                        }))
                .build();
    }

    private static int counted(CommandExecutor executor, Command<?, ?> command) {
        COUNTED.set(-1);
        executor.execute(command);
        return COUNTED.get();
    }

    /** Unless the tag has been given events by then, which is a conflict. */
    @Test
    void a_decision_read_before_it_began_counts_as_made_before_it() {
        storeOldSeats(20);
        Boundary free = seatsOf("never-given").boundary();
        Boundary taken = seatsOf("c1").boundary();

        backfill().run(progress -> {
            store.appendEvents(seat("ada", "never-given").restingOn(free));
            assertThatExceptionOfType(BoundaryConflictException.class)
                    .isThrownBy(() -> store.appendEvents(seat("ada", "c1").restingOn(taken)));
        });

        assertTagsFindWhatCarriesThem(store);
    }

    @Test
    void from_its_beginning_to_its_end_nothing_is_decided_on_half_of_the_tags() {
        storeOldSeats(PAGE + 200);
        List<Boolean> told = new ArrayList<>();
        Boundary nothing = Boundary.nothing(EventQuery.tagged("course", "c1"));
        String readBefore = seatsOf("never-given").boundary().toText();

        Progress done = backfill().run(progress -> {
            told.add(store.tagNames().get("course"));
            assertCourseIsRefused();
            assertThatExceptionOfType(TagsIncompleteException.class)
                    .isThrownBy(() ->
                            store.readEvents(EventFilter.tagged("student", "s1"), EventPage.first(1), Event.class));
            assertThatExceptionOfType(TagsIncompleteException.class)
                    .isThrownBy(() -> store.appendEvents(seat("ada", "never-given")
                            .restingOn(Boundary.nothing(EventQuery.tagged("course", "never-given")))))
                    .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("never-given"));
            assertThatExceptionOfType(TagsIncompleteException.class)
                    .isThrownBy(() ->
                            store.appendEvents(seat("ada", "never-given").restingOn(Boundary.ofText(readBefore))));
            store.appendEvents(seat("ada", "c1"));
        });

        assertThat(told).containsExactly(false, false);
        assertThat(done.given()).isEqualTo(2 * (PAGE + 200));
        assertThat(store.tagNames()).containsEntry("course", true).containsEntry("student", true);
        assertThat(seatsOf("c1").toList()).hasSize((PAGE + 200) / 10 + 2);
        assertTagsFindWhatCarriesThem(store);
        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(() -> store.appendEvents(seat("bob", "c1").restingOn(nothing)));
    }

    @Test
    void a_boundary_from_before_is_in_conflict_with_an_old_event_that_was_given_its_tag() {
        storeOldSeats(20);
        store.appendEvents(seat("ada", "c1"));
        Boundary early = seatsOf("c1").boundary();
        Boundary other = seatsOf("c77").boundary();

        backfill().run();

        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(() -> store.appendEvents(seat("bob", "c1").restingOn(early)));
        store.appendEvents(seat("bob", "c77").restingOn(other));
    }

    @Test
    void it_does_not_end_while_an_instance_appends_without_tags_and_loses_nothing_of_what_that_appends() {
        storeOldSeats(20);

        List<GlobalPosition> late = new ArrayList<>();
        Consumer<Progress> oldInstance = progress -> {
            if (late.isEmpty()) {
                late.add(old.appendEvents(oldSeat("late", "c1")).events().get(0).position());
            }
        };

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(
                        () -> backfill().withPatience(Duration.ofSeconds(10)).run(oldInstance))
                .withMessageContaining("'course', 'student'")
                .satisfies(refused -> assertThat(refused.getMessage()).contains("position " + late.get(0)));
        assertCourseIsRefused();

        backfill().run();

        assertThat(seatsOf("c1").toList()).hasSize(3);
        assertTagsFindWhatCarriesThem(store);
    }

    /** After the last page was read: only the look while appends are kept waiting can meet it. */
    @Test
    void it_waits_for_an_append_that_is_in_flight_when_all_else_is_read() throws Exception {
        storeOldSeats(20);
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch refused = new CountDownLatch(1);
        TransactionTemplate transaction =
                new TransactionTemplate(new JdbcTransactionManager(database().dataSource()));
        List<CompletableFuture<Void>> inFlight = new ArrayList<>();
        Consumer<Progress> begins = progress -> {
            inFlight.add(CompletableFuture.runAsync(() -> transaction.executeWithoutResult(status -> {
                old.appendEvents(oldSeat("late", "c1"));
                appended.countDown();
                awaitOf(refused);
            })));
            awaitOf(appended);
        };
        try {
            assertThatExceptionOfType(TransferRefusedException.class)
                    .isThrownBy(() ->
                            backfill().withPatience(Duration.ofMillis(100)).run(begins))
                    .withMessageContaining("Other transactions");
            assertCourseIsRefused();
        } finally {
            refused.countDown();
        }
        inFlight.get(0).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

        backfill().run();

        assertThat(seatsOf("c1").toList()).hasSize(3);
        assertTagsFindWhatCarriesThem(store);
    }

    private static void awaitOf(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Ends a run at a page, as if the process had. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void what_was_interrupted_goes_on_where_it_was_and_gives_no_tag_twice() {
        storeOldSeats(2 * PAGE + 100);
        assertThatExceptionOfType(Killed.class)
                .isThrownBy(() -> backfill().run(progress -> {
                    throw new Killed();
                }));
        assertCourseIsRefused();
        store.appendEvents(seat("ada", "c1"));

        Progress rest = backfill().run();

        assertThat(rest.events()).isEqualTo(PAGE + 101);
        assertThat(rest.given()).isEqualTo(2 * (PAGE + 100));
        assertTagsFindWhatCarriesThem(store);
        Progress again = backfill().run();
        assertThat(again.events()).isEqualTo(2 * PAGE + 101);
        assertThat(again.given()).isZero();
        assertTagsFindWhatCarriesThem(store);
    }

    @Test
    void what_was_stopped_in_the_midst_of_a_page_gives_the_rest_of_it_too() throws Exception {
        storeOldSeats(PAGE + 200);
        GlobalPosition endOfPage = store.readEvents(EventFilter.all(), EventPage.first(PAGE), Event.class)
                .continueAfter();
        try (Connection connection = database().dataSource().getConnection()) {
            connection.setAutoCommit(false);
            lockTag(connection, EventTag.of("student", "s" + (PAGE + 150)));
            assertThatExceptionOfType(TransferRefusedException.class)
                    .isThrownBy(() ->
                            backfill().withPatience(Duration.ofMillis(100)).run())
                    .withMessageContaining("Other transactions")
                    .withMessageContaining("position " + endOfPage);
            connection.rollback();
            connection.setAutoCommit(true);
        }
        assertCourseIsRefused();

        assertThat(backfill().run().events()).isEqualTo(200);

        assertTagsFindWhatCarriesThem(store);
    }

    private void lockTag(Connection connection, EventTag tag) throws SQLException {
        Dialect.of(connection, new TableNames("", prefix)).appends().lockRow(connection, tag.rowId());
    }

    /** It holds nothing while it waits for a tag that a transaction has locked: others append to all other tags. */
    @Test
    void while_it_waits_for_a_tag_it_keeps_nobody_waiting() throws Exception {
        storeOldSeats(20);
        CompletableFuture<Progress> running;
        try (Connection connection = database().dataSource().getConnection()) {
            connection.setAutoCommit(false);
            lockTag(connection, EventTag.of("course", "c5"));
            running = CompletableFuture.supplyAsync(
                    () -> backfill().withPatience(PATIENCE).run());
            awaitGiven(EventTag.of("course", "c4"), running);
            try {
                CompletableFuture.runAsync(() -> {
                            for (int i = 0; i < 10; i++) {
                                if (i != 5) {
                                    store.appendEvents(seat("s" + i, "c" + i));
                                }
                            }
                        })
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(running).isNotCompleted();
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }

        assertThat(running.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).given()).isEqualTo(40);
        assertTagsFindWhatCarriesThem(store);
    }

    private void awaitGiven(EventTag tag, CompletableFuture<Progress> running) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (countsAs(tag) == 0) {
            assertThat(running).isNotCompleted();
            assertThat(System.nanoTime()).as("the tag was given in time").isLessThan(end);
        }
    }

    private long countsAs(EventTag tag) {
        List<Long> versions = new JdbcTemplate(database().ownersDataSource())
                .queryForList(
                        new TableNames("", prefix).in("SELECT version FROM eventcore_stream WHERE stream_id = ?"),
                        Long.class,
                        tag.rowId());
        return versions.isEmpty() ? 0 : versions.get(0);
    }

    @Test
    void with_other_types_it_begins_anew() {
        old.appendEvents(writes("old", List.of(new OldOpened("c1"))));
        storeOldSeats(PAGE);
        assertThatExceptionOfType(Killed.class)
                .isThrownBy(() -> backfill().run(progress -> {
                    throw new Killed();
                }));

        Progress done = backfill(database().ownersDataSource(), NEWER).run();

        assertThat(done.events()).isEqualTo(PAGE + 1);
        assertTagsFindWhatCarriesThem(store(NEWER));
    }

    @Test
    void names_that_are_not_asked_for_stay_as_they_are() {
        storeOldSeats(3);

        Progress done = backfill().named("student").run(progress -> {
            assertThat(store.tagNames()).containsOnlyKeys("student");
            seatsOf("c1");
        });

        assertThat(done.given()).isEqualTo(3);
        assertThat(store.readEvents(EventQuery.tagged("student", "s1"), Event.class)
                        .toList())
                .hasSize(1);
        assertThat(seatsOf("c1").toList()).isEmpty();
    }

    @Test
    void a_second_one_that_is_overtaken_is_refused_and_breaks_nothing() {
        storeOldSeats(PAGE + 200);
        AtomicBoolean overtaken = new AtomicBoolean();

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> backfill().run(progress -> {
                    if (overtaken.compareAndSet(false, true)) {
                        backfill().run();
                    }
                }))
                .withMessageContaining("another one has ended");

        assertTagsFindWhatCarriesThem(store);
    }

    @Test
    void it_is_for_the_owner_of_the_tables_alone() {
        storeOldSeats(1);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> backfill(database().dataSource(), NEW).run())
                .withMessageContaining("owner");

        assertThat(store.tagNames()).isEmpty();
    }

    @Test
    void an_event_of_a_type_that_is_not_known_ends_it() {
        old.appendEvents(writes("old", List.of(new OldOpened("c1"))));
        EventTypes seats = EventTypes.of(Seat.class);

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(() -> backfill(database().ownersDataSource(), seats).run())
                .withMessageContaining("'backfill.course-opened' at position ");

        assertCourseIsRefused();
    }

    @Test
    void types_without_tags_need_none_and_an_empty_store_is_complete_at_once() {
        assertThat(backfill(database().ownersDataSource(), OLD).run())
                .isEqualTo(new Progress(0, 0, GlobalPosition.START));
        assertThat(store.tagNames()).isEmpty();

        assertThat(backfill().run().given()).isZero();

        assertThat(store.tagNames()).containsEntry("course", true);
        store.appendEvents(seat("ada", "c1").restingOn(Boundary.nothing(EventQuery.tagged("course", "c1"))));
        assertTagsFindWhatCarriesThem(store);
    }

    @Test
    void appends_and_decisions_go_on_beside_it() {
        storeOldSeats(PAGE + 200);
        AtomicBoolean ended = new AtomicBoolean();

        List<Integer> counts = Race.run(5, thread -> {
            if (thread == 0) {
                long given = backfill().run().given();
                ended.set(true);
                return (int) given;
            }
            int written = 0;
            int after = 0;
            while (after < 5) {
                after += ended.get() ? 1 : 0;
                String course = "c" + (written + thread) % 12;
                StreamWrites writes = writes("new-" + thread, List.of(new Seat("n" + thread, course)));
                try {
                    store.appendEvents(
                            written % 2 == 0 ? writes.restingOn(seatsOf(course).boundary()) : writes);
                } catch (TagsIncompleteException | ConflictException refused) {
                    store.appendEvents(writes);
                }
                written++;
            }
            return written;
        });

        assertThat(counts.get(0)).isEqualTo(2 * (PAGE + 200));
        assertTagsFindWhatCarriesThem(store);
    }

    @Test
    void patience_is_not_negative_and_names_are_names() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> backfill().withPatience(Duration.ofMillis(-1)))
                .withMessageContaining("patience");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> backfill().named("No Name"))
                .withMessageContaining("No Name");
    }

    /** Else it would stand in the tables where no erasure reaches it. */
    @Test
    void what_is_sealed_in_an_event_becomes_no_tag() {
        PersonalDataProtection protection = PersonalDataProtection.of(new InMemorySubjectKeyStore());
        EventTypes types = EventTypes.of(Invited.class);
        JacksonEventSerializer before = new JacksonEventSerializer(
                EventTypes.of(OldInvited.class), EventJson.builder().build(), protection);
        JacksonEventSerializer now =
                new JacksonEventSerializer(types, EventJson.builder().build(), protection);
        TestDatabase.jdbc(database().dataSource(), prefix)
                .eventStore(before)
                .appendEvents(writes("guests", List.of(new OldInvited("g-1", "Ada Lovelace"))));
        TagBackfill backfill = TestDatabase.jdbc(database().ownersDataSource(), prefix)
                .tagBackfill(now, types)
                .named("guest", "called");

        assertThatExceptionOfType(TransferRefusedException.class)
                .isThrownBy(backfill::run)
                .withMessageContaining("'called'")
                .withMessageContaining("@PersonalData")
                .withMessageNotContaining("Ada");
        assertThat(new JdbcTemplate(database().ownersDataSource())
                        .queryForObject(
                                new TableNames("", prefix).in("SELECT COUNT(*) FROM eventcore_event_tag"), Long.class))
                .isZero();

        // What is not asked for is not told either.
        assertThat(backfill.named("guest").run().given()).isOne();
    }
}
