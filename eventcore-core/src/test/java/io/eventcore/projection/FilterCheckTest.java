package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.reaction.Reaction;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is asked of a class that is not registered would never happen: the start says so. */
class FilterCheckTest {
    @EventType("filter.known")
    record Known(StreamId streamId) implements Event {}

    @EventType("filter.unknown")
    record Unknown(StreamId streamId) implements Event {}

    private final EventStore events = new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Known.class)));

    @Test
    void the_filter_of_a_transactional_projection() {
        assertRefused(Projection.named("wrong", Event.class)
                .filter(EventFilter.all().ofTypes(Unknown.class))
                .build());
    }

    @Test
    void the_filter_of_a_projection_that_applies_at_least_once() {
        assertRefused(Projection.named("wrong", Event.class)
                .filter(EventFilter.all().ofTypes(Unknown.class))
                .atLeastOnce()
                .build());
    }

    @Test
    void the_filter_of_a_reaction() {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(new InMemoryExecutedCommands())
                .build();

        assertRefused(Reaction.asProjection(
                Reaction.named("wrong", Event.class)
                        .on(Unknown.class, event -> List.of())
                        .build(),
                executor));
    }

    @Test
    void the_type_that_events_are_read_as() {
        assertRefused(
                Projection.named("wrong", Unknown.class).build(),
                "Projection 'wrong' reads events of the type " + Unknown.class.getName());
    }

    @Test
    void a_function_of_a_projection_with_side_effects() {
        assertRefused(
                Projection.named("wrong", Event.class)
                        .on(Known.class, event -> {})
                        .on(Unknown.class, event -> {})
                        .sideEffects(event -> {})
                        .build(),
                "Projection 'wrong' has a function for events of the type " + Unknown.class.getName());
    }

    @Test
    void a_function_of_a_reaction_beside_one_for_all_events() {
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(new InMemoryExecutedCommands())
                .build();

        assertRefused(
                Reaction.asProjection(
                        Reaction.named("wrong", Event.class)
                                .on(Unknown.class, event -> List.of())
                                .on(Event.class, event -> List.of())
                                .build(),
                        executor),
                "Projection 'wrong' has a function for events of the type " + Unknown.class.getName());
    }

    @Test
    void registered_classes_and_all_events_are_accepted() {
        for (Class<? extends Event> type : List.<Class<? extends Event>>of(Known.class, Event.class)) {
            ProjectionRunner runner = runner(Projection.named("right", type).build());
            runner.start();
            assertThat(runner.isRunning()).isTrue();
            runner.stop();
        }
    }

    private void assertRefused(Projection<?> projection) {
        assertRefused(projection, "The filter of projection 'wrong' cannot be used: ");
    }

    private void assertRefused(Projection<?> projection, String message) {
        ProjectionRunner runner = runner(projection);

        assertThatIllegalStateException()
                .isThrownBy(runner::start)
                .withMessageStartingWith(message)
                .withMessageContaining(Unknown.class.getName())
                .withMessageContaining("eventcore.event-packages");
        assertThat(runner.isRunning()).isFalse();
    }

    private ProjectionRunner runner(Projection<?> projection) {
        return ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .projection(projection)
                .build();
    }
}
