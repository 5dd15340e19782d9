package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of a deadline whose command fails: the reaction decides, and then an operator. */
abstract class FailedDeadlinesContract extends DeadlineFixture {
    private final AtomicBoolean refusing = new AtomicBoolean(true);
    private final AtomicInteger attempts = new AtomicInteger();

    private Command<?, ?> closeUnlessRefused(RecordedEvent<Opened> event) {
        boolean refused = refusing.get() && event.streamId().equals(ADA);
        attempts.addAndGet(refused ? 1 : 0);
        return refused ? new Refused(OFFICE) : new Note(event.streamId(), 1);
    }

    private ProjectionRunner startWith(FailureDecision decision) {
        open(ADA);
        open(BOB);
        ProjectionRunner runner = start(closing()
                .execute(this::closeUnlessRefused)
                .onError(failure -> decision)
                .build());
        settle(runner);
        shift(HOUR);
        return runner;
    }

    @Test
    void what_is_committed_before_a_deadline_is_retried_calls_it_off_also_in_a_round_that_has_begun_before() {
        ProjectionRunner before = startWith(FailureDecision.PARK);
        settle(before);
        before.stop();
        assertThat(counts().parked()).isEqualTo(1);
        refusing.set(false);
        StreamId carol = StreamId.of("account-carol");
        open(carol);
        shift(HOUR);

        CompletableFuture<ProjectionRunner> started = new CompletableFuture<>();
        ProjectionRunner runner = startWithIn(
                closing()
                        .execute(this::closeUnlessRefused)
                        .onError(failure -> FailureDecision.PARK)
                        .build(),
                () -> {
                    withdraw(ADA);
                    started.join().retryAllParkedDeadlines(NAME);
                });
        started.complete(runner);
        Eventually.until("the deadline of Carol is executed", () -> noted(carol).size() == 1);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(counts().parked()).isZero();
    }

    @Test
    void a_rejected_deadline_is_set_aside_and_executed_when_an_operator_retries_it() {
        ProjectionRunner runner = startWith(FailureDecision.PARK);
        settle(runner);
        assertThat(noted(BOB)).hasSize(1);
        assertThat(counts().parked()).isEqualTo(1);
        assertThat(counts().pending()).isZero();
        PendingDeadline parked = runner.deadlines(NAME, true, 10).get(0);
        assertThat(parked.failure()).isEqualTo(BusinessRuleViolationException.class.getName());
        assertThat(runner.retryParkedDeadlines(NAME, parked.position())).isEqualTo(1);
        settle(runner);
        assertThat(counts().parked()).as("it fails again").isEqualTo(1);

        refusing.set(false);
        assertThat(runner.retryAllParkedDeadlines(NAME)).isEqualTo(1);
        settle(runner);

        assertThat(noted(ADA)).hasSize(1);
        assertThat(counts().parked()).isZero();
    }

    @Test
    void a_deadline_that_is_discarded_is_never_executed() {
        ProjectionRunner runner = startWith(FailureDecision.PARK);
        settle(runner);
        refusing.set(false);

        assertThat(runner.discardParkedDeadlines(
                        NAME, runner.deadlines(NAME, true, 1).get(0).position()))
                .isEqualTo(1);
        assertThat(runner.discardAllParkedDeadlines(NAME)).isZero();
        assertThat(runner.retryAllParkedDeadlines(NAME)).isZero();
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(counts().parked()).isZero();
    }

    @Test
    void a_deadline_that_is_set_aside_can_be_called_off() {
        ProjectionRunner runner = startWith(FailureDecision.PARK);
        settle(runner);

        withdraw(ADA);
        settle(runner);

        assertThat(counts().parked()).isZero();
    }

    @Test
    void a_deadline_that_is_skipped_is_gone() {
        ProjectionRunner runner = startWith(FailureDecision.SKIP);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(noted(BOB)).hasSize(1);
        assertThat(counts().pending() + counts().parked()).isZero();
        assertThat(runner.status().get(0).partitions().get(0).skippedEvents()).isEqualTo(1);
    }

    @Test
    void a_deadline_that_fails_is_tried_again_until_it_succeeds_or_is_called_off() {
        ProjectionRunner runner = startWith(FailureDecision.RETRY);
        Eventually.until("it is tried again and again", () -> attempts.get() > 5);
        assertThat(noted(BOB)).as("it comes after that one").isEmpty();

        withdraw(ADA);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(noted(BOB)).hasSize(1);
    }

