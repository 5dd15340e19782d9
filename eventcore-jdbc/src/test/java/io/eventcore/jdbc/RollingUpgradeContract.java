package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.Tag;
import io.eventcore.TagsIncompleteException;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.transfer.TransferRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * An application with events in tables of version 1 is upgraded while it works: the script of tags is run, its two instances
 * are replaced one after the other, and what is stored is given its tags. No append fails, nothing is lost or counted twice.
 */
abstract class RollingUpgradeContract {
    private static final int STUDENTS = 100;
    private static final int COURSES = 10;
    private static final int SEATS = 25;
    private static final int WRITERS = 4;
    private static final int PATIENCE_SECONDS = 300;

    @EventType("upgrade.seat-taken")
    record OldSeat(String student, String course) implements Event {}

    @EventType("upgrade.seat-taken")
    record Seat(@Tag String student, @Tag String course) implements Event {}

    abstract TestDatabase database();

    /** How many events there are when the upgrade begins. */
    int oldEvents() {
        return 1_500;
    }

    /** An instance of the application, and how it makes its event. */
    private record Instance(EventStore store, BiFunction<String, String, Event> seat) {}

    private final AtomicReferenceArray<Instance> instances = new AtomicReferenceArray<>(2);
    private final List<Writer> writers = new ArrayList<>();
    private volatile boolean decides;
    private volatile boolean stops;

