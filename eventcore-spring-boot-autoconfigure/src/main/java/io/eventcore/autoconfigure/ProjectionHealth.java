package io.eventcore.autoconfigure;

import io.eventcore.AppendInFlight;
import io.eventcore.EventReader;
import io.eventcore.autoconfigure.ProjectionConditions.Condition;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * How the projections are doing, as this instance sees it.
 *
 * <p>It judges progress, not only the state. {@code DOWN} if a projection has failed: it makes no progress until an
 * operator acts; or if one is stuck: this instance runs it, it is behind, and it makes no progress. {@code DEGRADED} if
 * a projection lags, has parked streams or deadlines, does not execute due deadlines, or is held back by an append,
 * each beyond its threshold: the application works, but its answers are old. By default, Spring Boot ignores that
 * status for the overall health, and answers it with 200.
 */
final class ProjectionHealth implements HealthIndicator {
    static final Status DEGRADED = new Status("DEGRADED", "read models are behind");

    private final ProjectionRunner runner;
    private final EventReader reader;
    private final EventStoreHealth store;
    private final ProjectionConditions conditions;

    ProjectionHealth(
            ProjectionRunner runner,
            EventReader reader,
            EventStoreHealth store,
            EventCoreProperties.Health thresholds) {
        this.runner = runner;
        this.reader = reader;
        this.store = store;
        this.conditions = new ProjectionConditions(thresholds);
    }

    @Override
    public Health health() {
        Optional<String> storeFailed = store.failedJustNow();
        if (storeFailed.isPresent()) {
            return Health.down().withDetail("failure", storeFailed.get()).build();
        }
        try {
            Optional<AppendInFlight> holding =
                    reader.oldestAppendInFlight().filter(append -> conditions.isHolding(append.age()));
            Map<String, Map<String, Object>> details = new TreeMap<>();
            details.put(ProjectionKind.PROJECTION.plural(), new TreeMap<>());
            for (String name : runner.names()) {
                details.computeIfAbsent(runner.kind(name).plural(), kind -> new TreeMap<>());
            }
            Condition worst = holding.isPresent() ? Condition.HELD_BACK : Condition.LIVE;
            for (ProjectionStatus projection : runner.status()) {
                Condition condition = conditions.of(projection, holding.isPresent());
                worst = condition.compareTo(worst) > 0 ? condition : worst;
                details.computeIfAbsent(runner.kind(projection.projection()).plural(), kind -> new TreeMap<>())
                        .put(projection.name(), details(projection, condition));
            }
            Health.Builder health = Health.status(status(worst)).withDetails(details);
            holding.ifPresent(append -> health.withDetail("heldBackBy", details(append)));
            return health.build();
        } catch (RuntimeException e) {
            return Health.down().withDetail("failure", e.getClass().getName()).build();
        }
    }

    private static Status status(Condition worst) {
        return worst.status().equals(DEGRADED.getCode()) ? DEGRADED : new Status(worst.status());
    }

    /** The worst state of any partition. */
    private static ProjectionState state(ProjectionStatus projection) {
        return projection.partitions().stream()
                .map(ProjectionStatus.Partition::state)
                .max(Comparator.comparing(ProjectionConditions::of))
                .orElse(ProjectionState.STOPPED);
    }

    private Map<String, Object> details(ProjectionStatus projection, Condition condition) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("state", state(projection).word());
        if (condition.isProblem()) {
            details.put("problem", condition.word());
        }
        details.put("position", projection.position().value());
        details.put("lagInEvents", projection.lagInEvents());
        details.put("lag", projection.lag());
        details.put("parkedStreams", projection.parkedStreams());
        projection.deadlines().ifPresent(deadlines -> {
            details.put("overdueDeadlines", deadlines.overdue());
            details.put("oldestOverdueDeadline", deadlines.oldestOverdue());
            details.put("parkedDeadlines", deadlines.parked());
        });
        projection.partitions().stream()
                .map(ProjectionStatus.Partition::lastFailure)
                .filter(failure -> !failure.isEmpty())
                .findFirst()
                .ifPresent(failure -> details.put("lastFailure", failure));
        projection.partitions().stream()
                .filter(conditions::isStuck)
                .map(ProjectionStatus.Partition::standstill)
                .max(Duration::compareTo)
                .ifPresent(standstill -> details.put(
                        "noStepSince", Instant.now().minus(standstill).truncatedTo(ChronoUnit.SECONDS)));
        return details;
    }

    private static Map<String, Object> details(AppendInFlight append) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("session", append.session());
        details.put("since", append.since());
        details.put("age", append.age());
        return details;
    }
}
