package io.eventcore.reaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a deadline cannot be is refused where it is said, and the reaction is named. */
@SuppressWarnings("NullAway") // Null is given on purpose.
class DeadlineBuilderTest {
    private static final Duration HOUR = Duration.ofHours(1);

    sealed interface OrderEvent extends Event {}

    sealed interface Settled extends OrderEvent {}

    record Placed(StreamId streamId) implements OrderEvent {}

    record Paid(StreamId streamId) implements Settled {}

    record Refused(StreamId streamId) implements Settled {}

    interface OpenEvent extends Event {}

    interface Marked extends Event {}

    record Remind(@Stream StreamId order) implements Command<Integer, OrderEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, OrderEvent event) {
            return state;
        }

        @Override
        public List<OrderEvent> handle(Integer state) {
            return List.of();
        }
    }

    private static ReactionBuilder<OrderEvent> reaction() {
        return Reaction.named("remind", OrderEvent.class);
    }

    private static DeadlineBuilder<OrderEvent, Placed> begun() {
        return reaction().on(Placed.class);
    }

    /** Lacks nothing. */
    private static DeadlineBuilder<OrderEvent, Placed> whole() {
        return begun().after(HOUR).execute(event -> new Remind(event.streamId()));
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatIllegalStateException().isThrownBy(call).withMessage(message);
    }

    @Test
    void when_it_falls_due_is_said_once() {
        String message =
                "Reaction 'remind' declares twice when its deadline falls due: declare it once, with after(..) or"
                        + " at(..)";
        assertRefused(() -> begun().after(HOUR).after(HOUR), message);
        assertRefused(() -> begun().after(HOUR).at(event -> event.recordedAt()), message);
        assertRefused(() -> begun().at(event -> event.recordedAt()).after(HOUR), message);
        assertRefused(
                () -> begun().execute(event -> new Remind(event.streamId())).build(),
                "Reaction 'remind' does not declare when its deadline falls due: declare it with after(..) or at(..)");
    }

    @Test
    void what_is_done_is_said_once() {
        String message =
                "Reaction 'remind' declares twice what is done when its deadline falls due: declare it once, with"
                        + " execute(..) or executeAll(..)";
        assertRefused(() -> whole().execute(event -> new Remind(event.streamId())), message);
        assertRefused(() -> whole().executeAll(event -> List.of()), message);
        assertRefused(
                () -> begun().after(HOUR).build(),
                "Reaction 'remind' does not declare what is done when its deadline falls due: declare it with"
                        + " execute(..) or executeAll(..)");
    }

    @Test
    void which_events_call_it_off_is_said_once() {
        String message =
                "Reaction 'remind' declares twice what an event has in common with those that call its deadline off:"
                        + " declare it once, with sameTag(..) or correlatedBy(..)";
        assertRefused(() -> whole().sameTag("order").correlatedBy(event -> "1"), message);
        assertRefused(() -> whole().correlatedBy(event -> "1").sameTag("order"), message);
        assertRefused(() -> whole().sameTag("order").sameTag("customer"), message);
    }

    @Test
    void a_reaction_has_one_deadline_and_is_built_where_it_is_declared() {
        ReactionBuilder<OrderEvent> outer = reaction();
        Reaction<OrderEvent> built = outer.on(Placed.class)
                .after(HOUR)
                .execute(event -> new Remind(event.streamId()))
                .build();

        assertThat(built.deadline()).isPresent();
        assertRefused(
                outer::build,
                "Reaction 'remind' has a deadline: call build() on the object that on(..) returned, which holds the"
                        + " deadline");
        assertRefused(
                () -> outer.on(Paid.class),
                "Reaction 'remind' already has a deadline, and can have only one: declare the other one in a separate"
                        + " reaction");
        assertRefused(
                () -> outer.on(Paid.class, event -> List.of()),
                "Reaction 'remind' has a deadline: declare the commands that it executes at once in a separate reaction");
        assertRefused(
                () -> reaction().on(Paid.class, event -> List.of()).on(Placed.class),
                "Reaction 'remind' answers events at once: declare the deadline in a separate reaction");
    }

    @Test
    void a_filter_that_leaves_out_what_sets_the_deadline_or_calls_it_off_is_refused() {
        assertRefused(
                () -> whole().unless(Paid.class)
                        .filter(EventFilter.all().ofTypes(Placed.class))
                        .build(),
                ("The filter of reaction 'remind' leaves out %s, which calls its deadline off: add that type to the"
                                + " filter, or name no types")
                        .formatted(Paid.class.getName()));
        assertRefused(
                () -> whole().filter(EventFilter.all().ofTypes(Paid.class)).build(),
                ("The filter of reaction 'remind' leaves out %s, which sets its deadline: add that type to the filter,"
                                + " or name no types")
                        .formatted(Placed.class.getName()));
        assertRefused(
                () -> whole().unless(Settled.class)
                        .filter(EventFilter.all().ofTypes(Placed.class))
                        .build(),
                ("The filter of reaction 'remind' leaves out %s, which calls its deadline off: add that type to the"
                                + " filter, or name no types")
                        .formatted(Settled.class.getName()));
    }

    @Test
    void a_filter_that_wants_what_counts_or_some_of_it_is_taken() {
        EventFilter some = EventFilter.all().ofTypes(Placed.class, Paid.class);
        assertThat(whole().unless(Settled.class).filter(some).build().filter()).isEqualTo(some);
        EventFilter every = EventFilter.all().ofTypes(OrderEvent.class);
        assertThat(whole().unless(Paid.class).filter(every).build().filter()).isEqualTo(every);
        EventFilter streams = EventFilter.prefix(StreamPrefix.of("order-"));
        assertThat(whole().unless(Paid.class).filter(streams).build().filter())
                .isEqualTo(streams.ofTypes(Placed.class, Paid.class));
        EventFilter marked = EventFilter.all().ofTypes(Marked.class);
        assertThat(Reaction.named("open", Event.class)
                        .on(OpenEvent.class)
                        .after(HOUR)
                        .executeAll(event -> List.of())
                        .filter(marked)
                        .build()
                        .filter())
                .as("an event class may implement both interfaces")
                .isEqualTo(marked);
    }

    @Test
    void a_deadline_that_nothing_calls_off_is_one() {
        assertThat(whole().build().deadline()).isPresent();
    }

    @Test
    void numbers_out_of_their_range_are_refused_with_the_name_of_the_reaction() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> begun().after(Duration.ofSeconds(-1)))
                .withMessage("Reaction 'remind' has a deadline after PT-1S: it must be 0 to 36525 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> begun().after(Duration.ofDays(36_526)))
                .withMessage("Reaction 'remind' has a deadline after PT876624H: it must be 0 to 36525 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> begun().maxPerSecond(0))
                .withMessage("maxPerSecond of reaction 'remind' must be 1 to 1000000, is 0");
        assertRefused(
                () -> whole().correlatedBy(event -> "1").partitions(2).build(),
                "Reaction 'remind' has 2 partitions, and events of other streams call its deadlines off: it can have"
                        + " only one partition");
    }

    @Test
    void null_is_refused_by_the_name_of_the_parameter() {
        assertNull(() -> begun().after(null), "delay");
        assertNull(() -> begun().at(null), "time");
        assertNull(() -> begun().unless((Class<? extends OrderEvent>) null), "type");
        assertNull(() -> begun().unless((Class<? extends OrderEvent>[]) null), "types");
        assertNull(() -> begun().sameTag(null), "name");
        assertNull(() -> begun().correlatedBy(null), "key");
        assertNull(() -> begun().execute(null), "command");
        assertNull(() -> begun().executeAll(null), "commands");
        assertNull(() -> begun().filter(null), "filter");
        assertNull(() -> begun().since(null), "since");
        assertNull(() -> begun().onError(null), "decision");
        assertNull(() -> reaction().on(null), "type");
    }

    private static void assertNull(ThrowingCallable call, String parameter) {
        assertThatNullPointerException().isThrownBy(call).withMessage(parameter);
    }
}
