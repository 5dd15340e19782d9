package io.eventcore.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.command.Command;
import io.eventcore.reaction.Reaction;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which events a projection or a reaction reads follows from its generics, as it does for commands. */
class EventTypeOfProjectionTest {
    private interface OrderEvent extends Event {}

    private abstract static class Base<T, E extends Event> implements Projection<E> {
        @Override
        public String name() {
            return "base";
        }

        @Override
        public void apply(RecordedEvent<E> event) {}
    }

    private static final class Indirect extends Base<String, OrderEvent> {}

    private static final class Open<E extends Event> extends Base<String, E> {}

    private static final class Answer implements Reaction<OrderEvent> {
        @Override
        public String name() {
            return "answer";
        }

        @Override
        public List<? extends Command<?, ?>> react(RecordedEvent<OrderEvent> event) {
            return List.of();
        }
    }

    @Test
    void the_type_of_the_events_follows_from_the_generics() {
        assertThat(new Indirect().eventType()).isEqualTo(OrderEvent.class);
        assertThat(new Answer().eventType()).isEqualTo(OrderEvent.class);
    }

    @Test
    void a_class_that_leaves_the_type_open_is_told_what_to_do() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Open<OrderEvent>().eventType())
                .withMessageContaining("Open does not say which events it reads")
                .withMessageContaining("Projection<E> or override eventType()");
    }
}
