package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.CourseRenamed;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.util.Collections;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which events refuse an append that rests on a boundary, and which do not. */
abstract class BoundariesContract extends TagFixture {
    private static final StreamId COURSE = StreamId.of("course/c1");

    @Test
    void an_event_that_matches_and_came_since_refuses_the_append() {
        append(opened("c1"));
        Boundary read = boundary(course("c1"));
        append(subscribed("ada", "c1"));

        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(
                        () -> store.appendEvents(writes(subscribed("bob", "c1")).restingOn(read)))
                .satisfies(conflict -> {
                    assertThat(conflict.tag()).contains(EventTag.of("course", "c1"));
                    assertThat(conflict.streamId()).isEmpty();
                    assertThat(conflict.seen()).isEqualTo(StreamVersion.of(1));
                    assertThat(conflict.found()).isEqualTo(StreamVersion.of(2));
                });
        assertCounted(course("c1"), 2);
        assertThat(found(student("bob"))).isEmpty();
        assertAccepted(boundary(course("c1")), subscribed("bob", "c1"));
        assertCounted(course("c1"), 3);
    }

    @Test
    void an_append_is_stored_if_nothing_came_since() {
        append(opened("c1"), subscribed("ada", "c2"));

        assertAccepted(boundary(course("c1").or(student("ada"))), subscribed("ada", "c1"));
        assertAccepted(boundary(course("c1").and("student", "bob")), subscribed("bob", "c1"));
        assertAccepted(boundary(EventQuery.ofStream(COURSE).or(student("eve"))), subscribed("eve", "c1"));
        assertCounted(course("c1"), 4);
    }

    @Test
    void an_event_of_the_same_tag_that_does_not_match_is_no_conflict() {
        append(opened("c1"), subscribed("ada", "c1"));
        Boundary definition = boundary(course("c1").ofTypes(CourseOpened.class));
        Boundary both = boundary(course("c1").and("student", "ada"));
        Boundary either = boundary(course("c1")
                .ofTypes(CourseOpened.class, CourseRenamed.class)
                .or(course("c1").and("student", "ada").ofTypes(Subscribed.class)));
        append(subscribed("bob", "c1"), subscribed("ada", "c2"));

        assertAccepted(definition, subscribed("carl", "c1"));
        assertAccepted(both, subscribed("dan", "c1"));
        assertAccepted(either, subscribed("eve", "c1"));

        append(renamed("c1"));
        assertAccepted(definition, subscribed("fay", "c1"));
        assertRefused(either, subscribed("gus", "c1"));

        append(subscribed("ada", "c1"));
        assertRefused(both, subscribed("hal", "c1"));
    }

    @Test
    void an_event_that_matches_any_item_is_a_conflict() {
        append(opened("c1"), subscribed("ada", "c2"));
        Boundary read = boundary(course("c1").or(student("ada")).or(subject("s").and("subject", "t")));

        append(noted("n", "s"), noted("n", "t"), subscribed("bob", "c2"));
        assertAccepted(read, noted("n", "else"));

        append(noted("n", "s", "t", "u"));
        assertRefused(read, noted("n", "else"));
    }

    @Test
    void what_has_never_been_used_is_guarded_too() {
        Boundary absent = boundary(course("c9").or(student("nobody")));
        assertAccepted(absent, noted("n", "x"));
        append(subscribed("nobody", "c8"));
        assertRefused(absent, noted("n", "x"));

        Boundary nothing = Boundary.nothing(course("c7"));
        assertAccepted(nothing, opened("c7"));
        assertRefused(nothing, opened("c7"));
        assertRefused(Boundary.nothing(course("c7").ofTypes(CourseOpened.class)), opened("c7"));
        assertAccepted(Boundary.nothing(course("c7").ofTypes(CourseRenamed.class)), renamed("c7"));
        assertAccepted(Boundary.nothing(course("c7").and("student", "nobody")), subscribed("nobody", "c7"));
        assertCounted(course("c7"), 3);
    }

    @Test
    void all_boundaries_of_an_append_must_hold() {
        append(opened("c1"), opened("c2"));
        Boundary first = boundary(course("c1"));
        Boundary second = boundary(course("c2"));
        Boundary typed = boundary(course("c1").ofTypes(CourseOpened.class));
        append(subscribed("ada", "c1"));

        assertThat(succeeds(store, writes(renamed("c2")).restingOn(second).restingOn(first)))
                .isFalse();
        assertThat(succeeds(store, writes(renamed("c2")).restingOn(typed).restingOn(first)))
                .isFalse();
        assertThat(succeeds(store, writes(renamed("c2")).restingOn(second).restingOn(typed)))
                .isTrue();
        assertThat(succeeds(store, writes(renamed("c2")).restingOn(typed).restingOn(second)))
                .isFalse();
    }

