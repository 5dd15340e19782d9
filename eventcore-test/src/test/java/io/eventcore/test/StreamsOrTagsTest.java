package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import io.eventcore.ExpectedVersion;
import io.eventcore.QueriedEvents;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.Tag;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One fact, two subjects, in three forms: what the page of the guide quotes, and that each form keeps both rules. */
@SuppressWarnings("SameNameButDifferent") // One example in three forms.
class StreamsOrTagsTest {
    private static final EventTypes TYPES = EventTypes.of(
            TwoStreams.CourseOpened.class,
            TwoStreams.SeatTaken.class,
            TwoStreams.CourseJoined.class,
            OneTag.CourseOpened.class,
            OneTag.Subscribed.class,
            TagsOnly.CourseOpened.class,
            TagsOnly.Subscribed.class,
            Forgotten.Moved.class,
            Forgotten.Closed.class,
            Forgotten.Said.class);

    private final EventStore store = new InMemoryEventStore(new JacksonEventSerializer(TYPES));
    private final CommandExecutor commandExecutor =
            CommandExecutor.builder(store).build();

    record Seats(int capacity, int taken, int joined) {
        static final Seats NONE = new Seats(0, 0, 0);

        Seats ofCapacity(int seats) {
            return new Seats(seats, taken, joined);
        }

        Seats plus(int ofCourse, int ofStudent) {
            return new Seats(capacity, taken + ofCourse, joined + ofStudent);
        }
    }

    private static void requireRoom(Seats seats) {
        Require.that(seats.taken() < seats.capacity(), "course is full");
        Require.that(seats.joined() < 3, "student has three courses");
    }

    static final class TwoStreams {
        // tag::streams[]
        sealed interface SchoolEvent extends Event {}

