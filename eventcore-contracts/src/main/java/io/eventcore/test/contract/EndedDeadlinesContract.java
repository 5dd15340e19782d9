package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlineLook;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** An event certainly calls a deadline off if it was committed before the deadline fell due. */
abstract class EndedDeadlinesContract extends DeadlineFixture {
    /** How many events a partition reads at once. */
    private static final int PAGE = 2_000;

    @Test
    void an_event_of_the_same_stream_calls_a_deadline_off() {
        open(ADA);
        open(BOB);
        ProjectionRunner runner = start(marking());
        settle(runner);
        withdraw(ADA);
        settle(runner);
        assertThat(counts().pending()).isEqualTo(1);

        shift(HOUR);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(noted(BOB)).hasSize(1);
    }

    @Test
    void an_event_calls_off_what_was_set_before_it_and_not_what_is_set_after_it() {
        ProjectionRunner runner = start(marking());
        open(ADA);
        withdraw(ADA);
        open(ADA);
        shift(HOUR);
        settle(runner);

        assertThat(noted(ADA)).hasSize(1);
    }

    @Test
    void what_is_called_off_before_the_reaction_comes_to_it_is_never_stored() {
        AtomicInteger begun = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            StreamId account = StreamId.of("account-" + i);
            open(account);
            withdraw(account);
        }
        open(BOB);

        ProjectionRunner runner = start(
                new ForwardingProjectionStore(store) {
                    @Override
                    public boolean advance(
                            Lease lease,
                            Checkpoint from,
                            Checkpoint to,
                            List<ParkedChange> parked,
                            List<DeadlineChange> deadlines) {
                        deadlines.stream()
                                .filter(DeadlineChange.Begun.class::isInstance)
                                .forEach(change -> begun.incrementAndGet());
                        return super.advance(lease, from, to, parked, deadlines);
                    }
                },
                marking());
        settle(runner);