    @Test
    void a_boundary_is_checked_without_any_event() {
        Boundary read = boundary(course("c1"));
        StreamWrites check = StreamWrites.empty().restingOn(read);

        assertThat(store.appendEvents(check)).isEqualTo(EventStreamSlice.empty());
        append(opened("c1"));
        assertThat(succeeds(store, check)).isFalse();
        assertCounted(course("c1"), 1);
    }

    @Test
    void a_stream_of_a_query_is_guarded_by_its_version() {
        append(opened("c1"));
        Boundary read = store.readEvents(EventQuery.ofStream(COURSE).or(student("ada")), Event.class)
                .boundary();
        append(renamed("c1"));

        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(
                        () -> store.appendEvents(writes(subscribed("ada", "c1")).restingOn(read)))
                .satisfies(conflict -> {
                    assertThat(conflict.streamId()).isEqualTo(COURSE);
                    assertThat(conflict.expected()).isEqualTo(exactly(1));
                    assertThat(conflict.actual()).isEqualTo(StreamVersion.of(2));
                });
    }

    @Test
    void of_a_stream_with_types_only_these_count() {
        append(opened("c1"));
        Boundary definition =
                boundary(EventQuery.ofStream(COURSE).ofTypes(CourseOpened.class).or(student("ada")));
        append(renamed("c1"));

        assertAccepted(definition, subscribed("bob", "c1"));
        assertAccepted(definition, renamed("c1"));
        append(opened("c1"));
        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(() -> store.appendEvents(writes(renamed("c1")).restingOn(definition)))
                .satisfies(conflict -> assertThat(conflict.streamId()).contains(COURSE));
        assertThat(store.streamVersion(COURSE)).isEqualTo(StreamVersion.of(4));
    }

