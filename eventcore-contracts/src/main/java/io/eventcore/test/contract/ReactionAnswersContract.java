package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventMetadata;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.test.contract.SchoolEvent.CourseOpened;
import io.eventcore.test.contract.SchoolEvent.Subscribed;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What reactions answer, and what is stored with their commands. */
abstract class ReactionAnswersContract extends ReactionFixture {
    @Test
    void every_event_is_answered_once_first_the_old_ones_then_the_new_ones() {
        deposit(3);

        ProjectionRunner runner = start(store, taxes().build());
        assertAnswered(runner, 3);
        deposit(2);

        assertAnswered(runner, 5);
    }

    @Test
    void a_reaction_by_tags_answers_what_carries_them_and_nothing_else() {
        List<EventStreamSlice> written = new ArrayList<>();
        for (SchoolEvent event :
                List.of(new CourseOpened("c1", 2), new Subscribed("ada", "c1"), new Subscribed("ada", "c2"))) {
            written.add(events.appendEvents(TagFixture.writes(event)));
        }

        ProjectionRunner runner = start(
                store,
                Reaction.named(NAME, SchoolEvent.class)
                        .filter(EventFilter.tagged("course", "c1").ofTypes(Subscribed.class))
                        .on(Subscribed.class, event -> List.of(new Take(TAX, 1)))
                        .build());
        assertAnswered(runner, 1);
        written.add(events.appendEvents(TagFixture.writes(new Subscribed("bob", "c2"))));
        written.add(events.appendEvents(TagFixture.writes(new Subscribed("bob", "c1"))));
        assertAnswered(runner, 2);

        assertThat(events.readStream(TAX, LedgerEvent.class).toList())
                .extracting(taken -> taken.metadata().causationId().orElseThrow())
                .containsExactly(idOf(written.get(1)), idOf(written.get(4)));
    }

    private static String idOf(EventStreamSlice slice) {
        return slice.events().get(0).id().toString();
    }

    @Test
    void the_event_is_the_cause_of_its_commands_and_they_stay_in_its_conversation() {
        StreamWrites writes = StreamWrites.empty()
                .withMetadata(EventMetadata.empty()
                        .withCorrelationId("order-7")
                        .withTenant("acme")
                        .withActor("ada"))
                .registerStream(ADA, any())
                .append(new Deposited(ADA, 0));
        events.appendEvents(writes);

        assertAnswered(start(store, taxes().build()), 1);

        RecordedEvent<LedgerEvent> cause = recorded(ADA).get(0);
        EventMetadata metadata = recorded(TAX).get(0).metadata();
        assertThat(metadata.causationId()).contains(cause.id().toString());
        assertThat(metadata.correlationId()).contains("order-7");
        assertThat(metadata.tenant()).contains("acme");
        assertThat(metadata.actor()).isEmpty();
    }

    @Test
    void a_command_that_any_projection_executes_names_the_event_as_its_cause() {
        deposit(1);
        ProjectionRunner runner = started(builder(store)
                .projection(Projection.named(NAME, LedgerEvent.class)
                        .filter(ACCOUNTS)
                        .atLeastOnce()
                        .on(LedgerEvent.class, event -> executor.execute(new Take(TAX, 1)))
                        .build()));

        assertAnswered(runner, 1);

        assertThat(recorded(TAX).get(0).metadata().causationId())
                .contains(recorded(ADA).get(0).id().toString());
        executor.execute(new Take(BONUS, 1));
        assertThat(recorded(BONUS).get(0).metadata().causationId()).isEmpty();
    }

    @Test
    void what_a_reaction_says_about_its_commands_goes_with_them() {
        deposit(1);
        Reaction<LedgerEvent> audited = new Reaction<>() {
            @Override
            public String name() {
                return NAME;
            }

            @Override
            public Class<LedgerEvent> eventType() {
                return LedgerEvent.class;
            }

            @Override
            public EventFilter filter() {
                return ACCOUNTS;
            }

            @Override
            public List<? extends Command<?, ?>> react(RecordedEvent<LedgerEvent> event) {
                return List.of(new Take(TAX, 1));
            }

            @Override
            public CommandContext context(RecordedEvent<LedgerEvent> event) {
                return CommandContext.causedBy(event).withActor("the tax office");
            }
        };

        assertAnswered(start(store, audited), 1);

        EventMetadata metadata = recorded(TAX).get(0).metadata();
        assertThat(metadata.actor()).contains("the tax office");
        assertThat(metadata.causationId()).isPresent();
    }

