package io.eventcore.autoconfigure;

import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Judges how projections are doing, by the thresholds of an application: for its health and for its endpoint. */
final class ProjectionConditions {
    private final EventCoreProperties.Health thresholds;

    ProjectionConditions(EventCoreProperties.Health thresholds) {
        this.thresholds = thresholds;
    }

    /** How a projection is doing, the worst last. */
    enum Condition {
        LIVE,
        STANDBY,
        STOPPED,
        CATCHING_UP,
        PAUSED,
        RETRYING,
        LAGGING,
        OVERDUE,
        HELD_BACK,
        PARKED,
        STUCK,
        FAILED;

        /** Whether it says what is wrong besides the state, by this word. */
        boolean isProblem() {
            return this == LAGGING || this == OVERDUE || this == HELD_BACK || this == PARKED || this == STUCK;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The end of a sentence about a projection in it. */
        String clause() {
            return switch (this) {
                case FAILED -> "has failed";
                case PARKED -> "has parked streams or deadlines";
                case OVERDUE -> "has deadlines that are overdue";
                case HELD_BACK -> "is held back by an append";
                default -> "is " + word().replace('_', ' ');
            };
        }

        /** The code of the health that it stands for. */
        String status() {
            if (compareTo(STUCK) >= 0) {
                return "DOWN";
            }
            return compareTo(LAGGING) >= 0 ? "DEGRADED" : "UP";
        }
    }

    /**
     * All in one line.
     *
     * @param status the code of the health
     * @param why what is wrong; null if nothing is
     */
    record Summary(String status, @Nullable String why) {}

    Summary summary(List<ProjectionStatus> projections, Optional<Duration> oldestAppend) {
        boolean holding = oldestAppend.filter(this::isHolding).isPresent();
        Condition worst = holding ? Condition.HELD_BACK : Condition.LIVE;
        List<String> reasons = new ArrayList<>();
        for (ProjectionStatus projection : projections) {
            Condition condition = of(projection, holding);
            worst = max(worst, condition);
            if (!condition.status().equals("UP")) {
                reasons.add("'%s' %s".formatted(projection.name(), condition.clause()));
            }
        }
        if (holding) {
            reasons.add("an append that is under way for %d s holds readers back"
                    .formatted(oldestAppend.orElseThrow().toSeconds()));
        }
        return new Summary(worst.status(), reasons.isEmpty() ? null : String.join("; ", reasons));
    }

    /** Whether an append of this age holds readers back for too long. */
    boolean isHolding(Duration age) {
        return age.compareTo(thresholds.maxAppendAge()) > 0;
    }

    Condition of(ProjectionStatus projection, boolean heldBack) {
        Condition worst = Condition.LIVE;
        for (ProjectionStatus.Partition partition : projection.partitions()) {
            Condition condition = of(partition.state());
            if (partition.lag().compareTo(thresholds.maxLag()) > 0) {
                condition = max(condition, Condition.LAGGING);
            }
            if (isStuck(partition)) {
                // Who tries again and again says so; a broker that does not answer is no reason to be down.
                boolean retrying = partition.state() == ProjectionState.RETRYING;
                condition = max(condition, retrying ? Condition.LAGGING : Condition.STUCK);
            }
            if (heldBack && partition.state() == ProjectionState.LIVE && partition.lagInEvents() > 0) {
                condition = max(condition, Condition.HELD_BACK);
            }
            worst = max(worst, condition);
        }
        if (projection
                .deadlines()
                .filter(deadlines -> deadlines.oldestOverdue().compareTo(thresholds.maxDeadlineDelay()) > 0)
                .isPresent()) {
            worst = max(worst, Condition.OVERDUE);
        }
        boolean parked = projection.parkedStreams() > thresholds.maxParkedStreams()
                || projection.deadlines().map(DeadlineCounts::parked).orElse(0) > thresholds.maxParkedDeadlines();
        return parked ? max(worst, Condition.PARKED) : worst;
    }

    /** Whether a part makes no step for too long. */
    boolean isStuck(ProjectionStatus.Partition partition) {
        return partition.standstill().compareTo(thresholds.maxStandstill()) > 0;
    }

    static Condition of(ProjectionState state) {
        return switch (state) {
            case LIVE -> Condition.LIVE;
            case STANDBY -> Condition.STANDBY;
            case CATCHING_UP -> Condition.CATCHING_UP;
            case RETRYING -> Condition.RETRYING;
            case PAUSED -> Condition.PAUSED;
            case FAILED -> Condition.FAILED;
            case STOPPED -> Condition.STOPPED;
        };
    }

    private static Condition max(Condition one, Condition other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
