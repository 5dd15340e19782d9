package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StoreInternals;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.LogSlices.Slice;
import io.eventcore.autoconfigure.notes.NoteTaken;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** How many rows a view reads, of tens of thousands. */
class ViewRowsTest {
    private static final int EVENTS = 25_000;
    private static final StreamId NOTES = StreamId.of("notes");

    private final AtomicInteger rows = new AtomicInteger();
    private final AtomicInteger pages = new AtomicInteger();
    private long read;

    @Test
    void no_view_reads_more_than_ten_thousand_rows_and_none_shows_more_than_fifty_events() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(NoteTaken.class)));
        for (int i = 0; i < EVENTS; i += 500) {
            StreamWrites writes = StreamWrites.empty().registerStream(NOTES, ExpectedVersion.any());
            for (int j = 1; j <= 500; j++) {
                writes = writes.append(new NoteTaken(NOTES, "note " + (i + j)));
            }
            store.appendEvents(writes);
        }
        EventCoreEndpoint endpoint = new EventCoreEndpoint(
                List.of(counted(EventStore.class, store)),
                null,
                null,
                EndpointParts.of(new EventCoreProperties.Endpoint(true, true, true)));

        LogViews.Events events = (LogViews.Events) body(endpoint.view("log", "events", asking("", null)));
        assertThat(events.events()).hasSize(50);
        assertThat(rows.getAndSet(0)).isEqualTo(50);

        LogViews.Events none = (LogViews.Events) body(endpoint.view("log", "events", asking("correlation", "nobody")));
        assertThat(none.events()).isEmpty();
        assertThat(none.scanned()).isEqualTo(10_000);
        assertThat(none.more()).isEqualTo(EVENTS - 10_000 + 1);
        assertThat(rows.getAndSet(0)).isEqualTo(10_000);

        LogViews.Types types = (LogViews.Types) body(endpoint.view("log", "types", asking("", null)));
        assertThat(types.types()).extracting(LogViews.Type::count).containsExactly(10_000L);
        assertThat(rows.getAndSet(0)).isEqualTo(10_000);

        LogViews.EventDetails event =
                (LogViews.EventDetails) body(endpoint.view("log", "event", asking("position", "12500")));
        assertThat(event.event().position()).isEqualTo(12_500);
        assertThat(rows.getAndSet(0)).isEqualTo(1);

        LogViews.StreamDetails stream =
                (LogViews.StreamDetails) body(endpoint.view("streams", "stream", asking("at", "12500")));
        assertThat(stream.events()).hasSize(50);
        assertThat(stream.statesLeftOut()).contains("up to version 8000");
        assertThat(rows.getAndSet(0)).isEqualTo(1);
    }

    @Test
    void a_story_and_a_state_together_with_what_they_are_shown_with_read_no_more_than_ten_thousand_rows() {
        EventStore store = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(NoteTaken.class)));
        StreamWrites lone = StreamWrites.empty()
                .withMetadata(EventMetadata.empty().withCorrelationId("lone"))
                .registerStream(NOTES, ExpectedVersion.any());
        for (int i = 0; i < EVENTS; i += 500) {
            StreamWrites writes = StreamWrites.empty().registerStream(NOTES, ExpectedVersion.any());
            for (int j = 1; j <= 500; j++) {
                writes = writes.append(new NoteTaken(NOTES, "note " + (i + j)));
            }
            store.appendEvents(writes);
            if (i == EVENTS / 2) {
                store.appendEvents(lone.append(new NoteTaken(NOTES, "lone")));
            }
        }
        EventCoreEndpoint endpoint = new EventCoreEndpoint(
                List.of(counted(EventStore.class, store)),
                null,
                null,
                EndpointParts.of(new EventCoreProperties.Endpoint(true, true, true)));

        LogViews.EventDetails event = (LogViews.EventDetails) body(
                endpoint.view("log", "event", asking("position", "" + (EVENTS / 2 + 501))));

        assertThat(event.story()).hasSize(1);
        assertThat(event.storyScanned()).isEqualTo(9_999);
        assertThat(rows.getAndSet(0)).isLessThanOrEqualTo(10_000);
    }

    @Test
    void large_events_are_looked_through_in_portions_of_few_megabytes() {
        TreeSet<Long> log = new TreeSet<>();
        Random random = new Random(20_261_201);
        long position = 0;
        for (int i = 0; i < 700; i++) {
            position += random.nextInt(4) == 0 ? random.nextInt(1, 2_000) : 1;
            log.add(position);
        }
        for (int limit : new int[] {1, 50, LogSlices.MAX_ROWS}) {
            LogSlices slices = new LogSlices(sparse(log, 900_000));
            List<Long> found = new ArrayList<>();
            Long before = log.last() + 1;
            while (before != null) {
                read = 0;
                Slice<Long> slice =
                        slices.before(before, limit, event -> event.position().value());
                assertThat(read).isLessThan(LogSlices.MAX_BYTES + 8_000_000);
                found.addAll(slice.found());
                before = slice.more();
            }
            List<Long> expected = new ArrayList<>(log);
            Collections.reverse(expected);
            assertThat(found).as("limit " + limit).isEqualTo(expected);
        }
    }

    @Test
    void before_the_first_position_is_nothing() {
        Slice<Long> slice = new LogSlices(sparse(new TreeSet<>(Set.of(1L, 2L)), 10))
                .before(0, 50, event -> event.position().value());

        assertThat(slice.found()).isEmpty();
        assertThat(slice.more()).isNull();
    }

    @Test
    void going_back_finds_every_event_once_whatever_gaps_positions_have() {
        Random random = new Random(20_260_131);
        for (int round = 0; round < 200; round++) {
            TreeSet<Long> log = new TreeSet<>();
            long position = 0;
            int dense = random.nextInt(1, 400);
            for (int i = 0; i < random.nextInt(3_000); i++) {
                position += random.nextInt(dense) == 0 ? random.nextLong(1, 5_000_000) : 1;
                log.add(position);
            }
            int limit = random.nextInt(1, 60);
            LogSlices slices = new LogSlices(sparse(log, 10), random.nextInt(60, 4_000));

            List<Long> found = new ArrayList<>();
            Long before = log.isEmpty() ? 1L : log.last() + 1;
            while (before != null) {
                Slice<Long> slice =
                        slices.before(before, limit, event -> event.position().value());
                assertThat(slice.found()).hasSizeLessThanOrEqualTo(limit);
                found.addAll(slice.found());
                before = slice.more();
            }
            List<Long> expected = new ArrayList<>(log);
            Collections.reverse(expected);
            assertThat(found).as("round " + round).isEqualTo(expected);
        }
        assertThat(pages.get()).isPositive();
    }

    private static Object body(WebEndpointResponse<Object> answer) {
        assertThat(answer.getStatus()).isEqualTo(200);
        return Objects.requireNonNull(answer.getBody());
    }

    private static ViewRequest asking(String name, @Nullable String value) {
        return new ViewRequest(
                null,
                null,
                name.equals("position") ? value : null,
                name.equals("at") ? value : null,
                null,
                null,
                null,
                null,
                null,
                null,
                name.equals("correlation") ? value : null,
                null);
    }

    /** A log that has events at these positions only, whose pages end as those of a store do after four megabytes. */
    private EventReader sparse(NavigableSet<Long> positions, int payload) {
        byte[] bytes = new byte[payload];
        int fitting = Math.max(1, 4_000_000 / payload);
        StoreInternals internals = answering(StoreInternals.class, args -> {
            EventPage page = (EventPage) args[1];
            assertThat(args[0]).isEqualTo(EventFilter.all());
            List<StoredEvent> events = positions.tailSet(page.after().value(), false).stream()
                    .limit(Math.min(page.limit(), fitting))
                    .map(found -> event(found, bytes))
                    .toList();
            pages.incrementAndGet();
            read += (long) events.size() * payload;
            boolean full = events.size() == Math.min(page.limit(), fitting);
            long last = positions.isEmpty() ? 0 : positions.last();
            return new StoredPage(
                    events,
                    full
                            ? events.get(events.size() - 1).position()
                            : GlobalPosition.of(Math.max(last, page.after().value())),
                    !full);
        });
        return answering(EventReader.class, args -> internals);
    }

    private static StoredEvent event(long position, byte[] payload) {
        return StoredEvent.of(
                NOTES,
                StreamVersion.of(position),
                GlobalPosition.of(position),
                new UUID(0, position),
                Instant.EPOCH,
                "note-taken",
                payload,
                new byte[0],
                stored -> List.of());
    }

    private interface Answer {
        Object to(Object[] arguments);
    }

    private static <T> T answering(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> answer.to(args)));
    }

    /** Counts the events in pages of the log. */
    private <T> T counted(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            try {
                Object answer = method.invoke(target, args);
                if (answer instanceof StoredPage page) {
                    rows.addAndGet(page.events().size());
                }
                return answer instanceof StoreInternals internals ? counted(StoreInternals.class, internals) : answer;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }
}
