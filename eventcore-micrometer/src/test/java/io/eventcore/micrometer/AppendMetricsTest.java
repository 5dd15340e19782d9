package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.eventcore.AppendLimits;
import io.eventcore.AppendListener.MovedBoundary;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What became of boundaries is told by the names of tags alone. */
class AppendMetricsTest {
    private static final StreamId HOME = StreamId.of("home");
    private static final EventTag COURSE = EventTag.of("course", "secret-course");
    private static final EventTag STUDENT = EventTag.of("student", "secret-student");

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final AppendMetrics metrics = new AppendMetrics(meters);
    private final EventStore store = new InMemoryEventStore(
            new JacksonEventSerializer(EventTypes.of(Noted.class, Forgotten.class)),
            AppendLimits.defaults(),
            Clock.systemUTC(),
            metrics);

    @EventType("append-metrics.noted")
    record Noted(Set<String> values) implements Event {
        @Override
        public Set<EventTag> eventTags() {
            return values.isEmpty() ? Set.of(COURSE) : Set.of(COURSE, STUDENT);
        }
    }

    @EventType("append-metrics.forgotten")
    record Forgotten() implements Event {}

    private Boundary boundary(EventQuery query) {
        return store.readEvents(query, Event.class).boundary();
    }

    private static StreamWrites noted(boolean ofStudent) {
        return StreamWrites.empty()
                .registerStream(HOME, ExpectedVersion.any())
                .append(HOME, new Noted(ofStudent ? Set.of("student") : Set.of()));
    }

    private void assertConflict(Boundary boundary) {
        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(() -> store.appendEvents(noted(false).restingOn(boundary)));
    }

    private void assertCounted(Object... expected) {
        assertThat(meters.find(AppendMetrics.MOVED).counters())
                .extracting(
                        counter -> counter.getId().getTag("tag"),
                        counter -> counter.getId().getTag("outcome"),
                        counter -> counter.count())
                .containsExactly(tuple(expected));
    }

    @Test
    void a_boundary_that_has_not_moved_is_not_counted() {
        store.appendEvents(noted(false).restingOn(boundary(EventQuery.tagged(COURSE))));

        assertThat(meters.find(AppendMetrics.MOVED).counters()).isEmpty();
    }

    @Test
    void a_look_that_finds_nothing_has_saved_the_append() {
        Boundary boundary = boundary(EventQuery.tagged(COURSE).and(STUDENT));
        store.appendEvents(noted(false));

        store.appendEvents(noted(false).restingOn(boundary));

        assertCounted("course", "saved", 1.0);
    }

    @Test
    void a_look_that_finds_something_is_a_conflict() {
        Boundary boundary = boundary(EventQuery.tagged(COURSE).and(STUDENT));
        store.appendEvents(noted(true));

        assertConflict(boundary);

        assertCounted("course", "found", 1.0);
    }

    @Test
    void where_every_event_counts_nothing_is_looked_at() {
        Boundary boundary = boundary(EventQuery.tagged(COURSE));
        store.appendEvents(noted(false));

        assertConflict(boundary);

        assertCounted("course", "refused", 1.0);
    }

    @Test
    void streams_are_counted_as_one() {
        Boundary boundary = boundary(EventQuery.ofStream(HOME).ofTypes(Forgotten.class));
        store.appendEvents(noted(false));

        store.appendEvents(noted(false).restingOn(boundary));

        assertCounted("(stream)", "saved", 1.0);
    }

    @Test
    void names_are_counted_one_by_one_as_far_as_there_are_not_too_many() {
        for (int i = 0; i < 150; i++) {
            metrics.boundaryMoved("name-" + i, MovedBoundary.SAVED);
            metrics.boundaryMoved("name-" + i, MovedBoundary.SAVED);
        }

        assertThat(meters.find(AppendMetrics.MOVED).counters()).hasSize(101);
        assertThat(meters.get(AppendMetrics.MOVED)
                        .tag("tag", "name-7")
                        .counter()
                        .count())
                .isEqualTo(2);
        assertThat(meters.get(AppendMetrics.MOVED)
                        .tag("tag", AppendMetrics.OTHERS)
                        .counter()
                        .count())
                .isEqualTo(100);
    }
}
