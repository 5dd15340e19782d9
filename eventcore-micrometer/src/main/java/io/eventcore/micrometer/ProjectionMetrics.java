package io.eventcore.micrometer;

import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Measures how projections are doing, as this instance of the application sees it: {@value #LAG}, {@value #LAG_EVENTS},
 * {@value #STANDSTILL}, {@value #PARKED_STREAMS} and {@value #PARTITIONS}, each with the tags {@code projection} and
 * {@code kind}. The state of all is asked for
 * at most once a second; while the projections of this instance do not run, nothing is known. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public final class ProjectionMetrics implements MeterBinder {
    /** The name of the gauge of how long the oldest event has been waiting that is known to wait. */
    public static final String LAG = "eventcore.projection.lag";

    /** The name of the gauge of how many positions a projection is behind the end of the log. */
    public static final String LAG_EVENTS = "eventcore.projection.lag.events";

    /**
     * The name of the gauge of how long a projection has made no step in this instance although it is behind: see
     * {@link ProjectionStatus.Partition#standstill}.
     */
    public static final String STANDSTILL = "eventcore.projection.standstill";

    /** The name of the gauge of how many streams are set aside. */
    public static final String PARKED_STREAMS = "eventcore.projection.parked.streams";

    /** The name of the gauge of how many partitions are in the state that the tag {@code state} names. */
    public static final String PARTITIONS = "eventcore.projection.partitions";

    private final List<String> projections;
    private final Function<String, ProjectionKind> kind;
    private final Sample<List<ProjectionStatus>> status;

    /** Measures the projections of this runner. */
    public ProjectionMetrics(ProjectionRunner runner) {
        this.projections = Objects.requireNonNull(runner, "runner").names();
        this.kind = runner::kind;
        this.status = new Sample<>(runner::status);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (String projection : projections) {
            Tags tags = Tags.of(
                    "projection", projection, "kind", kind.apply(projection).word());
            TimeGauge.builder(
                            LAG,
                            status,
                            TimeUnit.SECONDS,
                            value(projection, found -> found.lag().toNanos() / 1e9))
                    .description("How long the oldest event has been waiting that is known to wait")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            TimeGauge.builder(
                            STANDSTILL,
                            status,
                            TimeUnit.SECONDS,
                            value(projection, found -> found.standstill().toNanos() / 1e9))
                    .description("How long the projection has made no step here although it is behind")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            Gauge.builder(LAG_EVENTS, status, value(projection, ProjectionStatus::lagInEvents))
                    .description("How far the projection is behind the end of the log")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            Gauge.builder(PARKED_STREAMS, status, value(projection, ProjectionStatus::parkedStreams))
                    .description("How many streams are set aside")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            for (ProjectionState state : ProjectionState.values()) {
                Gauge.builder(PARTITIONS, status, value(projection, found -> count(found, state)))
                        .description("How many partitions are in a state")
                        .tags(tags)
                        .tag("state", state.word())
                        .strongReference(true)
                        .register(registry);
            }
        }
    }

    private static long count(ProjectionStatus found, ProjectionState state) {
        return found.partitions().stream()
                .filter(partition -> partition.state() == state)
                .count();
    }

    private static ToDoubleFunction<Sample<List<ProjectionStatus>>> value(
            String projection, ToDoubleFunction<ProjectionStatus> of) {
        return status -> status.value().stream()
                .flatMap(List::stream)
                .filter(found -> found.name().equals(projection))
                .mapToDouble(of)
                .findFirst()
                .orElse(Double.NaN);
    }
}
