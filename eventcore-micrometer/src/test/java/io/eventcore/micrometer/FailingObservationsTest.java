package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Decision;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A handler of the application that throws changes no command. */
class FailingObservationsTest {
    private static final StreamId A = StreamId.of("a");

    private final InMemoryEventStore store =
            new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Deposited.class)));

    @Test
    void observations_that_fail_leave_no_scope_behind() {
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new FailingHandler());
        CommandExecutor executor = CommandExecutor.builder(store)
                .listener(new CommandObservations(observations, new SimpleMeterRegistry()))
                .build();

        executor.execute(Decision.over(Deposited.class, A)
                .startingWith(0)
                .applying((count, event) -> count + 1)
                .deciding(count -> List.of(new Deposited(A))));
        assertThat(catchThrowable(() -> executor.execute(Decision.over(Deposited.class, A)
                        .startingWith(0)
                        .applying((count, event) -> count + 1)
                        .deciding(count -> {
                            throw new IllegalArgumentException("refused");
                        }))))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(observations.getCurrentObservationScope()).isNull();
        assertThat(store.streamVersion(A).value()).isEqualTo(1);
    }

    @EventType("bank.deposited")
    private record Deposited(StreamId account) implements Event {
        @Override
        public StreamId streamId() {
            return account;
        }
    }

    private static final class FailingHandler implements ObservationHandler<Observation.Context> {
        @Override
        public void onStop(Observation.Context context) {
            throw new IllegalStateException("a registry's own");
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }
}
