package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PendingDeadline;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Deadlines come and go in one step with the checkpoint, and are found in the order in which they fall due. */
abstract class ProjectionDeadlinesContract extends ProjectionStoreFixture {
    private static final DeadlineSlots ALL = new DeadlineSlots(NAME, 1, 0, DeadlineSlots.LAST);
    private static final String KEY = "a".repeat(64);
    private static final String OTHER = "b".repeat(64);

    /** In the past of any clock, in microseconds. */
    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00.123456Z");

    private static PendingDeadline deadline(long position, Duration later) {
        return new PendingDeadline(at(position), 0, new UUID(1, position), LONG_AGO.plus(later), "");
    }

    private static DeadlineChange begun(long position, Duration later, String correlation, int slot) {
        return new DeadlineChange.Begun(deadline(position, later), correlation, slot);
    }

    private static DeadlineChange begun(long position) {
        return begun(position, Duration.ofSeconds(position), KEY, 0);
    }

    private void change(Lease lease, DeadlineChange... changes) {
        Checkpoint here = store.checkpoint(BALANCES);
        assertThat(store.advance(lease, here, here, List.of(), List.of(changes)))
                .isTrue();
    }

    private List<Long> due() {
        return due(ALL, Instant.now());
    }

    private List<Long> due(DeadlineSlots slots, Instant asOf) {
        return store.dueDeadlines(slots, asOf, 100).stream()
                .map(deadline -> deadline.position().value())
                .toList();
    }

    @Test
    void deadlines_and_the_checkpoint_move_together() {
        Lease lease = acquire("one");

        assertThat(store.advance(lease, Checkpoint.START, TEN, List.of(), List.of(begun(7))))
                .isTrue();

        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(store.dueDeadlines(ALL, Instant.now(), 10)).containsExactly(deadline(7, Duration.ofSeconds(7)));
    }

    @Test
    void who_has_lost_the_lease_or_is_elsewhere_changes_no_deadline() {
        Lease lost = store.acquire(BALANCES, 1, "one", OVER).orElseThrow();
        Lease lease = acquire("two");
        change(lease, begun(1));

        assertThat(store.advance(lost, Checkpoint.START, Checkpoint.START, List.of(), List.of(begun(2))))
                .isFalse();
        assertThat(store.advance(
                        lost,
                        Checkpoint.START,
                        Checkpoint.START,
                        List.of(),
                        List.of(new DeadlineChange.Done(deadline(1, Duration.ofSeconds(1))))))
                .isFalse();
        assertThat(store.advance(lease, TEN, TEN, List.of(), List.of(begun(3)))).isFalse();

        assertThat(due()).containsExactly(1L);
    }

    @Test
    void a_rollback_takes_deadlines_and_checkpoint_along() {
        Lease lease = acquire("one");
        change(lease, begun(1));

        boolean moved = Boolean.TRUE.equals(transaction.execute(status -> {
            boolean done = store.advance(
                    lease, Checkpoint.START, TEN, List.of(), List.of(new DeadlineChange.Ended(KEY, at(5)), begun(7)));
            status.setRollbackOnly();
            return done;
        }));

        assertThat(moved).isTrue();
        assertThat(store.checkpoint(BALANCES)).isEqualTo(Checkpoint.START);
        assertThat(due()).containsExactly(1L);
    }

    @Test
    void a_commit_keeps_deadlines_and_checkpoint() {
        Lease lease = acquire("one");

        transaction.executeWithoutResult(
                status -> store.advance(lease, Checkpoint.START, TEN, List.of(), List.of(begun(7))));

        assertThat(store.checkpoint(BALANCES)).isEqualTo(TEN);
        assertThat(due()).containsExactly(7L);
    }

    @Test
    void an_end_calls_off_what_was_set_before_it_with_the_same_correlation() {
        Lease lease = acquire("one");
        change(lease, begun(1), begun(2, Duration.ZERO, OTHER, 0), begun(3), begun(9));

        change(lease, new DeadlineChange.Ended(KEY, at(9)));

        assertThat(due()).containsExactly(2L, 9L);
    }

