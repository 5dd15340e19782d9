package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A registry that fails makes no append look failed, and leaves no observation open. */
class ObservedEventStoreTest {
    private static final StreamId A = StreamId.of("a");

    @io.eventcore.EventType("observed.noted")
    record Noted(StreamId streamId) implements Event {}

    private enum Step {
        START,
        OPEN,
        CLOSE,
        ERROR,
        STOP
    }

    @ParameterizedTest
    @EnumSource
    void a_registry_that_fails_changes_no_outcome(Step failing) {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new FailingHandler(failing));
        EventStore store = new ObservedEventStore(
                new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Noted.class))), registry);
        StreamWrites writes = StreamWrites.to(A, ExpectedVersion.noStream(), new Noted(A));

        assertThat(store.appendEvents(writes).events()).hasSize(1);
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(A, ExpectedVersion.exactly(7), new Noted(A))));
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(A, ExpectedVersion.any(), new Unknown(A))));
        assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(1));
        assertThat(registry.getCurrentObservationScope()).isNull();
    }

    record Unknown(StreamId streamId) implements Event {}

    private record FailingHandler(Step failing) implements ObservationHandler<Observation.Context> {
        @Override
        public void onStart(Observation.Context context) {
            failIn(Step.START);
        }

        @Override
        public void onScopeOpened(Observation.Context context) {
            failIn(Step.OPEN);
        }

        @Override
        public void onScopeClosed(Observation.Context context) {
            failIn(Step.CLOSE);
        }

        @Override
        public void onError(Observation.Context context) {
            failIn(Step.ERROR);
        }

        @Override
        public void onStop(Observation.Context context) {
            failIn(Step.STOP);
        }

        private void failIn(Step step) {
            if (step == failing) {
                throw new IllegalStateException("a registry's own");
            }
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }
}