    @Test
    void versions_of_streams_hold_beside_a_boundary() {
        append(opened("c1"));
        Boundary read = boundary(course("c1"));
        StreamWrites stale = StreamWrites.empty()
                .registerStream(COURSE, exactly(0))
                .append(renamed("c1"))
                .restingOn(read);

        assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> store.appendEvents(stale));
        assertThat(succeeds(
                        store,
                        StreamWrites.empty()
                                .registerStream(COURSE, exactly(1))
                                .append(renamed("c1"))
                                .restingOn(read)))
                .isTrue();
        assertThat(succeeds(
                        store,
                        StreamWrites.empty()
                                .registerStream(COURSE, ExpectedVersion.streamExists())
                                .append(renamed("c1"))
                                .restingOn(boundary(EventQuery.ofStream(COURSE)))))
                .isTrue();
        assertCounted(course("c1"), 3);
    }

    @Test
    void several_events_with_one_tag_count_each() {
        append(subscribed("ada", "c1"), subscribed("bob", "c1"), opened("c1"));
        assertCounted(course("c1"), 3);
        Boundary read = boundary(course("c1").or(student("ada")));

        assertAccepted(read, subscribed("ada", "c1"), subscribed("ada", "c1"), subscribed("ada", "c2"));
        assertCounted(course("c1"), 5);
        assertCounted(student("ada"), 4);
        assertRefused(read, renamed("c1"));
        assertCounted(course("c1"), 5);
    }

    @Test
    void a_refused_append_leaves_no_trace_on_what_it_would_have_written() {
        append(opened("c1"));
        Boundary read = boundary(course("c1"));
        append(renamed("c1"));

        // Rows before and after the one in conflict, known and new ones.
        assertRefused(read, noted("n", "a", "z"), subscribed("ada", "b0"), subscribed("zoe", "c1"));

        assertCounted(subject("a"), 0);
        assertCounted(subject("z"), 0);
        assertCounted(course("b0"), 0);
        assertCounted(course("c1"), 2);
        assertCounted(student("zoe"), 0);
        assertThat(store.streamVersion(StreamId.of("notes/n"))).isEqualTo(StreamVersion.NONE);
        append(noted("n", "a", "z"), subscribed("ada", "b0"), subscribed("zoe", "c1"));
        assertCounted(subject("a"), 1);
        assertCounted(course("c1"), 3);
    }

    @Test
    void as_many_events_since_as_a_store_looks_through_are_no_conflict_and_one_more_is() {
        append(opened("c1"));
        Boundary read = boundary(course("c1").ofTypes(CourseOpened.class));
        Boundary stream = boundary(EventQuery.ofStream(COURSE).ofTypes(CourseOpened.class));
        for (int i = 0; i < 10; i++) {
            StreamWrites writes = StreamWrites.empty().registerStream(COURSE, any());
            for (int j = 0; j < 100; j++) {
                writes = writes.append(renamed("c1"));
            }
            store.appendEvents(writes);
        }

        assertAccepted(read, noted("n", "x"));
        assertAccepted(stream, noted("n", "x"));
        append(renamed("c1"));
        assertRefused(read, noted("n", "x"));
        assertRefused(stream, noted("n", "x"));
    }

    @Test
    void the_guard_is_the_tag_with_the_fewest_events_and_in_doubt_the_first() {
        append(subscribed("ada", "c1"), subscribed("ada", "c2"), subscribed("bob", "c2"), subscribed("ada", "c3"));

        assertThat(boundary(student("ada").and("course", "c2")).guardRows())
                .containsExactly(EventTag.of("course", "c2").rowId());
        assertThat(boundary(student("bob").and("course", "c2")).guardRows())
                .containsExactly(EventTag.of("student", "bob").rowId());
        assertThat(boundary(student("bob").and("course", "c1")).guardRows())
                .containsExactly(EventTag.of("course", "c1").rowId());
        assertThat(boundary(student("nobody").and("course", "none")).guardRows())
                .containsExactly(EventTag.of("course", "none").rowId());
    }

    @Test
    void a_boundary_survives_as_a_text() {
        append(opened("c1"), subscribed("ada", "c1"));
        EventQuery query = course("c1")
                .ofTypes(CourseOpened.class)
                .or(course("c1").and("student", "ada"))
                .or(EventQuery.ofStream(COURSE).ofTypes(CourseOpened.class));
        Boundary again = Boundary.ofText(boundary(query).toText());

        assertThat(again).isEqualTo(boundary(query));
        append(renamed("c1"), subscribed("bob", "c1"));
        assertAccepted(again, noted("n", "x"));
        append(opened("c1"));
        assertRefused(again, noted("n", "x"));
    }

    @Test
    void an_append_that_is_repeated_is_told_what_it_has_written() {
        append(opened("c1"));
        StreamWrites writes = writes(subscribed("ada", "c1"), noted("n", "x"))
                .restingOn(boundary(course("c1").or(subject("x"))));
        EventStreamSlice first = store.appendEvents(writes);
        append(subscribed("bob", "c1"), subscribed("ada", "c2"), noted("n", "x"));

        assertThat(other.appendEvents(writes)).isEqualTo(first);
        assertCounted(course("c1"), 3);
        assertCounted(subject("x"), 2);
    }

    @Test
    void an_append_that_is_repeated_is_found_however_many_events_another_tag_of_it_has_got() {
        StreamWrites writes = writes(noted("n", "all", "own")).restingOn(boundary(subject("own")));
        for (int i = 0; i < 3; i++) {
            append(Collections.nCopies(800, noted("others", "all")).toArray(SchoolEvent[]::new));
        }
        EventStreamSlice first = store.appendEvents(writes);

        assertThat(other.appendEvents(writes)).isEqualTo(first);
        assertCounted(subject("own"), 1);
    }

    @Test
    void an_append_that_is_repeated_is_found_behind_as_many_events_as_are_looked_through() {
        append(opened("c1"));
        StreamWrites writes =
                writes(subscribed("ada", "c1")).restingOn(boundary(course("c1").ofTypes(Subscribed.class)));
        append(Collections.nCopies(1_000, renamed("c1")).toArray(SchoolEvent[]::new));
        EventStreamSlice first = store.appendEvents(writes);

        assertThat(other.appendEvents(writes)).isEqualTo(first);
        assertCounted(student("ada"), 1);
    }

    @Test
    void a_part_of_an_append_is_not_the_append() {
        Boundary read = boundary(course("c1"));
        StreamWrites part = writes(subscribed("ada", "c1")).restingOn(read);
        store.appendEvents(part);
        StreamWrites more = part.registerStream(StreamId.of("notes/n"), any()).append(noted("n", "x"));

        assertThatExceptionOfType(ConflictException.class).isThrownBy(() -> store.appendEvents(more));
        assertCounted(course("c1"), 1);
        assertCounted(subject("x"), 0);
    }

    @Test
    void an_append_that_carries_tags_and_rests_on_none_is_never_refused() {
        for (int i = 0; i < 3; i++) {
            append(new Noted("n", Set.of("x", "y"), i), opened("c1"));
        }

        assertCounted(subject("x"), 3);
        assertCounted(subject("y"), 3);
        assertCounted(course("c1"), 3);
    }
}