    @Test
    void what_is_due_comes_in_the_order_in_which_it_falls_due_and_of_one_time_in_that_of_the_log() {
        Lease lease = acquire("one");
        Duration minute = Duration.ofMinutes(1);
        change(
                lease,
                begun(5, minute, KEY, 0),
                begun(3, minute, KEY, 0),
                begun(4, Duration.ZERO, KEY, 0),
                begun(6, minute.plus(1, ChronoUnit.MICROS), KEY, 0),
                begun(7, Duration.ofDays(36_500), KEY, 0));

        assertThat(due()).containsExactly(4L, 3L, 5L, 6L);
        assertThat(due(ALL, LONG_AGO.plus(minute))).containsExactly(4L, 3L, 5L);
        assertThat(store.dueDeadlines(ALL, Instant.now(), 2)).hasSize(2);
        assertThat(store.nextDeadline(ALL).next()).contains(LONG_AGO);
        assertThat(store.nextDeadline(ALL).isDue()).isTrue();
        assertThat(due(ALL, LONG_AGO.minus(1, ChronoUnit.MICROS))).isEmpty();
    }

    @Test
    void the_clock_is_one_of_the_present_whatever_the_time_zone() {
        Instant before = Instant.now().minusSeconds(60);

        Instant now = store.nextDeadline(ALL).now();

        assertThat(now).isBetween(before, Instant.now().plusSeconds(60));
        assertThat(store.nextDeadline(ALL).next()).isEmpty();
    }

    @Test
    void a_partition_is_given_what_stands_in_its_slots() {
        Lease lease = acquire("one");
        change(
                lease,
                begun(1, Duration.ZERO, KEY, 0),
                begun(2, Duration.ZERO, KEY, 31),
                begun(3, Duration.ZERO, KEY, 32),
                begun(4, Duration.ZERO, KEY, 63));

        assertThat(due(new DeadlineSlots(NAME, 1, 0, 31), Instant.now())).containsExactly(1L, 2L);
        assertThat(due(new DeadlineSlots(NAME, 1, 32, 63), Instant.now())).containsExactly(3L, 4L);
        assertThat(store.nextDeadline(new DeadlineSlots(NAME, 1, 33, 62)).next())
                .isEmpty();
    }

    @Test
    void a_partition_that_is_set_back_forgets_what_stands_in_its_slots_and_what_was_set_aside_of_it() {
        Lease lease = acquire("one");
        change(
                lease,
                begun(1, Duration.ZERO, KEY, 0),
                begun(2, Duration.ZERO, KEY, 31),
                begun(3, Duration.ZERO, KEY, 32),
                begun(4, Duration.ZERO, KEY, 63),
                begun(5, Duration.ZERO, KEY, 40));
        change(lease, new DeadlineChange.Parked(deadline(5, Duration.ZERO), "java.lang.IllegalStateException"));

        change(lease, new DeadlineChange.AllForgotten(new DeadlineSlots(NAME, 1, 32, 63)));

        assertThat(due()).containsExactly(1L, 2L);
        assertThat(store.deadlines(NAME, 1, true, DeadlinePlace.START, 10)).isEmpty();
    }

