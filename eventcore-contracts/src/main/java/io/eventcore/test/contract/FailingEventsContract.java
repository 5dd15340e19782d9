package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamWrites;
import io.eventcore.projection.FailureContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.test.contract.LedgerEvent.Audited;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of an event that cannot be applied or read, of its stream and of its neighbours; and of a log that was set back. */
abstract class FailingEventsContract extends ProjectionRunnerFixture {
    @Test
    void a_failing_event_is_tried_again_and_then_counts_once() {
        deposit(ADA, 5);
        AtomicInteger failures = new AtomicInteger(3);

        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.version().value() == 3 && failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("not now");
                    }
                })
                .build());

        awaitAllApplied();
        assertThat(status(runner).failures()).isPositive();
    }

    @Test
    void a_skipped_event_leaves_no_trace_and_its_neighbours_count_once() {
        deposit(ADA, 5);

        ProjectionRunner runner =
                start(failingAt(3).onError(failure -> FailureDecision.SKIP).build());

        awaitAllAppliedExcept(3);
        Eventually.until("the skipped event is counted", () -> status(runner).skippedEvents() == 1);
    }

    @Test
    void a_projection_that_fails_stops_before_the_event_and_says_so() {
        deposit(ADA, 5);

        ProjectionRunner runner =
                start(failingAt(3).onError(failure -> FailureDecision.FAIL).build());

        Eventually.until("it has failed", () -> status(runner).state() == ProjectionState.FAILED);
        assertThat(applied.positions()).hasSize(2);
        assertThat(status(runner).lastFailure())
                .contains("IllegalStateException")
                .contains("ledger.deposited")
                .doesNotContain("s3cr3t");
        assertThat(store.partitions())
                .singleElement()
                .satisfies(state -> assertThat(state.failure()).contains("IllegalStateException"));
    }

    @Test
    void a_projection_that_has_failed_goes_on_when_it_is_resumed() {
        deposit(ADA, 5);
        AtomicBoolean repaired = new AtomicBoolean();
        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    applied.add(event);
                    if (event.version().value() == 3 && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                })
                .onError(failure -> FailureDecision.FAIL)
                .build());
        Eventually.until("it has failed", () -> status(runner).state() == ProjectionState.FAILED);

        repaired.set(true);
        runner.resume("applied");

        awaitAllApplied();
    }

    @Test
    void a_decision_is_asked_for_the_event_that_failed_alone() {
        deposit(ADA, 5);
        List<FailureContext> failures = new CopyOnWriteArrayList<>();

        start(failingAt(3)
                .onError(failure -> {
                    failures.add(failure);
                    return failure.attempts() < 3 ? FailureDecision.RETRY : FailureDecision.SKIP;
                })
                .build());

        awaitAllAppliedExcept(3);
        assertThat(failures).extracting(FailureContext::attempts).containsExactly(1, 2, 3);
        assertThat(failures).allSatisfy(failure -> {
            assertThat(failure.streamId()).isEqualTo(ADA);
            assertThat(failure.version().value()).isEqualTo(3);
            assertThat(failure.typeName()).isEqualTo("ledger.deposited");
            assertThat(failure.cause()).isInstanceOf(IllegalStateException.class);
        });
    }

    private void awaitAllAppliedExcept(long versionOfAda) {
        awaitApplied(positions(event -> event.version().value() != versionOfAda));
    }

    @Test
    void a_parked_stream_waits_in_order_while_others_go_on() {
        deposit(ADA, 3);
        deposit(BOB, 2);

        start(failingAt(2).onError(failure -> park(failure, ADA)).build());
        Eventually.until(
                "the stream is parked", () -> store.parkedStreams("applied").size() == 1);
        deposit(BOB, 2);
        deposit(ADA, 1);
        Eventually.until(
                "the events of the stream wait",
                () -> store.parkedStreams("applied").get(0).waiting() == 3);

        assertThat(applied.positions())
                .isEqualTo(positions(
                        event -> event.streamId().equals(BOB) || event.version().value() == 1));
    }

    @Test
    void retrying_a_parked_stream_applies_what_waits_once_and_in_order() {
        deposit(ADA, 3);
        AtomicBoolean repaired = new AtomicBoolean();
        List<Long> order = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(ledger("applied")
                .on(LedgerEvent.class, event -> {
                    if (event.version().value() == 2 && !repaired.get()) {
                        throw new IllegalStateException("broken");
                    }
                    applied.add(event);
                    order.add(event.position().value());
                })
                .onError(failure -> FailureDecision.PARK)
                .build());
        deposit(BOB, 1);
        Eventually.until("two events wait", () -> waiting() == 2);

        runner.retryParked("applied", ADA);
        Eventually.until(
                "the retry has failed",
                () -> store.parkedStreams("applied").get(0).request() == ParkedStream.Request.NONE);
        assertThat(waiting()).isEqualTo(2);
        repaired.set(true);
        runner.retryParked("applied", ADA);

        awaitAllApplied();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
        deposit(ADA, 1);
        awaitAllApplied();
        List<Long> ofAda = positions(event -> event.streamId().equals(ADA));
        assertThat(order.stream().filter(ofAda::contains).distinct().toList()).isEqualTo(ofAda);
    }

    @Test
    void discarding_a_parked_stream_gives_up_what_waits_and_goes_on() {
        deposit(ADA, 3);
        ProjectionRunner runner =
                start(failingAt(2).onError(failure -> FailureDecision.PARK).build());
        Eventually.until("two events wait", () -> waiting() == 2);

        assertThat(runner.discardParked("applied", ADA)).isTrue();
        Eventually.until(
                "the stream is released", () -> store.parkedStreams("applied").isEmpty());
        deposit(ADA, 2);

        Eventually.until("later events are applied", () -> applied.positions().size() == 3);
        assertThat(applied.positions())
                .isEqualTo(positions(
                        event -> event.version().value() != 2 && event.version().value() != 3));
    }

    @Test
    void an_event_that_cannot_be_read_goes_the_same_way_and_is_named() {
        deposit(ADA, 2);
        audit();
        deposit(ADA, 2);
        List<FailureContext> failures = new CopyOnWriteArrayList<>();

        start(appliedEventsProjection()
                .onError(failure -> {
                    failures.add(failure);
                    return FailureDecision.SKIP;
                })
                .build());

        awaitApplied(positions(event -> event.event() instanceof LedgerEvent));
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.typeName()).isEqualTo("audit.audited");
            assertThat(failure.streamId()).isEqualTo(AUDIT);
            assertThat(failure.cause()).isInstanceOf(EventDeserializationException.class);
        });
    }

    @Test
    void an_event_that_cannot_be_read_stays_parked_over_retries_and_rebuilds_until_it_is_given_up() {
        audit();
        deposit(ADA, 2);
        audit();
        deposit(BOB, 1);
        ProjectionRunner runner = start(appliedEventsProjection()
                .clearedBy(applied::clear)
                .onError(failure -> park(failure, AUDIT))
                .build());
        Eventually.until("both audits wait", () -> waiting() == 2);
        List<Long> readable = positions(event -> event.event() instanceof LedgerEvent);
        awaitApplied(readable);

        runner.retryParked("applied", AUDIT);
        Eventually.until(
                "the retry has failed",
                () -> store.parkedStreams("applied").get(0).request() == ParkedStream.Request.NONE);
        runner.reset("applied");
        awaitApplied(readable);

        Eventually.until("both audits wait", () -> waiting() == 2);
        assertThat(store.parkedStreams("applied")).singleElement().satisfies(stream -> {
            assertThat(stream.streamId()).isEqualTo(AUDIT);
            assertThat(stream.failure()).isEqualTo(EventDeserializationException.class.getName());
        });
        runner.discardParked("applied", AUDIT);
        Eventually.until(
                "they are given up", () -> store.parkedStreams("applied").isEmpty());
        deposit(BOB, 1);
        awaitApplied(positions(event -> event.event() instanceof LedgerEvent));
    }

    private void audit() {
        events.appendEvents(StreamWrites.empty().registerStream(AUDIT, any()).append(AUDIT, new Audited("secret")));
    }

    @Test
    void an_event_that_cannot_be_read_is_noticed_by_a_projection_that_has_caught_up() {
        List<FailureContext> failures = new CopyOnWriteArrayList<>();
        ProjectionRunner runner = start(appliedEventsProjection()
                .onError(failure -> {
                    failures.add(failure);
                    return FailureDecision.SKIP;
                })
                .build());
        Eventually.until("it has caught up", () -> status(runner).state() == ProjectionState.LIVE);

        audit();
        deposit(ADA, 1);

        awaitApplied(positions(event -> event.event() instanceof LedgerEvent));
        assertThat(failures).hasSize(1);
    }

    @Test
    void a_log_that_lost_the_last_event_seen_stops_the_projection() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();
        first.stop();

        ProjectionRunner runner = start(builder(new HidingStore(events, 3), store)
                .projection(appliedEventsProjection().build()));

        Eventually.until("it has stopped", () -> status(runner).state() == ProjectionState.FAILED);
        assertThat(status(runner).lastFailure())
                .contains("set back")
                .contains("reset")
                .contains("applied");
        deposit(ADA, 1);
        assertThat(applied.positions()).hasSize(3);
    }

    @Test
    void a_log_that_ends_before_the_checkpoint_stops_the_projection() {
        ProjectionRunner first = start(appliedEventsProjection().build());
        deposit(ADA, 3);
        awaitAllApplied();
        first.stop();

        ProjectionRunner runner = start(builder(
                        new ForwardingEventStore(events) {
                            @Override
                            public GlobalPosition lastPosition() {
                                return GlobalPosition.of(1);
                            }
                        },
                        store)
                .projection(appliedEventsProjection().build()));

        Eventually.until("it has stopped", () -> status(runner).state() == ProjectionState.FAILED);
        assertThat(status(runner).lastFailure()).contains("ends at position 1").contains("reset");
    }

    /** A log that lost an event and everything that was there after it. */
    private static final class HidingStore extends ForwardingEventStore {
        private final GlobalPosition hidden;

        private HidingStore(EventStore delegate, int number) {
            super(delegate);
            this.hidden = delegate.readEvents(EventFilter.all(), EventPage.first(number), Event.class)
                    .events()
                    .get(number - 1)
                    .position();
        }

        @Override
        public StoredPage readStored(EventFilter filter, EventPage page) {
            StoredPage found = super.readStored(filter, page);
            List<StoredEvent> left = found.events().stream()
                    .filter(event -> !event.position().equals(hidden))
                    .toList();
            return new StoredPage(left, found.continueAfter(), found.endReached());
        }
    }
}