    @Test
    void an_application_is_upgraded_under_load_and_its_old_events_get_their_tags() throws Exception {
        String prefix = database().newPrefix();
        runScript(prefix, 0);
        grantRoles(prefix);
        instances.set(0, oldInstance(prefix));
        instances.set(1, oldInstance(prefix));
        appendOldEvents(instances.get(0).store());
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        List<CompletableFuture<Void>> running = new ArrayList<>();
        try {
            for (int i = 0; i < WRITERS; i++) {
                Writer writer = new Writer(i);
                writers.add(writer);
                running.add(CompletableFuture.runAsync(writer, threads));
            }
            awaitAppends();

            runScript(prefix, 1);
            grantRoles(prefix);
            awaitAppends();

            instances.set(0, newInstance(prefix));
            awaitAppends();
            EventStore upgraded = instances.get(0).store();
            assertThatExceptionOfType(TransferRefusedException.class)
                    .as("too early: an instance goes on that writes no tags")
                    .isThrownBy(() -> backfill(prefix).run(progress -> awaitAppends()));
            assertThatExceptionOfType(TagsIncompleteException.class)
                    .isThrownBy(() -> upgraded.readEvents(EventQuery.tagged("course", "c1"), Event.class));
            instances.set(1, newInstance(prefix));
            awaitAppends();

            backfill(prefix).run();
            awaitAppends();

            decides = true;
            awaitAppends();
        } finally {
            stops = true;
            threads.shutdown();
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        assertNothingIsMissing(prefix, instances.get(1).store());
    }

    private TagBackfill backfill(String prefix) {
        EventTypes types = EventTypes.of(Seat.class);
        return TestDatabase.jdbc(database().ownersDataSource(), prefix)
                .tagBackfill(new JacksonEventSerializer(types), types);
    }

    private JdbcDatabase database(String prefix) {
        return TestDatabase.jdbc(database().dataSource(), prefix);
    }

    private Instance oldInstance(String prefix) {
        return new Instance(
                database(prefix).eventStore(new JacksonEventSerializer(EventTypes.of(OldSeat.class))), OldSeat::new);
    }

    private Instance newInstance(String prefix) {
        return new Instance(
                database(prefix).eventStore(new JacksonEventSerializer(EventTypes.of(Seat.class))), Seat::new);
    }

    private void runScript(String prefix, int number) throws IOException, SQLException {
        Engine engine;
        try (Connection connection = database().ownersDataSource().getConnection()) {
            engine = Engine.of(connection);
        }
        database()
                .runScript(new TableNames("", prefix)
                        .in(new ClassPathResource("io/eventcore/jdbc/"
                                        + engine.scripts().schema().get(number))
                                .getContentAsString(StandardCharsets.UTF_8)));
    }

    private void grantRoles(String prefix) {
        database()
                .runScript(JdbcSchema.in(database().ownersDataSource(), "", prefix)
                        .rolesScript(TestDatabase.APP, TestDatabase.READER));
    }

    private void appendOldEvents(EventStore store) {
        for (int from = 0; from < oldEvents(); from += 1_000) {
            StreamId stream = StreamId.of("old-" + from);
            StreamWrites writes = StreamWrites.empty().registerStream(stream, any());
            for (int i = from; i < Math.min(oldEvents(), from + 1_000); i++) {
                writes = writes.append(stream, new OldSeat("s" + i % STUDENTS, "c" + i % COURSES));
            }
            store.appendEvents(writes);
        }
    }

    /** Until each writer has begun and ended an append after this call. */
    private void awaitAppends() {
        for (Writer writer : writers) {
            writer.done.drainPermits();
            try {
                assertThat(writer.done.tryAcquire(3, PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .as("appends go on")
                        .isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Appends without end: to a stream of its own at exactly its version, so that a lost append would be a conflict. */
    private final class Writer implements Runnable {
        private final Semaphore done = new Semaphore(0);
        private final int number;
        private long version;

        private Writer(int number) {
            this.number = number;
        }

        @Override
        public void run() {
            while (!stops) {
                Instance instance = instances.get(number % 2);
                StreamId stream = StreamId.of("writer-" + number);
                Event seat = instance.seat().apply("w" + number, course());
                StreamWrites writes = StreamWrites.empty()
                        .registerStream(stream, exactly(version))
                        .append(stream, seat);
                if (!decides || takesSeat(instance, writes, seat)) {
                    if (!decides) {
                        instance.store().appendEvents(writes);
                    }
                    version++;
                }
                done.release();
            }
        }

        private String course() {
            return decides ? "full-" + (version + number) % 3 : "c" + (version + number) % COURSES;
        }

        private boolean takesSeat(Instance instance, StreamWrites writes, Event seat) {
            EventQuery course = EventQuery.tagged("course", ((Seat) seat).course());
            try {
                QueriedEvents<Event> taken = instance.store().readEvents(course, Event.class);
                if (taken.toList().size() >= SEATS) {
                    return false;
                }
                instance.store().appendEvents(writes.restingOn(taken.boundary()));
                return true;
            } catch (BoundaryConflictException conflict) {
                return false;
            }
        }
    }

    private void assertNothingIsMissing(String prefix, EventStore store) {
        Map<EventTag, Long> carried = new HashMap<>();
        long events = 0;
        EventPage page = EventPage.first(1_000);
        while (true) {
            var batch = store.readEvents(EventFilter.all(), page, Event.class);
            for (RecordedEvent<Event> recorded : batch.events()) {
                recorded.event().eventTags().forEach(tag -> carried.merge(tag, 1L, Long::sum));
                events++;
            }
            if (batch.endReached()) {
                break;
            }
            page = EventPage.after(batch.continueAfter(), 1_000);
        }
        long written = writers.stream().mapToLong(writer -> writer.version).sum();
        assertThat(events).isEqualTo(oldEvents() + written);
        for (Writer writer : writers) {
            assertThat(store.streamVersion(StreamId.of("writer-" + writer.number)))
                    .isEqualTo(StreamVersion.of(writer.version));
        }
        carried.forEach((tag, count) -> assertThat(store.readEvents(EventQuery.tagged(tag), Event.class)
                        .boundary()
                        .seen(tag.rowId())
                        .version())
                .as("version of %s", tag)
                .isEqualTo(count));
        JdbcTemplate owner = new JdbcTemplate(database().ownersDataSource());
        TableNames names = new TableNames("", prefix);
        assertThat(owner.queryForList(names.in("""
                        SELECT s.stream_id, s.version, COUNT(t.position)
                        FROM eventcore_stream s
                        LEFT JOIN eventcore_event_tag t ON t.tag_key = s.stream_key
                        WHERE s.stream_id < ' '
                        GROUP BY s.stream_id, s.version
                        HAVING s.version <> COUNT(t.position)
                        """))).isEmpty();
        assertThat(owner.queryForObject(names.in("SELECT COUNT(*) FROM eventcore_event_tag"), Long.class))
                .isEqualTo(2 * events);
        for (int course = 0; course < 3; course++) {
            assertThat(carried.getOrDefault(EventTag.of("course", "full-" + course), 0L))
                    .isBetween(1L, (long) SEATS);
        }
    }
}