    @Test
    void what_is_set_aside_is_not_due_until_it_is_retried() {
        Lease lease = acquire("one");
        change(lease, begun(1), begun(2), begun(3));

        change(
                lease,
                new DeadlineChange.Parked(deadline(1, Duration.ofSeconds(1)), "java.lang.IllegalStateException"),
                new DeadlineChange.Parked(deadline(2, Duration.ofSeconds(2)), "java.lang.IllegalStateException"));

        assertThat(due()).containsExactly(3L);
        assertThat(store.deadlines(NAME, 1, true, DeadlinePlace.START, 10))
                .extracting(PendingDeadline::failure)
                .containsOnly("java.lang.IllegalStateException")
                .hasSize(2);
        DeadlineCounts counts = store.deadlineCounts(NAME, 1);
        assertThat(counts.pending()).isEqualTo(1);
        assertThat(counts.overdue()).isEqualTo(1);
        assertThat(counts.parked()).isEqualTo(2);
        assertThat(counts.oldestOverdue()).isGreaterThan(Duration.ofDays(365));
        assertThat(store.retryParkedDeadlines(NAME, 1, at(3), at(9))).isZero();
        Instant before = store.nextDeadline(ALL).now().minusNanos(1_000);
        assertThat(store.retryParkedDeadlines(NAME, 1, at(1), at(1))).isEqualTo(1);
        assertThat(due(ALL, before))
                .as("due when it is retried, and not before")
                .containsExactly(3L);
        Instant after = store.nextDeadline(ALL).now();
        assertThat(due(ALL, after)).containsExactly(3L, 1L);
        assertThat(store.discardParkedDeadlines(NAME, 1, GlobalPosition.START, at(9)))
                .isEqualTo(1);
        assertThat(store.deadlines(NAME, 1, true, DeadlinePlace.START, 10)).isEmpty();
        assertThat(due(ALL, after)).containsExactly(3L, 1L);
    }

    @Test
    void what_was_set_aside_for_a_reason_is_pending_again_in_one_slot() {
        Lease lease = acquire("one");
        change(
                lease,
                begun(1, Duration.ZERO, KEY, 7),
                begun(2, Duration.ZERO, KEY, 7),
                begun(3, Duration.ZERO, KEY, 8));
        change(
                lease,
                new DeadlineChange.Parked(deadline(1, Duration.ZERO), "waits"),
                new DeadlineChange.Parked(deadline(2, Duration.ZERO), "java.lang.IllegalStateException"),
                new DeadlineChange.Parked(deadline(3, Duration.ZERO), "waits"));

        change(lease, new DeadlineChange.Retried(7, "waits"));

        assertThat(store.dueDeadlines(ALL, Instant.now(), 10)).containsExactly(deadline(1, Duration.ZERO));
        assertThat(store.deadlines(NAME, 1, true, DeadlinePlace.START, 10))
                .extracting(parked -> parked.position().value())
                .containsExactly(2L, 3L);
    }

    @Test
    void deadlines_are_listed_page_by_page_each_once_also_those_of_one_time() {
        Lease lease = acquire("one");
        List<PendingDeadline> all = List.of(
                deadline(9, Duration.ZERO),
                deadline(3, Duration.ofSeconds(1)),
                new PendingDeadline(at(3), 1, new UUID(1, 3), LONG_AGO.plusSeconds(1), ""),
                deadline(4, Duration.ofSeconds(1)),
                deadline(5, Duration.ofSeconds(1)),
                deadline(1, Duration.ofSeconds(2)),
                deadline(2, Duration.ofSeconds(3)));
        change(
                lease,
                all.stream()
                        .map(deadline -> new DeadlineChange.Begun(deadline, KEY, 0))
                        .toArray(DeadlineChange[]::new));
        for (int size = 1; size <= all.size() + 1; size++) {
            assertThat(pages(false, size)).as("in pages of " + size).isEqualTo(all);
        }

        change(
                lease,
                all.stream()
                        .map(deadline -> new DeadlineChange.Parked(deadline, "late"))
                        .toArray(DeadlineChange[]::new));

        assertThat(pages(false, 2)).isEmpty();
        assertThat(pages(true, 2))
                .extracting(PendingDeadline::place)
                .isEqualTo(all.stream().map(PendingDeadline::place).toList());
    }

    /** Ends after more pages than there can be. */
    private List<PendingDeadline> pages(boolean parked, int size) {
        List<PendingDeadline> found = new ArrayList<>();
        DeadlinePlace after = DeadlinePlace.START;
        for (int page = 0; page < 10; page++) {
            List<PendingDeadline> next = store.deadlines(NAME, 1, parked, after, size);
            assertThat(next.size()).isLessThanOrEqualTo(size);
            found.addAll(next);
            after = next.isEmpty() ? after : next.get(next.size() - 1).place();
        }
        return found;
    }

