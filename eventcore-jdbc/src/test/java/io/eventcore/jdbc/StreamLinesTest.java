package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Boundary;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.jdbc.StreamLines.Standing;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who has to wait for whom, compared with looking through all who came before; and what that costs. */
class StreamLinesTest {
    private static final StreamId HOT = StreamId.of("hot");

    private final StreamLines<Waiter> lines = new StreamLines<>();

    @Test
    void whatever_happens_only_those_whom_nothing_before_them_holds_back_can_go_first_come_first() {
        for (long seed = 0; seed < 60; seed++) {
            new Comparison(seed).run(400);
        }
    }

    @Test
    void an_append_to_many_streams_gets_its_turn_before_all_that_come_behind_it() {
        List<Waiter> singles = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            singles.add(enter(write(stream(i))));
        }
        singles.forEach(single -> take(single));
        Waiter wide = enter(write(stream(0)), write(stream(1)), write(stream(2)), write(stream(3)), write(stream(4)));
        for (int i = 0; i < 5; i++) {
            enter(write(stream(i)));
        }
        assertThat(lines.first()).isNull();

        singles.forEach(single -> lines.release(single.standing));

        take(wide);
        assertThat(lines.first()).isNull();
    }

    @Test
    void those_behind_one_that_goes_away_do_not_wait_for_it() {
        take(enter(guard(HOT)));
        Waiter gone = enter(write(HOT));
        Waiter other = enter(guard(HOT));
        Waiter last = enter(write(HOT));
        assertThat(lines.first()).isNull();

        assertThat(lines.withdraw(gone.standing)).isTrue();
        assertThat(lines.withdraw(gone.standing)).isFalse();

        assertThat(lines.first()).isSameAs(other);
        assertThat(lines.waiting()).isEqualTo(2);
        take(other);
        assertThat(lines.withdraw(other.standing)).as("it was taken").isFalse();
        assertThat(lines.first()).isNull();
        assertThat(lines.withdraw(last.standing)).isTrue();
        assertThat(lines.waiting()).isZero();
    }

    @Test
    void those_who_only_count_for_a_tag_share_it_until_their_batch_is_under_way() {
        StreamId tag = stream(0);
        Waiter first = enterTagged(counts(tag));
        Waiter second = enterTagged(counts(tag));
        take(first);
        take(second);
        Waiter third = enterTagged(counts(tag));
        Waiter fourth = enterTagged(counts(tag));
        assertThat(lines.first()).as("a batch has locked the tag").isNull();

        lines.release(first.standing);
        assertThat(lines.first()).isNull();
        lines.release(second.standing);

        take(third);
        take(fourth);
    }

    @Test
    void of_those_who_had_their_turn_together_some_are_left_for_the_next_batch() {
        StreamId tag = stream(0);
        Waiter first = enterTagged(counts(tag));
        Waiter second = enterTagged(counts(tag));
        Waiter third = enterTagged(counts(tag));
        assertThat(lines.firstIsOfAnotherBatch(second)).isFalse();
        lines.take(first);

        assertThat(lines.firstIsOfAnotherBatch(first)).as("the same batch").isFalse();
        assertThat(lines.firstIsOfAnotherBatch(second)).as("a second one").isTrue();
        lines.take(first);
        lines.release(first.standing);
        assertThat(lines.first()).isSameAs(third);
        assertThat(lines.firstIsOfAnotherBatch(third)).isTrue();
        lines.release(second.standing);
        assertThat(lines.firstIsOfAnotherBatch(third)).isFalse();
    }

    @Test
    void who_rests_on_a_tag_shares_it_with_those_who_do_no_more() {
        StreamId tag = stream(0);
        Waiter counting = enterTagged(counts(tag));
        Waiter resting = enterTagged(rests(tag, 0));
        Waiter restingToo = enterTagged(rests(tag, 0));
        Waiter both = enterTagged(rests(tag, 1));
        Waiter last = enterTagged(counts(tag));
        take(counting);
        assertThat(lines.first()).isNull();
        lines.release(counting.standing);
        take(resting);
        take(restingToo);
        assertThat(lines.first()).isNull();
        lines.release(restingToo.standing);
        lines.release(resting.standing);
        take(both);
        assertThat(lines.first()).isNull();
        lines.release(both.standing);
        take(last);
    }

    @Test
    void whatever_happens_only_those_who_fit_go_together_and_all_have_their_turn() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            StreamLines<Waiter> some = new StreamLines<>();
            List<Waiter> waiting = new ArrayList<>();
            List<Waiter> taken = new ArrayList<>();
            for (int step = 0; step < 200 || !waiting.isEmpty() || !taken.isEmpty(); step++) {
                assertThat(step).as("seed %d: one that is not reached", seed).isLessThan(2_000);
                int dice = random.nextInt(step < 200 ? 10 : 8);
                if (dice < 4) {
                    Waiter first = some.first();
                    if (first != null) {
                        assertThat(taken).as("seed %d", seed).noneMatch(other -> other.holdsBack(first));
                        some.take(first);
                        waiting.remove(first);
                        taken.add(first);
                    }
                } else if (dice < 7) {
                    if (!taken.isEmpty()) {
                        some.release(taken.remove(random.nextInt(taken.size())).standing);
                    }
                } else if (dice == 7) {
                    if (!waiting.isEmpty()) {
                        some.withdraw(waiting.remove(random.nextInt(waiting.size())).standing);
                    }
                } else {
                    Waiter waiter = new Waiter(randomTags(random), List.of());
                    some.enter(waiter.standing);
                    waiting.add(waiter);
                }
            }
        }
    }

    private static List<TagRow> randomTags(Random random) {
        TreeMap<String, TagRow> rows = new TreeMap<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            StreamId tag = stream(random.nextInt(4));
            rows.put(tag.value(), random.nextBoolean() ? counts(tag) : rests(tag, random.nextInt(2)));
        }
        return List.copyOf(rows.values());
    }

    private Waiter enterTagged(TagRow tag) {
        Waiter waiter = new Waiter(List.of(tag), List.of());
        lines.enter(waiter.standing);
        return waiter;
    }

    @Test
    void those_who_expect_a_version_are_found_by_it_once() {
        enter(expecting(7));
        enter(expecting(6));
        Waiter one = enter(expecting(7));
        Waiter withdrawn = enter(expecting(8));
        Waiter other = enter(expecting(8));
        enter(expecting(9));
        enter(write(HOT));
        enter(new Participant(HOT, ExpectedVersion.exactly(8), 0));
        lines.withdraw(withdrawn.standing);

        assertThat(lines.expecting(HOT.value(), 7, 9)).containsExactly(one, other);
        assertThat(lines.expecting(HOT.value(), 7, 9)).isEmpty();
        assertThat(lines.expecting(stream(1).value(), 0, 100)).isEmpty();
    }

    @Test
    void each_is_looked_at_a_bounded_number_of_times_however_many_wait() {
        for (IntFunction<List<Participant>> appends : List.<IntFunction<List<Participant>>>of(
                i -> List.of(write(HOT)),
                i -> List.of(expecting(i)),
                i -> List.of(i % 2 == 0 ? guard(HOT) : write(HOT), write(stream(i))),
                i -> List.of(write(stream(i % 3)), guard(stream(3 + i % 3))))) {
            StreamLines<Waiter> fresh = new StreamLines<>();
            for (int i = 0; i < 10_000; i++) {
                fresh.enter(new Waiter(appends.apply(i)).standing);
            }
            int streams = appends.apply(0).size();
            int version = 0;
            for (Waiter first = fresh.first(); first != null; first = fresh.first()) {
                fresh.take(first);
                fresh.release(first.standing);
                fresh.expecting(HOT.value(), version, ++version);
            }

            assertThat(fresh.waiting()).isZero();
            assertThat(fresh.looks()).isLessThanOrEqualTo(10_000L * (1 + 4 * streams));
        }
    }

    @Test
    void each_that_goes_away_is_looked_at_a_bounded_number_of_times() {
        List<Waiter> all = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            all.add(enter(i % 5 == 0 ? write(HOT) : expecting(3)));
        }
        for (int i = all.size() - 1; i >= 0; i--) {
            assertThat(lines.withdraw(all.get(i).standing)).isTrue();
        }

        assertThat(lines.looks()).isLessThanOrEqualTo(3 * 10_000L);
    }

    private Waiter enter(Participant... participants) {
        Waiter waiter = new Waiter(List.of(participants));
        lines.enter(waiter.standing);
        return waiter;
    }

    private void take(Waiter expected) {
        assertThat(lines.first()).isSameAs(expected);
        lines.take(expected);
    }

    private static Participant write(StreamId stream) {
        return new Participant(stream, ExpectedVersion.any(), 1);
    }

    private static TagRow counts(StreamId tag) {
        return new TagRow(tag.value(), 1, List.of());
    }

    private static TagRow rests(StreamId tag, int events) {
        return new TagRow(
                tag.value(), events, List.of(new Boundary.Guard(tag.value(), Boundary.Seen.NOTHING, List.of())));
    }

    private static Participant guard(StreamId stream) {
        return new Participant(stream, ExpectedVersion.streamExists(), 0);
    }

    private static Participant expecting(long version) {
        return new Participant(HOT, ExpectedVersion.exactly(version), 1);
    }

    private static StreamId stream(int number) {
        return StreamId.of("s-" + number);
    }

    private static final class Waiter {
        private final List<Participant> participants;
        private final List<TagRow> tags;
        private final Standing<Waiter> standing;

        private Waiter(List<Participant> participants) {
            this(List.of(), participants);
        }

        private Waiter(List<TagRow> tags, List<Participant> participants) {
            this.tags = tags;
            this.participants = participants;
            this.standing = new Standing<>(this, tags, participants);
        }

        /** Whether the other one may not be carried out at the same time. */
        boolean holdsBack(Waiter later) {
            boolean byTags = tags.stream()
                    .anyMatch(mine -> later.tags.stream()
                            .anyMatch(theirs -> mine.rowId().equals(theirs.rowId()) && !shares(mine, theirs)));
            return byTags || holdsBackByStreams(later);
        }

        private static boolean shares(TagRow mine, TagRow theirs) {
            return (mine.isGuard() && theirs.isGuard())
                    || (!mine.isGuard()
                            && !theirs.isGuard()
                            && mine.guards().isEmpty()
                            && theirs.guards().isEmpty());
        }

        private boolean holdsBackByStreams(Waiter later) {
            return participants.stream()
                    .anyMatch(mine -> later.participants.stream()
                            .anyMatch(
                                    theirs -> mine.id().equals(theirs.id()) && !(mine.isGuard() && theirs.isGuard())));
        }
    }

    /** Random arrivals, batches and withdrawals, beside a list that is looked through each time. */
    private static final class Comparison {
        private final StreamLines<Waiter> lines = new StreamLines<>();
        private final List<Waiter> present = new ArrayList<>();
        private final List<Waiter> taken = new ArrayList<>();
        private final Random random;
        private final String seed;

        private Comparison(long seed) {
            this.random = new Random(seed);
            this.seed = "seed " + seed;
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                step();
                assertThat(lines.first()).as(seed).isSameAs(first(List.of()));
                assertThat(lines.waiting()).as(seed).isEqualTo(present.size() - taken.size());
            }
            List<Waiter> rest = new ArrayList<>(present);
            rest.forEach(waiter -> {
                lines.withdraw(waiter.standing);
                lines.release(waiter.standing);
            });
            assertThat(lines.waiting()).as(seed).isZero();
            assertThat(lines.first()).as(seed).isNull();
        }

        private void step() {
            int dice = random.nextInt(10);
            if (dice < 5) {
                Waiter waiter = new Waiter(participants());
                lines.enter(waiter.standing);
                present.add(waiter);
            } else if (dice < 7) {
                takeSome();
            } else if (dice < 9) {
                releaseOne();
            } else if (!present.isEmpty()) {
                Waiter waiter = present.get(random.nextInt(present.size()));
                assertThat(lines.withdraw(waiter.standing)).as(seed).isEqualTo(!taken.contains(waiter));
                if (!taken.contains(waiter)) {
                    present.remove(waiter);
                }
            }
        }

        /** Takes some, and passes over some of them as a batch does that has no room. */
        private void takeSome() {
            List<Waiter> passedOver = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                Waiter first = lines.first();
                assertThat(first).as(seed).isSameAs(first(passedOver));
                if (first == null) {
                    break;
                }
                if (random.nextInt(3) == 0) {
                    lines.setAside();
                    passedOver.add(first);
                } else {
                    lines.take(first);
                    taken.add(first);
                }
            }
            passedOver.forEach(waiter -> lines.putBack(waiter.standing));
        }

        private void releaseOne() {
            if (!taken.isEmpty()) {
                Waiter done = taken.remove(random.nextInt(taken.size()));
                lines.release(done.standing);
                present.remove(done);
            }
        }

        private @Nullable Waiter first(List<Waiter> passedOver) {
            for (Waiter waiter : present) {
                if (!taken.contains(waiter)
                        && !passedOver.contains(waiter)
                        && present.subList(0, present.indexOf(waiter)).stream()
                                .noneMatch(before -> before.holdsBack(waiter))) {
                    return waiter;
                }
            }
            return null;
        }

        private List<Participant> participants() {
            TreeMap<StreamId, Participant> streams = new TreeMap<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                StreamId id = stream(random.nextInt(6));
                streams.put(id, random.nextBoolean() ? write(id) : guard(id));
            }
            return List.copyOf(streams.values());
        }
    }
}