    @Test
    void a_reaction_that_stops_at_a_deadline_goes_on_with_it_when_it_is_resumed() {
        ProjectionRunner runner = startWith(FailureDecision.FAIL);
        Eventually.until(
                "it has stopped",
                () -> runner.status().get(0).partitions().get(0).state() == ProjectionState.FAILED);

        refusing.set(false);
        runner.resume(NAME);
        settle(runner);

        assertThat(noted(ADA)).hasSize(1);
        assertThat(noted(BOB)).hasSize(1);
    }

    @Test
    void a_reaction_stops_at_a_deadline_although_what_was_done_before_it_cannot_be_told() {
        open(BOB);
        open(ADA);
        shift(HOUR);
        ProjectionStore forgetful = new DeadlineCrashesContract.Crashing(store, DeadlineChange.Done.class, 10_000);

        ProjectionRunner runner = start(
                forgetful,
                closing()
                        .execute(this::closeUnlessRefused)
                        .onError(failure -> FailureDecision.FAIL)
                        .build());

        Eventually.until(
                "it has stopped",
                () -> runner.status().get(0).partitions().get(0).state() == ProjectionState.FAILED);
        assertThat(noted(BOB)).hasSize(1);
    }

    @Test
    void a_deadline_whose_stream_waits_is_not_executed_before_the_events_that_may_call_it_off() {
        AtomicBoolean unreadable = new AtomicBoolean(true);
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Opened.class)
                .at(event -> time(event, unreadable))
                .unless(Withdrawn.class)
                .execute(event -> new Note(OFFICE, 1))
                .onError(failure -> FailureDecision.PARK)
                .build());
        open(ADA);
        settle(runner);
        append(new Opened(ADA, "unreadable"));
        withdraw(ADA);
        settle(runner);
        assertThat(runner.parkedStreams(NAME)).hasSize(1);

        shift(HOUR);
        settle(runner);
        assertThat(versionOf(OFFICE)).isZero();
        assertThat(runner.deadlines(NAME, true, 10))
                .extracting(PendingDeadline::failure)
                .containsExactly(ParkedStream.class.getName());

        unreadable.set(false);
        runner.retryParked(NAME, ADA);
        Eventually.until("the stream goes on", () -> runner.parkedStreams(NAME).isEmpty());
        settle(runner);
        assertThat(counts().parked() + counts().pending()).isZero();
        assertThat(versionOf(OFFICE)).isZero();
    }

    @Test
    void a_deadline_that_has_waited_for_its_stream_goes_on_with_it() {
        AtomicBoolean unreadable = new AtomicBoolean(true);
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Opened.class)
                .at(event -> time(event, unreadable))
                .execute(event -> new Note(OFFICE, event.version().value()))
                .onError(failure -> FailureDecision.PARK)
                .build());
        open(ADA);
        settle(runner);
        append(new Opened(ADA, "unreadable"));
        settle(runner);
        shift(HOUR);
        settle(runner);
        assertThat(counts().parked()).isEqualTo(1);

        unreadable.set(false);
        assertThat(runner.retryAllParkedDeadlines(NAME)).isEqualTo(1);
        Eventually.until("it waits for its stream again", () -> counts().parked() == 1, this::counts);
        assertThat(runner.requestForAllParked(NAME, ParkedStream.Request.RETRY)).isEqualTo(1);
        Eventually.until("both are executed", () -> noted(OFFICE).size() == 2, this::counts);
        settle(runner);

        // The first deadline has been due since it was retried.
        assertThat(noted(OFFICE)).containsExactly(2L, 1L);
        assertThat(counts().parked()).isZero();
    }

    private static Instant time(RecordedEvent<Opened> event, AtomicBoolean unreadable) {
        if (unreadable.get() && event.event().owner().equals("unreadable")) {
            throw new IllegalStateException("not yet");
        }
        return event.recordedAt().plus(HOUR);
    }

    @Test
    void a_time_that_cannot_be_kept_is_decided_about_by_the_reaction() {
        AtomicInteger failures = new AtomicInteger();
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .at(event -> event.event().cents() < 0 ? Instant.MAX : event.recordedAt())
                .execute(event -> new Refused(OFFICE))
                .onError(failure -> {
                    failures.incrementAndGet();
                    return FailureDecision.SKIP;
                })
                .build());
        append(new Deposited(ADA, -1));
        settle(runner);

        assertThat(failures).hasValue(1);
        assertThat(counts().pending()).isZero();
    }
}