    @Test
    void an_answer_that_changes_is_refused_and_not_executed_as_well() {
        deposit(1);
        AtomicInteger calls = new AtomicInteger();

        ProjectionRunner runner = start(
                new Crashing(store, 1),
                offices()
                        .on(Deposited.class, event -> List.of(new Take(TAX, calls.incrementAndGet())))
                        .onError(failure -> FailureDecision.FAIL)
                        .build());

        Eventually.until("it has stopped", () -> stateOf(runner) == ProjectionState.FAILED);
        assertThat(runner.status().get(0).partitions().get(0).lastFailure()).contains("CommandIdReusedException");
        assertThat(versionOf(TAX)).isEqualTo(1);
    }

    @Test
    void a_rejection_by_the_domain_stops_the_reaction_unless_it_decides_otherwise() {
        deposit(2);

        ProjectionRunner stopped = start(
                store,
                offices()
                        .on(Deposited.class, event -> List.of(new Refused(TAX)))
                        .build());
        Eventually.until("it has stopped", () -> stateOf(stopped) == ProjectionState.FAILED);
        stopped.stop();

        ProjectionRunner skipping = start(
                store,
                offices()
                        .on(
                                Deposited.class,
                                event -> List.of(event.version().value() == 1 ? new Refused(TAX) : new Take(TAX, 1)))
                        .onError(failure -> FailureDecision.SKIP)
                        .build());

        assertAnswered(skipping, 1);
    }

    @Test
    void a_parked_stream_is_answered_in_order_once_it_is_retried() {
        AtomicBoolean refusing = new AtomicBoolean(true);
        deposit(3);
        ProjectionRunner runner = start(
                store,
                offices()
                        .on(
                                Deposited.class,
                                event -> List.of(
                                        new Take(TAX, event.version().value()),
                                        refusing.get() ? new Refused(BONUS) : new Take(BONUS, 1)))
                        .onError(failure -> FailureDecision.PARK)
                        .build());
        Eventually.until(
                "the stream waits",
                () -> runner.parkedStreams(NAME).stream().anyMatch(stream -> stream.waiting() == 3));

        refusing.set(false);
        assertThat(runner.retryParked(NAME, ADA)).isTrue();

        Eventually.until("it goes on", () -> runner.parkedStreams(NAME).isEmpty());
        assertThat(recorded(TAX))
                .extracting(event -> ((Withdrawn) event.event()).cents())
                .containsExactly(1L, 2L, 3L);
        assertThat(versionOf(BONUS)).isEqualTo(3);
    }

    @Test
    void events_from_before_the_reaction_began_are_passed_over() {
        deposit(2);
        Instant since = recorded(ADA).get(1).recordedAt().plusNanos(1000);
        Eventually.until("the clock has moved on", () -> {
            deposit(1);
            return !recorded(ADA).get((int) versionOf(ADA) - 1).recordedAt().isBefore(since);
        });
        long newOnes = recorded(ADA).stream()
                .filter(event -> !event.recordedAt().isBefore(since))
                .count();

        assertAnswered(start(store, taxes().since(since).build()), (int) newOnes);
        assertThat(newOnes).isPositive().isLessThan(versionOf(ADA));
    }

    @Test
    void all_parts_of_a_divided_reaction_answer() {
        for (int i = 0; i < 20; i++) {
            StreamId account = StreamId.of("account-" + i);
            events.appendEvents(StreamWrites.to(account, any(), new Deposited(account, 1)));
        }

        assertAnswered(start(store, taxes().partitions(4).build()), 20);
    }

    @Test
    void a_reaction_cannot_be_reset() {
        deposit(1);
        ProjectionRunner runner = start(store, taxes().build());
        assertAnswered(runner, 1);

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> runner.reset(NAME))
                .withMessageContaining(NAME);
        deposit(1);

        assertAnswered(runner, 2);
    }

    private static ProjectionState stateOf(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0).state();
    }
}
