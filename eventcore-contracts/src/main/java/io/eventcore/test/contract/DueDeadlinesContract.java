package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Deadlines are executed when they are due by the clock of the store, never earlier, and the oldest first. */
abstract class DueDeadlinesContract extends DeadlineFixture {
    private static final EventFilter ACCOUNTS = EventFilter.prefix(StreamPrefix.of("account-"));

    @Test
    void nothing_is_executed_before_it_is_due_and_once_when_it_is() {
        open(ADA);
        ProjectionRunner runner = start(noting());
        shift(ALMOST);
        settle(runner);
        assertThat(counts().pending()).isEqualTo(1);
        assertThat(versionOf(OFFICE)).isZero();

        shift(HOUR);
        settle(runner);

        assertThat(noted(OFFICE)).containsExactly(1L);
        assertThat(counts().pending()).isZero();
        settle(runner);
        assertThat(versionOf(OFFICE)).isEqualTo(1);
        assertThat(runner.status().get(0).executedDeadlines()).isEqualTo(1);
    }

    @Test
    void a_deadline_falls_due_when_its_event_says() {
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .at(event -> event.recordedAt().plusSeconds(event.event().cents()))
                .execute(event -> new Note(OFFICE, event.event().cents()))
                .filter(ACCOUNTS)
                .build());
        append(new Deposited(ADA, 7200));
        append(new Deposited(ADA, 0));
        append(new Deposited(ADA, 5400));
        settle(runner);
        assertThat(noted(OFFICE)).containsExactly(0L);

        shift(Duration.ofMinutes(100));
        settle(runner);

