package io.eventcore.test.contract;

import static io.eventcore.test.contract.ShopEvent.checkedOut;
import static io.eventcore.test.contract.ShopEvent.itemAdded;
import static io.eventcore.test.contract.ShopEvent.viewed;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.OldEvent;
import io.eventcore.serialization.Upcaster;
import io.eventcore.test.contract.ShopEvent.Closed;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Reactions answer each part of an event once, whatever the next release makes of it. */
abstract class UpcastReactionsContract extends UpcastProcessingFixture {
    private static final StreamId DESK = StreamId.of("desk");

    /** Answers once. */
    record Answer(@Stream StreamId desk, String to) implements Command<Integer, Event> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, Event event) {
            return state + 1;
        }

        @Override
        public List<Event> handle(Integer state) {
            return List.of(new Paid(desk, state));
        }
    }

    @Test
    void a_reaction_answers_each_part_once_also_when_the_second_one_fails_first() {
        EventStreamSlice slice =
                append(checkedOut(ADA, 5), viewed(ADA), checkedOut(BOB, 0), itemAdded(BOB, "pen"), checkedOut(BOB, 7));
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
        AtomicInteger failures = new AtomicInteger(4);
        Reaction<ShopEvent> reaction = Reaction.named("shop", ShopEvent.class)
                .filter(CARTS)
                .on(ShopEvent.class, event -> {
                    if (event.part() == 1 && failures.getAndDecrement() > 0) {
                        throw new IllegalStateException("the second part fails");
                    }
                    return List.of(new Answer(DESK, event.id() + "." + event.part()), new Answer(DESK, "copy"));
                })
                .onError(failure -> FailureDecision.RETRY)
                .build();

        awaitReached(start(Reaction.asProjection(reaction, executor)), slice.lastPosition());

        // Six parts, two answers each.
        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(12));
    }

    /** Answers payments, once each. */
    private Projection<?> answersToPayments(CommandExecutor executor) {
        return Reaction.asProjection(
                Reaction.named("shop", ShopEvent.class)
                        .filter(CARTS)
                        .on(Paid.class, event -> List.of(new Answer(DESK, "paid")))
                        .build(),
                executor);
    }

    /** Lets a reaction answer everything, like an instance that is killed before it can record that. */
    private <E extends Event> void answerAndDie(Projection<E> reaction) {
        events.forEachEvent(reaction.filter(), GlobalPosition.START, reaction.eventType(), event -> {
            try {
                reaction.apply(event);
            } catch (Exception e) {
                throw new AssertionError("the reaction fails", e);
            }
        });
    }

    private static EventSerializer shopWithout(Class<?> dropped, Upcaster... upcasters) {
        EventTypes.Builder types = EventTypes.builder();
        for (Class<? extends ShopEvent> type : List.of(ItemAdded.class, Closed.class, Paid.class)) {
            if (type != dropped) {
                types.register(type);
            }
        }
        for (Upcaster upcaster : upcasters) {
            types.upcaster(upcaster);
        }
        return new YesterdaysSerializer(
                new JacksonEventSerializer(types.forNewEventsOnly().build()));
    }

    @Test
    void a_reaction_answers_no_part_again_after_a_release_that_drops_or_splits_another_part() {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
        EventStreamSlice slice = append(checkedOut(ADA, 5), checkedOut(BOB, 0), checkedOut(BOB, 7));
        answerAndDie(answersToPayments(executor));
        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(2));

        deployed.passOnTo(shopWithout(
                Closed.class,
                ShopEvent.checkedOutIsTwoEvents(),
                Upcaster.from("shop.closed").toNothing()));
        answerAndDie(answersToPayments(executor));
        assertThat(events.streamVersion(DESK)).as("the first part was dropped").isEqualTo(StreamVersion.of(2));

        deployed.passOnTo(shopWithout(
                Closed.class,
                ShopEvent.checkedOutIsTwoEvents(),
                Upcaster.from("shop.closed")
                        .toParts(
                                List.of("shop.item-added@2"),
                                event -> Collections.nCopies(
                                        3,
                                        new Upcaster.Part(
                                                "shop.item-added@2",
                                                event.object()
                                                        .put("item", "receipt")
                                                        .put("count", 1))))));
        ProjectionRunner runner = start(answersToPayments(executor));
        awaitReached(runner, slice.lastPosition());
        assertThat(events.streamVersion(DESK)).as("the first part was split").isEqualTo(StreamVersion.of(2));
    }

    @Test
    void a_reaction_that_has_answered_an_event_does_not_answer_the_heir_that_it_is_split_into() {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(contract().executedCommands())
                .build();
        EventStreamSlice slice = append(checkedOut(ADA, 5), checkedOut(BOB, 7));
        deployed.passOnTo(
                shopWithout(ItemAdded.class, Upcaster.from("shop.checked-out").to("shop.paid", OldEvent::json)));
        answerAndDie(answersToPayments(executor));
        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(2));

        deployed.passOnTo(
                shopWithout(ItemAdded.class, ShopEvent.checkedOutIsTwoEvents().withHeir("shop.paid")));
        awaitReached(start(answersToPayments(executor)), slice.lastPosition());

        assertThat(events.streamVersion(DESK)).isEqualTo(StreamVersion.of(2));
        assertThat(events.readStream(ADA, ShopEvent.class).toList())
                .extracting(RecordedEvent::part)
                .containsExactly(1L, 0L);
    }
}
