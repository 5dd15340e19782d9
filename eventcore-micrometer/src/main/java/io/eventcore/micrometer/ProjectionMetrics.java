package io.eventcore.micrometer;

import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Measures how projections are doing, as this instance of the application sees it: {@value #LAG}, {@value #LAG_EVENTS},
 * {@value #STANDSTILL}, {@value #PARKED_STREAMS} and {@value #PARTITIONS}, each with the tags {@code projection} and
 * {@code kind}; and of reactions with deadlines {@value #DEADLINES}, {@value #DEADLINE_DELAY} and
 * {@value #EXECUTED_DEADLINES}. The state of all projections is read at most once a second; while the projections of
 * this instance do not run, the gauges have no value. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class ProjectionMetrics implements MeterBinder {
    /** The name of the gauge of how long the oldest event known to be waiting has waited. */
    public static final String LAG = "eventcore.projection.lag";

    /** The name of the gauge of how many positions a projection is behind the end of the log. */
    public static final String LAG_EVENTS = "eventcore.projection.lag.events";

    /**
     * The name of the gauge of how long a projection that is behind has made no progress in this instance: see
     * {@link ProjectionStatus.Partition#standstill}.
     */
    public static final String STANDSTILL = "eventcore.projection.standstill";

    /** The name of the gauge of how many streams are parked. */
    public static final String PARKED_STREAMS = "eventcore.projection.parked.streams";

    /** The name of the gauge of how many partitions are in the state that the tag {@code state} names. */
    public static final String PARTITIONS = "eventcore.projection.partitions";

    /**
     * The name of the gauge of how many deadlines of a reaction are {@code pending} (those that are overdue included),
     * {@code overdue} or {@code parked}, as the tag {@code state} says; each is counted up to
     * {@value DeadlineCounts#COUNTED_UP_TO}.
     */
    public static final String DEADLINES = "eventcore.deadlines";

    /** The name of the gauge of how long the oldest unexecuted deadline of a reaction is overdue. */
    public static final String DEADLINE_DELAY = "eventcore.deadlines.delay";

    /**
     * The name of the counter of due deadlines that this instance has executed, or found executed before by the ids of
     * their commands. Parked and skipped deadlines do not count.
     */
    public static final String EXECUTED_DEADLINES = "eventcore.deadlines.executed";

    private final ProjectionRunner runner;
    private final List<String> projections;
    private final Function<String, ProjectionKind> kind;
    private final Sample<List<ProjectionStatus>> status;

    /** A function counter holds only a weak reference to its object. */
    private final List<Highest> executedSoFar = new CopyOnWriteArrayList<>();

    /** Measures the projections of this runner. */
    public ProjectionMetrics(ProjectionRunner runner) {
        this.runner = runner;
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
                    .description("How long the oldest event known to be waiting has waited")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            TimeGauge.builder(
                            STANDSTILL,
                            status,
                            TimeUnit.SECONDS,
                            value(projection, found -> found.standstill().toNanos() / 1e9))
                    .description("How long the projection, which is behind, has made no progress here")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            Gauge.builder(LAG_EVENTS, status, value(projection, ProjectionStatus::lagInEvents))
                    .description("How far the projection is behind the end of the log")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            Gauge.builder(PARKED_STREAMS, status, value(projection, ProjectionStatus::parkedStreams))
                    .description("How many streams are parked")
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
            if (runner.hasDeadlines(projection)) {
                bindDeadlines(registry, projection, tags);
            }
            for (ProjectionState state : ProjectionState.values()) {
                Gauge.builder(PARTITIONS, status, value(projection, found -> count(found, state)))
                        .description("How many partitions are in the state")
                        .tags(tags)
                        .tag("state", state.word())
                        .strongReference(true)
                        .register(registry);
            }
        }
    }

    private void bindDeadlines(MeterRegistry registry, String reaction, Tags tags) {
        Map<String, ToDoubleFunction<DeadlineCounts>> states = Map.of(
                "pending",
                DeadlineCounts::pending,
                "overdue",
                DeadlineCounts::overdue,
                "parked",
                DeadlineCounts::parked);
        states.forEach((state, number) -> Gauge.builder(DEADLINES, status, ofDeadlines(reaction, number))
                .description("How many deadlines are in the state")
                .tags(tags)
                .tag("state", state)
                .strongReference(true)
                .register(registry));
        TimeGauge.builder(
                        DEADLINE_DELAY,
                        status,
                        TimeUnit.SECONDS,
                        ofDeadlines(reaction, counts -> counts.oldestOverdue().toNanos() / 1e9))
                .description("How long the oldest unexecuted deadline is overdue")
                .tags(tags)
                .strongReference(true)
                .register(registry);
        Highest counted = new Highest();
        executedSoFar.add(counted);
        FunctionCounter.builder(EXECUTED_DEADLINES, counted, known -> known.of(executed(reaction)))
                .description("How many due deadlines were executed, or found executed before")
                .tags(tags)
                .register(registry);
    }

    private double executed(String reaction) {
        return value(reaction, ProjectionStatus::executedDeadlines).applyAsDouble(status);
    }

    /** What a counter has counted so far, also while nothing is known. */
    private static final class Highest {
        private double highest;

        synchronized double of(double now) {
            highest = Double.isNaN(now) ? highest : Math.max(highest, now);
            return highest;
        }
    }

    private static ToDoubleFunction<Sample<List<ProjectionStatus>>> ofDeadlines(
            String reaction, ToDoubleFunction<DeadlineCounts> of) {
        return value(reaction, found -> found.deadlines().map(of::applyAsDouble).orElse(Double.NaN));
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
