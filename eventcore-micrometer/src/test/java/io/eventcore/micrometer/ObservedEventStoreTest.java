package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventSerializationException;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
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

    @Test
    void a_trace_names_what_was_thrown_and_quotes_nothing() {
        ObservationRegistry registry = ObservationRegistry.create();
        List<Throwable> traced = new ArrayList<>();
        registry.observationConfig().observationHandler(new Errors(traced));
        EventStore store = new ObservedEventStore(new InMemoryEventStore(new Talkative()), registry);

        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(A, ExpectedVersion.any(), new Noted(A))));

        assertThat(traced).hasSize(1);
        StringWriter trace = new StringWriter();
        traced.get(0).printStackTrace(new PrintWriter(trace));
        assertThat(trace.toString()).contains("AssertionError").doesNotContain("secret");
    }

    /** Code of the application that quotes an event in an error. */
    private static final class Talkative implements EventSerializer {
        @Override
        public SerializedEvent serialize(Event event) {
            throw new AssertionError("a secret");
        }

        @Override
        public Event deserialize(SerializedEvent stored) {
            throw new AssertionError("a secret");
        }

        @Override
        public Set<String> storedNames(Class<? extends Event> eventType) {
            return Set.of();
        }
    }

    private record Errors(List<Throwable> found) implements ObservationHandler<Observation.Context> {
        @Override
        public void onError(Observation.Context context) {
            found.add(Objects.requireNonNull(context.getError()));
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
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
