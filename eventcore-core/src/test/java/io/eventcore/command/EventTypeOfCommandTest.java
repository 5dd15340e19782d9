package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.command.BankEvent.Deposited;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventTypeOfCommandTest {
    private static final StreamId A = StreamId.of("a");

    /** Swaps and adds type parameters, so that the type must be followed upwards with care. */
    interface Twisted<X, E extends Event, Y> extends Command<Y, E> {
        @Override
        default Y apply(Y state, E event) {
            return state;
        }

        @Override
        default List<E> handle(Y state) {
            return List.of();
        }
    }

    abstract static class Base<E extends Event> implements Twisted<String, E, Long> {
        @Override
        public Long initialState() {
            return 0L;
        }
    }

    static final class Indirect extends Base<Deposited> {}

    record Direct(@Stream StreamId stream) implements Twisted<StreamId, BankEvent, String> {
        @Override
        public String initialState() {
            return "";
        }
    }

    record Open<E extends Event>(@Stream StreamId stream) implements Twisted<String, E, String> {
        @Override
        public String initialState() {
            return "";
        }
    }

    record Overriding<E extends Event>(@Stream StreamId stream, Class<E> eventType)
            implements Twisted<String, E, String> {
        @Override
        public String initialState() {
            return "";
        }
    }

    @Test
    void the_type_of_the_events_follows_from_the_generics() {
        assertThat(new Direct(A).eventType()).isEqualTo(BankEvent.class);
        assertThat(new Indirect().eventType()).isEqualTo(Deposited.class);
    }

    @Test
    void a_class_that_leaves_the_type_open_must_name_it() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Open<Deposited>(A).eventType())
                .withMessage(Open.class.getName()
                        + " does not say which events it reads: name them in Command<S, E> or override eventType()");
        assertThat(new Overriding<>(A, Deposited.class).eventType()).isEqualTo(Deposited.class);
    }
}