    @Test
    void what_is_done_is_gone_and_doing_it_again_does_nothing() {
        Lease lease = acquire("one");
        change(lease, begun(1), begun(2));
        DeadlineChange done = new DeadlineChange.Done(deadline(1, Duration.ofSeconds(1)));

        change(lease, done);
        change(lease, done, new DeadlineChange.Parked(deadline(1, Duration.ofSeconds(1)), "late"));

        assertThat(due()).containsExactly(2L);
    }

    @Test
    void what_is_set_again_is_as_it_was_set_last() {
        Lease lease = acquire("one");
        change(lease, begun(1), begun(2));
        change(lease, new DeadlineChange.Parked(deadline(1, Duration.ofSeconds(1)), "java.lang.IllegalStateException"));

        change(lease, begun(1, Duration.ofMinutes(1), OTHER, 40));

        assertThat(store.dueDeadlines(new DeadlineSlots(NAME, 1, 40, 40), Instant.now(), 10))
                .containsExactly(deadline(1, Duration.ofMinutes(1)));
        assertThat(due()).containsExactly(2L, 1L);
        assertThat(store.deadlines(NAME, 1, true, DeadlinePlace.START, 10)).isEmpty();
        change(lease, new DeadlineChange.Ended(KEY, at(9)));
        assertThat(due()).containsExactly(1L);
        change(lease, new DeadlineChange.Ended(OTHER, at(9)));
        assertThat(due()).isEmpty();
    }

    @Test
    void deadlines_of_one_version_are_none_of_another_and_go_with_it() {
        Lease lease = acquire("one");
        change(lease, begun(1));
        store.register(NAME, 2, 1, GlobalPosition.START);

        assertThat(store.deadlineCounts(NAME, 2)).isEqualTo(DeadlineCounts.NONE);
        change(lease, new DeadlineChange.AllForgotten(ALL));
        assertThat(due()).isEmpty();
        change(lease, begun(1));
        store.activate(NAME, 2);
        store.forgetVersion(NAME, 1);

        assertThat(due()).isEmpty();
        store.forget(NAME);
    }

    @Test
    void who_retries_deadlines_and_who_changes_them_wait_for_each_other_in_one_order() {
        Lease lease = acquire("one");
        List<DeadlineChange> begun = new ArrayList<>();
        List<DeadlineChange> parked = new ArrayList<>();
        List<DeadlineChange> backwards = new ArrayList<>();
        LongStream.rangeClosed(1, 200).forEach(i -> {
            begun.add(begun(i));
            parked.add(new DeadlineChange.Parked(deadline(i, Duration.ofSeconds(i)), "java.lang.Error"));
            backwards.add(0, parked.get(parked.size() - 1));
        });
        change(lease, begun.toArray(DeadlineChange[]::new));

        List<Boolean> done = Race.run(List.of(
                () -> repeated(() -> {
                    change(lease, parked.toArray(DeadlineChange[]::new));
                    change(lease, backwards.toArray(DeadlineChange[]::new));
                }),
                () -> repeated(() -> store.retryParkedDeadlines(NAME, 1, GlobalPosition.START, at(200)))));

        assertThat(done).containsOnly(true);
        DeadlineCounts counts = store.deadlineCounts(NAME, 1);
        assertThat(counts.pending() + counts.parked()).isEqualTo(200);
    }

    private static boolean repeated(Runnable action) {
        for (int time = 0; time < 40; time++) {
            action.run();
        }
        return true;
    }

    @Test
    void a_thousand_changes_are_made_in_one_step() {
        Lease lease = acquire("one");
        List<DeadlineChange> changes = new ArrayList<>();
        LongStream.rangeClosed(1, 500).forEach(i -> changes.add(new DeadlineChange.Ended(KEY, at(i))));
        LongStream.rangeClosed(1, 500).forEach(i -> changes.add(begun(i)));

        change(lease, changes.toArray(DeadlineChange[]::new));

        assertThat(store.deadlineCounts(NAME, 1).pending()).isEqualTo(500);
    }
}