        @EventType("streams.course-opened")
        record CourseOpened(String course, int capacity) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return StreamId.of("course/" + course);
            }
        }

        @EventType("streams.seat-taken")
        record SeatTaken(StreamId course, StreamId student) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return course;
            }
        }

        @EventType("streams.course-joined")
        record CourseJoined(StreamId student, StreamId course) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return student;
            }
        }

        record Subscribe(@Stream StreamId student, @Stream StreamId course) implements Command<Seats, SchoolEvent> {
            @Override
            public Seats initialState() {
                return Seats.NONE;
            }

            @Override
            public Seats apply(Seats seats, SchoolEvent event) {
                if (event instanceof CourseOpened opened) {
                    return seats.ofCapacity(opened.capacity());
                }
                return event instanceof SeatTaken ? seats.plus(1, 0) : seats.plus(0, 1);
            }

            @Override
            public List<SchoolEvent> handle(Seats seats) {
                requireRoom(seats);
                return List.of(new SeatTaken(course, student), new CourseJoined(student, course));
            }
        }
        // end::streams[]
    }

    static final class OneTag {
        // tag::cheap[]
        sealed interface SchoolEvent extends Event {}

        @EventType("one-tag.course-opened")
        record CourseOpened(@Tag String course, int capacity) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return StreamId.of("course/" + course);
            }
        }

        @EventType("one-tag.subscribed")
        record Subscribed(StreamId student, @Tag String course) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return student;
            }
        }

        record Subscribe(@Stream StreamId student, @Tag String course) implements Command<Seats, SchoolEvent> {
            @Override
            public Seats initialState() {
                return Seats.NONE;
            }

            @Override
            public Seats apply(Seats seats, SchoolEvent event) {
                if (event instanceof CourseOpened opened) {
                    return seats.ofCapacity(opened.capacity());
                }
                Subscribed one = (Subscribed) event;
                return seats.plus(
                        one.course().equals(course) ? 1 : 0, one.student().equals(student) ? 1 : 0);
            }

            @Override
            public List<SchoolEvent> handle(Seats seats) {
                requireRoom(seats);
                return List.of(new Subscribed(student, course));
            }
        }
        // end::cheap[]
    }

    static final class TagsOnly {
        // tag::tags[]
        sealed interface SchoolEvent extends Event {}

        @EventType("tags.course-opened")
        record CourseOpened(@Tag String course, int capacity) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return StreamId.of("course/" + course);
            }
        }

        @EventType("tags.subscribed")
        record Subscribed(
                String id, @Tag String student, @Tag String course) implements SchoolEvent {
            @Override
            public StreamId streamId() {
                return StreamId.of("subscription/" + id);
            }
        }

        record Subscribe(
                String id, @Tag String student, @Tag String course) implements Command<Seats, SchoolEvent> {
            @Override
            public Seats initialState() {
                return Seats.NONE;
            }

            @Override
            public Seats apply(Seats seats, SchoolEvent event) {
                if (event instanceof CourseOpened opened) {
                    return seats.ofCapacity(opened.capacity());
                }
                Subscribed one = (Subscribed) event;
                return seats.plus(
                        one.course().equals(course) ? 1 : 0, one.student().equals(student) ? 1 : 0);
            }

            @Override
            public List<SchoolEvent> handle(Seats seats) {
                requireRoom(seats);
                return List.of(new Subscribed(id, student, course));
            }
        }
        // end::tags[]
    }

    @Test
    void two_streams_keep_both_rules_and_hold_the_fact_twice() {
        append(new TwoStreams.CourseOpened("c1", 2));
        for (String course : List.of("c2", "c3", "c4")) {
            append(new TwoStreams.CourseOpened(course, 9));
        }
        StreamId c1 = StreamId.of("course/c1");
        assertBothRules(
                () -> commandExecutor.execute(new TwoStreams.Subscribe(student("ada"), c1)),
                () -> commandExecutor.execute(new TwoStreams.Subscribe(student("bob"), c1)),
                () -> commandExecutor.execute(new TwoStreams.Subscribe(student("cem"), c1)),
                course -> commandExecutor.execute(
                        new TwoStreams.Subscribe(student("ada"), StreamId.of("course/" + course))));

        assertThat(store.lastPosition().value()).isEqualTo(4 + 2 * 4);
    }

    @Test
    void a_home_stream_and_one_tag_keep_both_rules_and_hold_the_fact_once() {
        append(new OneTag.CourseOpened("c1", 2));
        for (String course : List.of("c2", "c3", "c4")) {
            append(new OneTag.CourseOpened(course, 9));
        }
        assertBothRules(
                () -> commandExecutor.execute(new OneTag.Subscribe(student("ada"), "c1")),
                () -> commandExecutor.execute(new OneTag.Subscribe(student("bob"), "c1")),
                () -> commandExecutor.execute(new OneTag.Subscribe(student("cem"), "c1")),
                course -> commandExecutor.execute(new OneTag.Subscribe(student("ada"), course)));

        assertThat(store.lastPosition().value()).isEqualTo(4 + 4);
    }

    @Test
    void tags_alone_keep_both_rules_whatever_the_home_of_the_fact() {
        append(new TagsOnly.CourseOpened("c1", 2));
        for (String course : List.of("c2", "c3", "c4")) {
            append(new TagsOnly.CourseOpened(course, 9));
        }
        assertBothRules(
                () -> commandExecutor.execute(new TagsOnly.Subscribe("1", "ada", "c1")),
                () -> commandExecutor.execute(new TagsOnly.Subscribe("2", "bob", "c1")),
                () -> commandExecutor.execute(new TagsOnly.Subscribe("3", "cem", "c1")),
                course -> commandExecutor.execute(new TagsOnly.Subscribe("ada-" + course, "ada", course)));

        assertThat(store.lastPosition().value()).isEqualTo(4 + 4);
    }

    private interface JoinOfAda {
        void to(String course);
    }

    /** Course c1 has two seats, and Ada may join three courses. */
    private static void assertBothRules(Runnable first, Runnable second, Runnable third, JoinOfAda ada) {
        first.run();
        second.run();
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(third::run)
                .withMessageContaining("full");
        ada.to("c2");
        ada.to("c3");
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> ada.to("c4"))
                .withMessageContaining("three");
    }

    @Test
    void without_commands_an_append_rests_on_what_was_read() {
        append(new TagsOnly.CourseOpened("c1", 2));

        // tag::boundary[]
        QueriedEvents<TagsOnly.SchoolEvent> read = store.readEvents(
                EventQuery.tagged("course", "c1").or(EventQuery.tagged("student", "ada")), TagsOnly.SchoolEvent.class);
        Boundary boundary = read.boundary();
        int events = read.fold(0, (count, event) -> count + 1);
        // end::boundary[]
        assertThat(events).isEqualTo(1);
        append(new TagsOnly.Subscribed("1", "bob", "c1"));
        StreamId home = StreamId.of("subscription/2");
        TagsOnly.Subscribed subscribed = new TagsOnly.Subscribed("2", "ada", "c1");

        assertThatExceptionOfType(BoundaryConflictException.class)
                .isThrownBy(
                        () ->
                                // tag::append[]
                                store.appendEvents(StreamWrites.to(home, ExpectedVersion.noStream(), subscribed)
                                        .restingOn(boundary))
                        // end::append[]
                        );
        // tag::filter[]
        EventFilter ofTheCourse = EventFilter.tagged("course", "c1").ofTypes(TagsOnly.Subscribed.class);
        // end::filter[]
        assertThat(store.readEvents(ofTheCourse, EventPage.first(10), Event.class)
                        .events())
                .hasSize(1);
    }

    // tag::scenario[]
    @Test
    void a_student_takes_three_courses() {
        CommandScenario.given(
                        new TagsOnly.CourseOpened("c1", 2),
                        new TagsOnly.Subscribed("1", "ada", "c2"),
                        new TagsOnly.Subscribed("2", "ada", "c3"))
                .when(new TagsOnly.Subscribe("3", "ada", "c1"))
                .then(new TagsOnly.Subscribed("3", "ada", "c1"));
    }
    // end::scenario[]

    @Test
    void what_is_given_without_a_tag_of_the_command_fails_the_scenario() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> CommandScenario.given(new TagsOnly.Subscribed("1", "bob", "c2"))
                        .and(new TagsOnly.CourseOpened("c1", 2))
                        .when(new TagsOnly.Subscribe("3", "ada", "c1")))
                .withMessageContaining("What is given in [subscription/1] does not count")
                .withMessageContaining("course:c1");
    }

    @Test
    void what_is_given_counts_in_a_declared_stream_and_by_a_tag() {
        CommandScenario.given(
                        new OneTag.CourseOpened("c1", 1),
                        new OneTag.Subscribed(student("ada"), "c7"),
                        new OneTag.Subscribed(student("bob"), "c1"))
                .when(new OneTag.Subscribe(student("ada"), "c1"))
                .thenRejected(BusinessRuleViolationException.class);
    }

    @Test
    void what_is_given_counts_for_a_query_of_types_and_of_all_tags() {
        StreamId rooms = StreamId.of("rooms");
        CommandScenario.given(rooms, new Forgotten.Closed("r", "f"), new Forgotten.Closed("q", "f"))
                .when(new Forgotten.OfClosedRooms())
                .thenUnchanged();
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> CommandScenario.given(rooms, new Forgotten.Closed("q", "f"))
                        .when(new Forgotten.OfRoomAndFloor()))
                .withMessageContaining("does not count");
    }

    // tag::tagged[]
    @Test
    void a_subscription_finds_every_event_it_counts() {
        EventCoreAssertions.assertTagged(TYPES, TagsOnly.Subscribe.class);
    }
    // end::tagged[]

    @Test
    void what_only_a_declared_stream_holds_may_be_named() {
        EventCoreAssertions.assertTagged(TYPES, OneTag.Subscribe.class);
        EventCoreAssertions.assertTagged(TYPES, Forgotten.Close.class, Forgotten.Moved.class);
    }

    static final class Forgotten {
        sealed interface RoomEvent extends Event {}

        @EventType("forgotten.moved")
        record Moved(String room) implements RoomEvent {}

        @EventType("forgotten.closed")
        record Closed(@Tag String room, @Tag String floor) implements RoomEvent {}

        @EventType("forgotten.said")
        record Said(String room) implements RoomEvent {
            @Override
            public Set<EventTag> eventTags() {
                return Set.of(EventTag.of("room", room));
            }
        }

        abstract static class OfRooms implements Command<Integer, RoomEvent> {
            @Override
            public Integer initialState() {
                return 0;
            }

            @Override
            public Integer apply(Integer state, RoomEvent event) {
                return state + 1;
            }

            @Override
            public List<RoomEvent> handle(Integer state) {
                return List.of();
            }

            @Override
            public Class<RoomEvent> eventType() {
                return RoomEvent.class;
            }
        }

        record Close(@Tag String room) implements Command<Integer, RoomEvent> {
            @Override
            public Integer initialState() {
                return 0;
            }

            @Override
            public Integer apply(Integer state, RoomEvent event) {
                return state + 1;
            }

            @Override
            public List<RoomEvent> handle(Integer state) {
                return List.of();
            }
        }

        static final class OfRoomAndFloor extends OfRooms {
            @Override
            public Optional<EventQuery> query() {
                return Optional.of(EventQuery.tagged("room", "r").and("floor", "f"));
            }
        }

        static final class OfClosedRooms extends OfRooms {
            @Override
            public Optional<EventQuery> query() {
                return Optional.of(EventQuery.tagged("floor", "f").ofTypes(Closed.class));
            }
        }

        static final class OfNothing extends OfRooms {}
    }

    @Test
    void a_forgotten_tag_is_named_with_its_class_and_what_to_do() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertTagged(TYPES, Forgotten.Close.class))
                .withMessageContaining(Forgotten.Close.class.getName() + " reads " + Forgotten.Moved.class.getName())
                .withMessageContaining("@Tag(\"room\")")
                .satisfies(problem -> assertThat(problem.getMessage())
                        .doesNotContain(Forgotten.Closed.class.getName())
                        .doesNotContain(Forgotten.Said.class.getName()));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertTagged(TYPES, TwoStreams.Subscribe.class))
                .withMessageContaining("decides on no tags");
    }

    @Test
    void a_command_that_makes_its_query_is_asked_for_it() {
        EventCoreAssertions.assertTagged(TYPES, new Forgotten.OfClosedRooms());
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertTagged(TYPES, new Forgotten.OfRoomAndFloor()))
                .withMessageContaining(Forgotten.Moved.class.getName())
                .withMessageContaining(Forgotten.Said.class.getName() + ", which carries no tag 'floor and room'")
                .withMessageContaining("@Tag(\"floor\")")
                .satisfies(
                        problem -> assertThat(problem.getMessage()).doesNotContain(Forgotten.Closed.class.getName()));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertTagged(TYPES, Forgotten.OfRoomAndFloor.class))
                .withMessageContaining("pass a command to assertTagged instead of its class");
    }

    private static StreamId student(String name) {
        return StreamId.of("student/" + name);
    }

    private void append(Event event) {
        store.appendEvents(StreamWrites.to(event.streamId(), ExpectedVersion.any(), event));
    }
}