        assertThat(noted(OFFICE)).containsExactly(0L, 5400L);
        assertThat(counts().pending()).isEqualTo(1);
    }

    @Test
    void a_time_that_passed_before_1970_is_due_at_once_like_any_that_has_passed() {
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .at(event -> event.event().cents() < 0 ? Instant.MIN : Instant.ofEpochSecond(-1))
                .execute(event -> new Note(OFFICE, event.event().cents()))
                .onError(failure -> FailureDecision.PARK)
                .filter(ACCOUNTS)
                .build());
        append(new Deposited(ADA, 1));
        append(new Deposited(ADA, -2));

        settle(runner);

        assertThat(noted(OFFICE)).containsExactly(1L, -2L);
    }

    /** Where nanoseconds in 64 bits end, and where the times that all databases support end. */
    @Test
    void a_time_that_never_comes_is_waited_for_and_holds_nothing_up() {
        List<Instant> never = List.of(
                Instant.parse("2262-04-12T00:00:00Z"),
                Instant.parse("2300-01-01T00:00:00Z"),
                Instant.parse("9999-12-31T23:59:59Z"));
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .at(event -> event.event().cents() < never.size()
                        ? never.get((int) event.event().cents())
                        : Instant.EPOCH)
                .execute(event -> new Note(OFFICE, event.event().cents()))
                .onError(failure -> FailureDecision.PARK)
                .filter(ACCOUNTS)
                .build());
        for (int i = 0; i <= never.size(); i++) {
            append(new Deposited(ADA, i));
        }

        settle(runner);

        assertThat(noted(OFFICE)).containsExactly((long) never.size());
        assertThat(runner.deadlines(NAME, false, 10))
                .extracting(PendingDeadline::dueAt)
                .containsExactlyElementsOf(never);
    }

    @Test
    void what_is_overdue_is_executed_in_the_order_in_which_it_fell_due() {
        List<Long> seconds =
                LongStream.rangeClosed(1, 250).map(i -> i * 37 % 251).boxed().toList();
        seconds.forEach(late -> append(new Deposited(ADA, late)));
        shift(HOUR);

        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .at(event -> event.recordedAt()
                        .truncatedTo(ChronoUnit.DAYS)
                        .plusSeconds(event.event().cents()))
                .execute(event -> new Note(OFFICE, event.event().cents()))
                .filter(ACCOUNTS)
                .maxPerSecond(100_000)
                .build());
        settle(runner);

        assertThat(noted(OFFICE)).isEqualTo(seconds.stream().sorted().toList());
    }

    @Test
    void a_clock_that_is_set_forward_and_back_loses_nothing_and_executes_nothing_twice() {
        ProjectionRunner runner = start(marking());
        open(ADA);
        settle(runner);
        shift(HOUR);
        settle(runner);
        shift(HOUR.negated());
        open(BOB);
        settle(runner);
        shift(HOUR.negated());
        settle(runner);
        shift(HOUR);
        settle(runner);
        assertThat(versionOf(ADA)).isEqualTo(2);
        assertThat(versionOf(BOB)).isEqualTo(1);

        shift(HOUR);
        settle(runner);
        shift(HOUR);
        settle(runner);

        assertThat(versionOf(ADA)).isEqualTo(2);
        assertThat(versionOf(BOB)).isEqualTo(2);
    }

    @Test
    void pending_deadlines_survive_a_restart() {
        open(ADA);
        ProjectionRunner first = start(marking());
        settle(first);
        first.stop();
        shift(HOUR);
        open(BOB);

        ProjectionRunner second = start(marking());
        settle(second);

        assertThat(versionOf(ADA)).isEqualTo(2);
        assertThat(versionOf(BOB)).isEqualTo(2);
    }

    @Test
    void an_event_that_answers_a_deadline_sets_the_next_one() {
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .after(HOUR)
                .executeAll(event -> event.event().cents() < 4
                        ? List.of(new Note(event.streamId(), event.event().cents() + 1))
                        : List.of())
                .build());
        append(new Deposited(ADA, 1));
        settle(runner);
        assertThat(noted(ADA)).containsExactly(1L);

        shift(HOUR);
        Eventually.until("each has set the next one", () -> noted(ADA).size() >= 4, this::counts);
        settle(runner);

        assertThat(noted(ADA)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(counts().pending()).isZero();
    }

    @Test
    void many_deadlines_of_one_stream_are_each_executed_once() {
        IntStream.range(0, 150).forEach(i -> append(new Opened(ADA, "owner")));
        ProjectionRunner runner = start(closing()
                .execute(event -> new Note(event.streamId(), event.version().value()))
                .maxPerSecond(100_000)
                .build());
        settle(runner);

        shift(HOUR);
        settle(runner);

        assertThat(noted(ADA))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 150).boxed().toList());
    }

    @Test
    void partitions_execute_what_is_theirs_also_when_they_are_divided_anew() {
        List<StreamId> accounts = IntStream.range(0, 40)
                .mapToObj(i -> StreamId.of("account-" + i))
                .toList();
        accounts.forEach(this::open);
        ProjectionRunner four = start(closing()
                .execute(event -> new Note(event.streamId(), 1))
                .partitions(4)
                .build());
        settle(four);
        four.stop();
        accounts.subList(0, 10).forEach(this::withdraw);

        ProjectionRunner three = start(closing()
                .execute(event -> new Note(event.streamId(), 1))
                .partitions(3)
                .build());
        settle(three);
        assertThat(counts().pending()).isEqualTo(30);
        shift(HOUR);
        settle(three);

        assertThat(accounts.subList(0, 10))
                .allSatisfy(account -> assertThat(noted(account)).isEmpty());
        assertThat(accounts.subList(10, 40))
                .allSatisfy(account -> assertThat(noted(account)).hasSize(1));
        assertThat(counts().pending()).isZero();
    }

    @Test
    void a_reset_sets_deadlines_anew_and_executes_none_again() {
        open(ADA);
        ProjectionRunner runner = start(marking());
        shift(HOUR);
        settle(runner);
        shift(HOUR.negated());
        open(BOB);
        settle(runner);
        open(StreamId.of("account-cy"));
        withdraw(StreamId.of("account-cy"));

        runner.reset(NAME);
        settle(runner);
        assertThat(counts().pending()).isEqualTo(2);
        shift(HOUR);
        settle(runner);

        assertThat(versionOf(ADA)).isEqualTo(2);
        assertThat(versionOf(BOB)).isEqualTo(2);
        assertThat(counts().pending()).isZero();
    }

    @Test
    void what_was_executed_stays_so_whatever_command_it_would_be_today() {
        open(ADA);
        shift(HOUR);
        ProjectionRunner first = start(marking());
        settle(first);
        first.stop();

        ProjectionRunner second = start(closing()
                .executeAll(event -> List.of(new Note(event.streamId(), 2), new Note(event.streamId(), 3)))
                .onError(failure -> FailureDecision.PARK)
                .build());
        second.reset(NAME);
        settle(second);

        assertThat(noted(ADA)).containsExactly(1L, 3L);
        assertThat(counts().pending() + counts().parked()).isZero();
    }

    @Test
    void another_delay_counts_for_events_that_come_and_after_a_reset_for_all() {
        open(ADA);
        ProjectionRunner first = start(marking());
        settle(first);
        first.stop();

        ProjectionRunner second = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Opened.class)
                .after(Duration.ofMinutes(10))
                .unless(Withdrawn.class)
                .execute(event -> new Note(event.streamId(), 1))
                .build());
        open(BOB);
        shift(Duration.ofMinutes(30));
        settle(second);
        assertThat(versionOf(ADA)).isEqualTo(1);
        assertThat(versionOf(BOB)).isEqualTo(2);

        second.reset(NAME);
        settle(second);

        assertThat(versionOf(ADA)).isEqualTo(2);
        assertThat(versionOf(BOB)).isEqualTo(2);
    }

    @Test
    void what_is_pending_is_listed_in_the_order_in_which_it_falls_due() {
        open(ADA);
        open(BOB);
        ProjectionRunner runner = start(noting());
        settle(runner);

        List<PendingDeadline> all = runner.deadlines(NAME, false, 10);

        assertThat(all).extracting(PendingDeadline::dueAt).isSorted().hasSize(2);
        assertThat(runner.deadlines(NAME, false, 1)).containsExactly(all.get(0));
        assertThat(runner.deadlines(NAME, true, 10)).isEmpty();
    }
}
