package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.Noted;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Decisions on the same tags at the same time. */
abstract class RacingDecisionsContract extends TagFixture {
    private static final int RACERS = 12;
    private static final int SKEW_ROUNDS = 40;

    @Test
    void of_many_decisions_on_one_tag_exactly_one_is_stored() {
        for (int round = 0; round < 5; round++) {
            String course = "c" + round;
            if (round % 2 == 0) {
                append(opened(course));
            }
            Boundary read = boundary(course(course));
            List<Boolean> won = Race.run(
                    RACERS,
                    racer -> succeeds(
                            racer % 2 == 0 ? store : other,
                            writes(subscribed("s" + racer, course)).restingOn(read)));

            assertThat(won).containsOnlyOnce(true);
            assertCounted(course(course), round % 2 == 0 ? 2 : 1);
        }
    }

    /**
     * Each of two decisions writes what the other one rests on, in every form in which a decision can rest on
     * something.
     */
    @Test
    void two_decisions_that_rest_on_each_others_tags_are_never_both_stored() {
        for (int round = 0; round < SKEW_ROUNDS; round++) {
            String left = "left-" + round;
            String right = "right-" + round;
            if (round % 2 == 0) {
                append(noted("n", left, "common"), noted("n", right, "common"));
            }
            for (int form = 0; form < 5; form++) {
                EventQuery onLeft = form(form, left, right);
                EventQuery onRight = form(form, right, left);
                // A tag that both decisions write would make one wait for the other before either looks.
                boolean apart = form == 0 || form == 2 || form == 3;
                Noted writesLeft = new Noted("l" + form, apart ? Set.of(left) : Set.of(left, "common"), round);
                Noted writesRight = new Noted("r" + form, apart ? Set.of(right) : Set.of(right, "common"), round);
                List<Callable<Boolean>> deciders = new ArrayList<>();
                deciders.add(decider(boundary(onRight), writesLeft, form != 4));
                deciders.add(decider(boundary(onLeft), writesRight, form != 4));
                List<Boolean> won = Race.run(deciders);

                assertThat(won).as("round %d, form %d", round, form).isNotEqualTo(List.of(true, true));
            }
        }
    }

    private Callable<Boolean> decider(Boundary read, Noted event, boolean through) {
        return () -> succeeds(through ? store : other, writes(event).restingOn(read));
    }

    private static EventQuery form(int form, String subject, String another) {
        return switch (form) {
            case 0 -> subject(subject);
            case 1 -> subject(subject).and("subject", "common");
            case 2 -> subject("unused-" + another).or(subject(subject));
            case 3 -> subject(subject).ofTypes(Noted.class);
            default ->
                EventQuery.tagged("student", another).or(subject("common").and("subject", subject));
        };
    }

    @Test
    void a_decision_on_a_stream_and_one_on_a_tag_are_never_both_stored_if_each_writes_for_the_other() {
        for (int round = 0; round < SKEW_ROUNDS; round++) {
            String course = "c" + round;
            StreamId student = StreamId.of("student/s" + round);
            Boundary onTag = boundary(course(course));
            Boundary onStream = boundary(EventQuery.ofStream(student));
            String name = "s" + round;
            List<Boolean> won = Race.run(List.of(
                    () -> succeeds(store, writes(opened(course)).restingOn(onStream)),
                    () -> succeeds(other, writes(subscribed(name, "elsewhere")).restingOn(onTag))));

            assertThat(won).as("round %d", round).isNotEqualTo(List.of(true, true));
        }
    }

    @Test
    void who_decides_on_what_nobody_changes_is_never_refused_however_much_is_written_beside() {
        append(opened("hot"));
        AtomicInteger refused = new AtomicInteger();
        List<Integer> stored = Race.run(RACERS, racer -> {
            for (int i = 0; i < 15; i++) {
                Boundary read = boundary(course("hot").ofTypes(CourseOpened.class));
                if (!succeeds(
                        store, writes(subscribed("s" + racer + "-" + i, "hot")).restingOn(read))) {
                    refused.incrementAndGet();
                }
            }
            return 15;
        });

        assertThat(refused).hasValue(0);
        assertCounted(
                course("hot"), 1 + stored.stream().mapToInt(Integer::intValue).sum());
    }

