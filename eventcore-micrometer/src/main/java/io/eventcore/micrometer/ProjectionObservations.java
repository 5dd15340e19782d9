package io.eventcore.micrometer;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionPartition;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * Observes how events are applied: one observation named {@value #BATCH} for each transaction of a projection, a
 * counter {@value #EVENTS} of the events applied, and a timer {@value #LATENCY} of how long each took from its append
 * to the read model.
 *
 * <p>The key {@code projection} is its name. The key {@code outcome} of the observation is {@code success},
 * {@code error}, or {@code lost} if another instance has taken over the projection. The latency compares the clock of
 * the database with that of this process. An exception of a projection may quote an event, so no observation includes
 * it. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class ProjectionObservations implements ProjectionListener {
    /** The name of the observation of a batch. */
    public static final String BATCH = "eventcore.projection.batch";

    /** The name of the counter of events applied. */
    public static final String EVENTS = "eventcore.projection.events";

    /** The name of the timer from the append of an event to its place in the read model. */
    public static final String LATENCY = "eventcore.projection.latency";

    private final ObservationRegistry observations;
    private final MeterRegistry meters;
    private final Clock clock;
    private final KeyValues keys;

    /** Observes into these registries. */
    public ProjectionObservations(ObservationRegistry observations, MeterRegistry meters) {
        this(observations, meters, Clock.systemUTC());
    }

    /**
     * Observes the projections of one of several stores.
     *
     * @param meters adds the same keys to its meters by itself
     * @param keys further keys of every observation, of low cardinality: for example the name of the store
     */
    public ProjectionObservations(ObservationRegistry observations, MeterRegistry meters, KeyValues keys) {
        this(observations, meters, Clock.systemUTC(), keys);
    }

    /**
     * Observes into these registries.
     *
     * @param clock tells when an event was applied
     */
    public ProjectionObservations(ObservationRegistry observations, MeterRegistry meters, Clock clock) {
        this(observations, meters, clock, KeyValues.empty());
    }

    private ProjectionObservations(
            ObservationRegistry observations, MeterRegistry meters, Clock clock, KeyValues keys) {
        this.observations = Objects.requireNonNull(observations, "observations");
        this.meters = Objects.requireNonNull(meters, "meters");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.keys = Objects.requireNonNull(keys, "keys");
    }

    @Override
    public Batch started(
            ProjectionPartition partition, ProjectionKind kind, List<? extends RecordedEvent<? extends Event>> events) {
        Watch watch = Watch.start(
                observations,
                () -> Observation.createNotStarted(BATCH, () -> new ProjectionBatchContext(events), observations)
                        .lowCardinalityKeyValues(keys)
                        .lowCardinalityKeyValue("projection", partition.projection())
                        .lowCardinalityKeyValue("kind", kind.word()));
        return new Observed(Tags.of("projection", partition.projection(), "kind", kind.word()), events, watch);
    }

    private final class Observed implements Batch {
        private final Tags tags;
        private final List<? extends RecordedEvent<? extends Event>> events;
        private final Watch watch;

        private Observed(Tags tags, List<? extends RecordedEvent<? extends Event>> events, Watch watch) {
            this.tags = tags;
            this.events = events;
            this.watch = watch;
        }

        @Override
        public void applied(int count) {
            watch.end("success");
            Counter.builder(EVENTS).tags(tags).register(meters).increment(count);
            Timer latency = Timer.builder(LATENCY).tags(tags).register(meters);
            Instant now = clock.instant();
            for (RecordedEvent<?> event : events.subList(0, Math.min(count, events.size()))) {
                Duration taken = Duration.between(event.recordedAt(), now);
                latency.record(taken.isNegative() ? Duration.ZERO : taken);
            }
        }

        @Override
        public void failed(Throwable failure) {
            watch.end("error");
        }

        @Override
        public void lost() {
            watch.end("lost");
        }
    }
}
