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

/** A filter that names a class that is not registered would want nothing for ever: the start says so. */
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

    private void assertRefused(Projection<?> projection) {
        ProjectionRunner runner = ProjectionRunner.builder(events, new InMemoryProjectionStore())
                .transactionManager(new InMemoryTransactionManager())
                .projection(projection)
                .build();

        assertThatIllegalStateException()
                .isThrownBy(runner::start)
                .withMessageStartingWith("The filter of projection 'wrong' cannot be used: ")
                .withMessageContaining(Unknown.class.getName());
        assertThat(runner.isRunning()).isFalse();
    }
}
