package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Scenarios of projections and reactions, and events in streams that are named beside them. */
class ScenariosTest {
    private static final StreamId ORDER = StreamId.of("order-1");
    private static final StreamId OTHER = StreamId.of("order-2");

    interface OrderEvent extends Event {}

    record Placed(StreamId streamId) implements OrderEvent {}

    record Paid(StreamId streamId) implements OrderEvent {}

    /** Does not know its stream. */
    record Noted(String text) implements OrderEvent {}

    record Ship(@Stream StreamId order, long number) implements Command<Integer, OrderEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer seen, OrderEvent event) {
            return seen + 1;
        }

        @Override
        public List<OrderEvent> handle(Integer seen) {
            return List.of(new Placed(order));
        }
    }

    /** Follows what it finds to another stream. */
    record Follow(@Stream StreamId order) implements Command<Integer, OrderEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer seen, OrderEvent event) {
            return seen + 1;
        }

        @Override
        public Set<StreamId> discoverStreams(Integer seen) {
            return seen > 0 ? Set.of(OTHER) : Set.of();
        }

        @Override
        public List<Placed> handle(Integer seen) {
            return Collections.nCopies(seen - 1, new Placed(order));
        }
    }

    private abstract static class Orders implements Projection<OrderEvent> {
        final List<Event> seen = new ArrayList<>();

        @Override
        public String name() {
            return "orders";
        }

        @Override
        public void apply(RecordedEvent<OrderEvent> event) throws Exception {
            seen.add(event.event());
        }
    }

    private static final class PaidOnly extends Orders {
        @Override
        public EventFilter filter() {
            return EventFilter.prefix(StreamPrefix.of("order-")).ofTypes(Paid.class);
        }
    }

    private static final class Failing extends Orders {
        @Override
        public void apply(RecordedEvent<OrderEvent> event) throws IOException {
            throw new IOException("no letters today");
        }
    }

    private static final class Shipping implements Reaction<OrderEvent> {
        private final AtomicLong next = new AtomicLong();
        private final boolean counting;

        Shipping(boolean counting) {
            this.counting = counting;
        }

        @Override
        public String name() {
            return "shipping";
        }

        @Override
        public List<Ship> react(RecordedEvent<OrderEvent> event) {
            return event.event() instanceof Paid paid
                    ? List.of(new Ship(paid.streamId(), counting ? next.incrementAndGet() : 0))
                    : List.of();
        }
    }

    @Test
    void a_projection_is_given_what_its_filter_wants_in_order() {
        PaidOnly projection = new PaidOnly();

        List<RecordedEvent<OrderEvent>> applied = ProjectionScenario.given(new Placed(ORDER), new Paid(ORDER))
                .and(StreamId.of("note-1"), new Noted("urgent"))
                .and(new Paid(OTHER))
                .appliedTo(projection);

        assertThat(projection.seen).containsExactly(new Paid(ORDER), new Paid(OTHER));
        assertThat(applied).extracting(RecordedEvent::streamId).containsExactly(ORDER, OTHER);
    }

    @Test
    void a_projection_that_fails_fails_the_scenario() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> ProjectionScenario.given(new Paid(ORDER)).appliedTo(new Failing()))
                .withMessage("Projection 'orders' has failed")
                .withCauseInstanceOf(IOException.class);
    }

    @Test
    void a_reaction_answers_with_commands() {
        // tag::reaction-scenario[]
        ReactionScenario.given(new Placed(ORDER), new Paid(ORDER))
                .when(new Shipping(false))
                .then(new Ship(ORDER, 0));
        // end::reaction-scenario[]
        ReactionScenario.given(ORDER, new Noted("urgent"))
                .when(new Shipping(false))
                .thenNothing();

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> ReactionScenario.given(new Paid(ORDER))
                        .when(new Shipping(false))
                        .then(new Ship(OTHER, 0)));
    }

    private static Reaction<OrderEvent> remindingLater() {
        return Reaction.named("reminding", OrderEvent.class)
                .on(Placed.class)
                .after(Duration.ofMinutes(15))
                .unless(Paid.class)
                .execute(event -> new Ship(event.streamId(), 0))
                .build();
    }

    private static void assertTold(ReactionScenario scenario, String told, Ship... expected) {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> scenario.when(remindingLater()).then(expected))
                .satisfies(failure -> assertThat(failure.getMessage())
                        .containsPattern(told.replace("T", "\\d{4}-\\d{2}-\\d{2}T[0-9:.]+Z"))
                        .contains("but was:")
                        .doesNotContain("urgent"));
    }

    @Test
    void a_scenario_that_fails_says_what_has_become_of_each_deadline() {
        Ship ship = new Ship(ORDER, 0);
        ReactionScenario placed = ReactionScenario.given(new Placed(ORDER));
        assertTold(
                placed.after(Duration.ofMinutes(14)),
                "it is T; Placed has set a deadline at T, which has not passed\\]",
                ship);
        assertTold(
                placed.after(Duration.ofMinutes(15)), "it is T; Placed has set a deadline at T, which has passed\\]");
        assertTold(
                placed.and(new Paid(ORDER)).and(new Placed(OTHER)).after(Duration.ofHours(1)),
                "it is T; Placed has set a deadline at T, which Paid has called off;"
                        + " Placed has set a deadline at T, which has passed\\]",
                ship);
        assertTold(
                ReactionScenario.given(ORDER, new Noted("urgent")).after(Duration.ofHours(1)),
                "it is T; no event has set a deadline\\]",
                ship);
    }

    @Test
    void a_reaction_that_is_no_function_of_the_event_fails_the_scenario() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> ReactionScenario.given(new Paid(ORDER)).when(new Shipping(true)))
                .withMessageContaining("Reaction 'shipping' answers")
                .withMessageContaining("must be a function of the event");
    }

    @Test
    void what_is_given_in_a_stream_by_its_name_counts_for_a_command() {
        CommandScenario.given(ORDER, new Noted("urgent"))
                .and(new Placed(OTHER))
                .when(new Follow(ORDER))
                .then(new Placed(ORDER));
    }

    @Test
    void what_is_given_in_a_stream_that_the_command_does_not_decide_on_fails_the_scenario() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> CommandScenario.given(new Placed(OTHER)).when(new Ship(ORDER, 0)))
                .withMessageContaining("What is given in [order-2] does not count")
                .withMessageContaining("decides on [order-1]");
    }
}
