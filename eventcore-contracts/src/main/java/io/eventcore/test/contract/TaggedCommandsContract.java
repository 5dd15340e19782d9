package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.NewEvent;
import io.eventcore.QueriedEvents;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.Tag;
import io.eventcore.UndeclaredStreamException;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Require;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Audited;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.CourseRenamed;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands that decide on tags. */
abstract class TaggedCommandsContract extends TagFixture {
    private static final int RACERS = 12;

    private CommandExecutor executor;

    @BeforeEach
    void makeAnExecutor() {
        executor = executorOf(store);
    }

    private static CommandExecutor executorOf(EventStore store) {
        return CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.defaults()
                        .withMaxAttempts(500)
                        .withFixedDelay(Duration.ofMillis(1))
                        .withBudget(Duration.ofSeconds(50)))
                .build();
    }

    /** How many of the seats and of the student's courses are taken. */
    record Seats(int capacity, int taken, int joined) {}

    /** Both subjects are tags: an event that carries any of them counts. */
    record Subscribe(@Tag String student, @Tag String course) implements Command<Seats, SchoolEvent> {
        @Override
        public Seats initialState() {
            return new Seats(0, 0, 0);
        }

        @Override
        public Seats apply(Seats seats, SchoolEvent event) {
            if (event instanceof CourseOpened opened) {
                return new Seats(opened.capacity(), seats.taken, seats.joined);
            }
            if (event instanceof Subscribed one) {
                return new Seats(
                        seats.capacity,
                        seats.taken + (one.course().equals(course) ? 1 : 0),
                        seats.joined + (one.student().equals(student) ? 1 : 0));
            }
            return seats;
        }

        @Override
        public List<SchoolEvent> handle(Seats seats) {
            Require.that(seats.taken < seats.capacity, "course is full");
            Require.that(seats.joined < 3, "student has three courses");
            return List.of(new Subscribed(student, course));
        }
    }

    @Test
    void a_decision_rests_on_the_events_that_carry_any_of_its_tags() {
        append(new CourseOpened("c1", 2));
        executor.execute(new Subscribe("ada", "c1"));
        ExecutionResult result = executor.execute(new Subscribe("bob", "c1"));

        assertThat(result.slice().events()).hasSize(1);
        assertThat(result.version(StreamId.of("student/bob"))).isEqualTo(StreamVersion.of(1));
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor.execute(new Subscribe("eve", "c1")))
                .withMessage("course is full");
        append(new CourseOpened("c2", 9), new CourseOpened("c3", 9), new CourseOpened("c4", 9));
        executor.execute(new Subscribe("ada", "c2"));
        executor.execute(new Subscribe("ada", "c3"));
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor.execute(new Subscribe("ada", "c4")))
                .withMessage("student has three courses");
    }

    @Test
    void of_many_commands_for_the_last_seat_one_succeeds() {
        for (int round = 0; round < 10; round++) {
            String course = "last-" + round;
            append(new CourseOpened(course, 1));
            List<Boolean> seated = Race.run(RACERS, racer -> {
                try {
                    executor.execute(new Subscribe(course + "-" + racer, course));
                    return true;
                } catch (BusinessRuleViolationException refused) {
                    return false;
                }
            });

            assertThat(seated).containsOnlyOnce(true);
            assertCounted(course(course), 2);
        }
    }

    @Test
    void racing_commands_keep_rules_over_two_subjects() {
        for (int i = 0; i < 4; i++) {
            append(new CourseOpened("c" + i, 6));
        }
        CommandExecutor elsewhere = executorOf(other);
        Race.run(RACERS, racer -> {
            Random random = new Random(racer);
            for (int i = 0; i < 12; i++) {
                try {
                    (racer % 2 == 0 ? executor : elsewhere)
                            .execute(new Subscribe("s" + random.nextInt(8), "c" + random.nextInt(4)));
                } catch (BusinessRuleViolationException refused) {
                    assertThat(refused).hasMessageMatching("course is full|student has three courses");
                }
            }
            return true;
        });

        int seats = 0;
        for (int i = 0; i < 4; i++) {
            int taken = found(course("c" + i).ofTypes(Subscribed.class)).size();
            assertThat(taken).isLessThanOrEqualTo(6);
            seats += taken;
        }
        int joined = 0;
        for (int i = 0; i < 8; i++) {
            int courses = found(student("s" + i)).size();
            assertThat(courses).isLessThanOrEqualTo(3);
            joined += courses;
        }
        assertThat(seats).isEqualTo(joined).isPositive();
    }

    /** The student's courses are the student's stream; the course is a tag. */
    record Join(@Stream StreamId student, @Tag String course, String name) implements Command<Integer, SchoolEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, SchoolEvent event) {
            return count + 1;
        }

        @Override
        public List<SchoolEvent> handle(Integer count) {
            Require.that(count < 3, "%d events", count);
            return List.of(new Subscribed(name, course));
        }
    }

    @Test
    void streams_and_tags_are_one_cut() {
        StreamId ada = StreamId.of("student/ada");
        append(subscribed("ada", "c1"), subscribed("bob", "c2"));

        ExecutionResult result = executor.execute(new Join(ada, "c2", "ada"));

        assertThat(result.version(ada)).isEqualTo(StreamVersion.of(2));
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor.execute(new Join(ada, "c2", "ada")))
                .withMessage("3 events");
    }

    @Test
    void what_is_of_another_type_is_passed_over_by_tag_and_an_error_in_a_stream() {
        StreamId audits = StreamId.of("audits");
        store.appendEvents(StreamWrites.empty()
                .registerStream(audits, any())
                .append(new NewEvent(UUID.randomUUID(), audits, new Audited("looked at"))
                        .withTags(Set.of(EventTag.of("course", "c1")))));

        executor.execute(new Join(StreamId.of("student/ada"), "c1", "ada"));
        assertThatExceptionOfType(EventDeserializationException.class)
                .isThrownBy(() -> executor.execute(new Join(audits, "c2", "ada")));
    }

    /** Decides on events that carry both tags, and on one type of the course's events. */
    record JoinOnce(String student, String course) implements Command<Integer, SchoolEvent> {
        @Override
        public Optional<EventQuery> query() {
            return Optional.of(EventQuery.tagged("course", course)
                    .and("student", student)
                    .or(EventQuery.tagged("course", course).ofTypes(CourseOpened.class)));
        }

        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer joined, SchoolEvent event) {
            return joined + (event instanceof Subscribed ? 1 : 0);
        }

        @Override
        public List<SchoolEvent> handle(Integer joined) {
            return joined == 0 ? List.of(new Subscribed(student, course)) : List.of();
        }
    }

    @Test
    void a_command_may_choose_its_query() {
        append(opened("c1"), subscribed("bob", "c1"), subscribed("ada", "c2"));

        assertThat(executor.execute(new JoinOnce("ada", "c1")).slice().events()).hasSize(1);
        assertThat(executor.execute(new JoinOnce("ada", "c1")).slice().events()).isEmpty();
        assertThat(found(course("c1").and("student", "ada"))).hasSize(1);
    }

    @Test
    void who_joins_a_course_at_the_same_time_as_others_is_not_in_their_way() {
        append(opened("c1"));
        List<Integer> attempts = Race.run(RACERS, racer -> {
            int most = 0;
            for (int i = 0; i < 10; i++) {
                most = Math.max(
                        most,
                        executor.execute(new JoinOnce("s" + racer + "-" + i, "c1"))
                                .attempts());
            }
            return most;
        });

        assertThat(attempts).containsOnly(1);
        assertCounted(course("c1"), 1 + 10 * RACERS);
    }

    /** Follows the notes from course to course: a note about one names the next. */
    record Follow(@Tag("subject") String first) implements Command<Set<String>, SchoolEvent> {
        @Override
        public Set<String> initialState() {
            return Set.of();
        }

        @Override
        public Set<String> apply(Set<String> seen, SchoolEvent event) {
            Set<String> more = new HashSet<>(seen);
            more.addAll(((Noted) event).subjects());
            more.add("events-"
                    + seen.stream().filter(each -> each.startsWith("events-")).count());
            return more;
        }

        @Override
        public Optional<EventQuery> discoverQuery(Set<String> seen) {
            return seen.stream()
                    .filter(subject -> !subject.startsWith("events-"))
                    .sorted()
                    .map(TagFixture::subject)
                    .reduce(EventQuery::or);
        }

        @Override
        public List<SchoolEvent> handle(Set<String> seen) {
            return List.of(new Noted("result", Set.of(first), seen.size()));
        }
    }

    @Test
    void tags_are_discovered_and_an_event_that_matches_twice_is_folded_once() {
        append(noted("n", "a", "b"), noted("n", "c", "d"), noted("n", "b", "c"), noted("n", "z"));

        executor.execute(new Follow("a"));

        // Four subjects, three events.
        assertThat(((Noted) found(subject("a")).get(1)).number()).isEqualTo(7);
    }

    @Test
    void what_was_discovered_is_guarded_too() {
        append(noted("n", "a", "b"));
        AtomicInteger attempts = new AtomicInteger();
        EventStore watched = new ForwardingEventStore(store) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                if (attempts.incrementAndGet() == 1) {
                    super.appendEvents(writes(noted("other", "b", "c")));
                }
                return super.appendEvents(writes);
            }
        };

        ExecutionResult result = executorOf(watched).execute(new Follow("a"));

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(((Noted) found(subject("a")).get(1)).number()).isEqualTo(5);
    }

    /** Renames a course, and writes a note about that somewhere. */
    record Rename(@Tag String course, Event noted) implements Command<Integer, Event> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer count, Event event) {
            return count + 1;
        }

        @Override
        public List<Event> handle(Integer count) {
            return List.of(new CourseRenamed(course, "title " + count), noted);
        }
    }

    @Test
    void an_event_needs_a_tag_of_the_query_or_a_declared_stream() {
        executor.execute(new Rename("c1", subscribed("ada", "c1")));

        assertThatExceptionOfType(UndeclaredStreamException.class)
                .isThrownBy(() -> executor.execute(new Rename("c1", subscribed("ada", "c2"))))
                .satisfies(e -> assertThat(e.streamId()).isEqualTo(StreamId.of("student/ada")))
                .withMessageContaining("give the event a tag of the command's query");
        assertCounted(course("c1"), 2);
        assertCounted(course("c2"), 0);
    }

    @Test
    void a_conflict_is_retried_and_the_last_one_told() {
        append(new CourseOpened("c1", 100));
        EventStore losing = new ForwardingEventStore(store) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                super.appendEvents(writes(renamed("c1")));
                return super.appendEvents(writes);
            }
        };
        CommandExecutor twice = CommandExecutor.builder(losing)
                .retryPolicy(RetryPolicy.defaults().withMaxAttempts(2))
                .build();

        assertThatExceptionOfType(RetriesExhaustedException.class)
                .isThrownBy(() -> twice.execute(new Subscribe("ada", "c1")))
                .withCauseInstanceOf(BoundaryConflictException.class)
                .satisfies(e -> assertThat(e.attempts()).isEqualTo(2));
        QueriedEvents<SchoolEvent> all = store.readEvents(course("c1"), SchoolEvent.class);
        assertThat(all.toList()).hasSize(3);
    }

    @Test
    void inside_a_transaction_there_is_one_attempt_and_the_conflict_says_so() {
        append(new CourseOpened("c1", 100));
        EventStore losing = new ForwardingEventStore(store) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                super.appendEvents(writes(renamed("c1")));
                return super.appendEvents(writes);
            }
        };

        transaction.executeWithoutResult(status -> {
            executor.execute(new Subscribe("bob", "c1"));
            assertThatExceptionOfType(BoundaryConflictException.class)
                    .isThrownBy(() -> executorOf(losing).execute(new Subscribe("ada", "c1")))
                    .withMessageContaining("is not retried")
                    .satisfies(e -> assertThat(e.tag()).contains(EventTag.of("course", "c1")));
            status.setRollbackOnly();
        });

        assertCounted(course("c1"), 1);
    }
}