        assertThat(begun).hasValue(1);
        assertThat(counts().pending()).isEqualTo(1);
    }

    @Test
    void what_is_committed_before_the_clock_is_looked_at_is_known_before_anything_is_executed() {
        open(ADA);
        AtomicBoolean armed = new AtomicBoolean();
        ProjectionRunner runner = start(
                new ForwardingProjectionStore(store) {
                    @Override
                    public DeadlineLook nextDeadline(DeadlineSlots slots) {
                        if (armed.compareAndSet(true, false)) {
                            shift(HOUR);
                            withdraw(ADA);
                        }
                        return super.nextDeadline(slots);
                    }
                },
                marking());
        settle(runner);

        armed.set(true);
        Eventually.until("the clock is looked at", () -> !armed.get());
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(counts().pending()).isZero();
    }

    @Test
    void an_event_that_is_committed_while_the_command_decides_meets_the_rule_of_the_command() {
        open(ADA);
        ProjectionRunner runner =
                start(closing().execute(event -> new Close(event.streamId())).build());
        settle(runner);
        Close.MEANWHILE.set(() -> withdraw(ADA));

        shift(HOUR);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(versionOf(ADA)).isEqualTo(2);
        assertThat(counts().pending()).isZero();
    }

    @Test
    void an_event_that_comes_after_the_execution_finds_it_done() {
        open(ADA);
        ProjectionRunner runner =
                start(closing().execute(event -> new Close(event.streamId())).build());
        shift(HOUR);
        settle(runner);

        withdraw(ADA);
        settle(runner);

        assertThat(noted(ADA)).containsExactly(0L);
        assertThat(versionOf(ADA)).isEqualTo(3);
        assertThat(counts().pending()).isZero();
    }

    @Test
    void the_type_that_sets_a_deadline_may_call_the_one_before_it_off() {
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Opened.class)
                .after(HOUR)
                .unless(Opened.class)
                .execute(event -> new Note(OFFICE, event.version().value()))
                .build());
        open(ADA);
        open(ADA);
        settle(runner);
        open(ADA);
        settle(runner);
        assertThat(counts().pending()).isEqualTo(1);

        shift(HOUR);
        settle(runner);

        assertThat(noted(OFFICE)).containsExactly(3L);
    }

    @Test
    void an_event_of_another_stream_calls_a_deadline_off_by_a_common_tag() {
        ProjectionRunner runner = start(Reaction.named(NAME, SchoolEvent.class)
                .on(CourseOpened.class)
                .after(HOUR)
                .unless(Subscribed.class)
                .sameTag("course")
                .execute(event -> new Note(OFFICE, event.event().capacity()))
                .build());
        append(new CourseOpened("c1", 1));
        append(new CourseOpened("c2", 2));
        append(new CourseOpened("c3", 3));
        settle(runner);
        append(new Subscribed("ada", "c2"));

        shift(HOUR);
        settle(runner);

        assertThat(noted(OFFICE)).containsExactly(1L, 3L);
    }

    @Test
    void an_event_of_another_stream_calls_a_deadline_off_by_a_common_key() {
        ProjectionRunner runner = start(Reaction.named(NAME, LedgerEvent.class)
                .on(Deposited.class)
                .after(HOUR)
                .unless(Withdrawn.class)
                .correlatedBy(EndedDeadlinesContract::cents)
                .execute(event -> new Refund(OFFICE, event.event().cents()))
                .build());
        append(new Deposited(ADA, 17));
        append(new Deposited(ADA, 18));
        settle(runner);
        append(new Withdrawn(BOB, 17));

        shift(HOUR);
        settle(runner);

        assertThat(versionOf(OFFICE)).isEqualTo(1);
        assertThat(counts().pending()).isZero();
    }

    private static String cents(RecordedEvent<LedgerEvent> event) {
        return event.event() instanceof Deposited deposited
                ? "cents-" + deposited.cents()
                : "cents-" + ((Withdrawn) event.event()).cents();
    }

    @Test
    void of_events_that_are_appended_together_each_counts_in_its_place() {
        ProjectionRunner runner = start(marking());
        events.appendEvents(StreamWrites.empty()
                .registerStream(ADA, any())
                .registerStream(BOB, any())
                .append(new Opened(ADA, "a"))
                .append(new Withdrawn(BOB, 1))
                .append(new Opened(BOB, "b"))
                .append(new Withdrawn(ADA, 1)));
        shift(HOUR);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
        assertThat(noted(BOB)).hasSize(1);
    }

    /** A page of the log ends between the event that sets an overdue deadline and the one that calls it off. */
    @Test
    void what_is_set_behind_the_end_that_a_round_has_looked_at_may_be_called_off_by_the_next_event() {
        Reaction<LedgerEvent> reaction = Reaction.named(NAME, LedgerEvent.class)
                .on(Opened.class)
                .at(event -> event.streamId().equals(ADA)
                        ? Instant.EPOCH
                        : event.recordedAt().plus(HOUR))
                .unless(Withdrawn.class)
                .execute(event -> new Note(event.streamId(), 1))
                .build();
        open(BOB);
        ProjectionRunner before = start(reaction);
        settle(before);
        before.stop();
        shift(HOUR);

        StreamWrites writes = StreamWrites.empty().registerStream(OFFICE, any()).registerStream(ADA, any());
        for (int i = 1; i < PAGE; i++) {
            writes = writes.append(new Withdrawn(OFFICE, 1));
        }
        StreamWrites aPageAndOne = writes.append(new Opened(ADA, "a")).append(new Withdrawn(ADA, 1));
        ProjectionRunner runner = startWithIn(reaction, () -> events.appendEvents(aPageAndOne));
        Eventually.until("the deadline of Bob is executed", () -> noted(BOB).size() == 1);
        settle(runner);

        assertThat(noted(ADA)).isEmpty();
    }

    /** Withdraws without being one of the events that call something off. */
    private record Refund(@Stream StreamId stream, long cents) implements Command<Long, Event> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, Event event) {
            return state;
        }

        @Override
        public List<Event> handle(Long state) {
            return List.of(new Opened(stream, "refunded"));
        }
    }
}