    @Test
    void appends_with_tags_in_different_orders_do_not_stand_in_each_others_way() {
        Map<String, AtomicInteger> carried = new HashMap<>();
        List<String> names = List.of("a", "b", "\uFFFD", "\uD83D\uDE00", "d", "e");
        names.forEach(name -> carried.put(name, new AtomicInteger()));
        Race.run(RACERS, racer -> {
            Random random = new Random(racer);
            for (int i = 0; i < 25; i++) {
                List<String> shuffled = new ArrayList<>(names);
                Collections.shuffle(shuffled, random);
                StreamWrites writes = writes(
                        new Noted("n" + random.nextInt(3), Set.copyOf(shuffled.subList(0, 3)), i),
                        new Noted("n" + random.nextInt(3), Set.copyOf(shuffled.subList(2, 5)), i));
                writes = writes.restingOn(boundary(subject("new-" + racer + "-" + i)
                        .or(subject(shuffled.get(5)).ofTypes(SchoolEvent.Revised.class))));
                // A failure here is a deadlock: no command writes what the boundary excludes.
                store.appendEvents(writes);
                shuffled.subList(0, 3)
                        .forEach(name ->
                                Objects.requireNonNull(carried.get(name)).incrementAndGet());
                shuffled.subList(2, 5)
                        .forEach(name ->
                                Objects.requireNonNull(carried.get(name)).incrementAndGet());
            }
            return true;
        });

        carried.forEach((name, count) -> assertCounted(subject(name), count.get()));
    }

    /** Events of different decisions share tags that none of these decisions rests on, as in a batch. */
    @Test
    void tags_that_many_appends_share_are_counted_once_for_each_event_that_is_stored() {
        AtomicInteger stored = new AtomicInteger();
        Race.run(RACERS, racer -> {
            Boundary own = boundary(subject("own-" + racer % 6));
            for (int i = 0; i < 20; i++) {
                boolean accepted = succeeds(
                        racer % 2 == 0 ? store : other,
                        writes(
                                        new Noted("n" + racer, Set.of("all", "own-" + racer % 6), i),
                                        new Noted("n" + racer, Set.of("all"), i))
                                .restingOn(own));
                if (accepted) {
                    stored.addAndGet(2);
                }
                if (!accepted || i % 3 == 0) {
                    own = boundary(subject("own-" + racer % 6));
                }
            }
            return true;
        });

        assertCounted(subject("all"), stored.get());
        int own = 0;
        for (int i = 0; i < 6; i++) {
            own += found(subject("own-" + i)).size();
            assertCounted(subject("own-" + i), found(subject("own-" + i)).size());
        }
        assertThat(2 * own).isEqualTo(stored.get());
    }

    /** A course has five seats, and a student has two courses at most: only boundaries enforce these rules. */
    @Test
    void rules_over_two_subjects_hold() {
        Race.run(RACERS, racer -> {
            Random random = new Random(racer);
            for (int i = 0; i < 20; i++) {
                String course = "c" + random.nextInt(6);
                String student = "s" + random.nextInt(14);
                for (boolean done = false; !done; ) {
                    var read = store.readEvents(course(course).or(student(student)), SchoolEvent.Subscribed.class);
                    var all = read.stream().map(event -> event.event()).toList();
                    boolean allowed = all.stream()
                                            .filter(one -> one.course().equals(course))
                                            .count()
                                    < 5
                            && all.stream()
                                            .filter(one -> one.student().equals(student))
                                            .count()
                                    < 2;
                    done = !allowed
                            || succeeds(
                                    store, writes(subscribed(student, course)).restingOn(read.boundary()));
                }
            }
            return true;
        });

        for (int i = 0; i < 6; i++) {
            assertThat(found(course("c" + i))).hasSizeLessThanOrEqualTo(5);
        }
        for (int i = 0; i < 14; i++) {
            assertThat(found(student("s" + i))).hasSizeLessThanOrEqualTo(2);
        }
    }
}
