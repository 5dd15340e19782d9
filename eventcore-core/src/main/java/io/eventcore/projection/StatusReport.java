package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The status of the projections of a run at one moment, each version separately.
 *
 * @param store returns how many deadlines there are
 * @param last the end of the log at that moment
 * @param parked how many streams each version had parked
 * @param now the moment, from which the ages of events are measured
 */
record StatusReport(
        ProjectionRun run, DeadlineStore store, GlobalPosition last, List<ParkedCount> parked, Instant now) {
    List<ProjectionStatus> all() {
        Map<String, List<PartitionWorker<?>>> versions = new LinkedHashMap<>();
        for (PartitionWorker<?> worker : run.workers()) {
            List<PartitionWorker<?>> workers = versions.computeIfAbsent(worker.label(), label -> new ArrayList<>());
            // The side effects of all versions count as one, and this instance runs those of the active version.
            if (worker.isAdmitted() || workers.isEmpty()) {
                workers.removeIf(other -> other.partition().equals(worker.partition()));
                workers.add(worker);
            }
        }
        List<ProjectionStatus> status = new ArrayList<>();
        versions.forEach((label, workers) -> status.add(of(label, workers)));
        return status;
    }

    private ProjectionStatus of(String label, List<PartitionWorker<?>> workers) {
        ProjectionPartition one = workers.get(0).partition();
        boolean active = one.version() == run.versions().of(one.projection())
                || (one.version() == ProjectionPartition.SIDE_EFFECTS
                        && workers.get(0).isAdmitted());
        int set = parked.stream()
                .filter(count -> count.projection().equals(one.projection()) && count.version() == one.version())
                .mapToInt(ParkedCount::streams)
                .sum();
        ProjectionStatus.Builder status = ProjectionStatus.builder(label)
                .version(one.projection(), one.version())
                .active(active)
                .partitions(workers.stream().map(this::of).toList())
                .parkedStreams(set);
        if (workers.get(0).setsDeadlines()) {
            status.deadlines(
                    store.deadlineCounts(one.projection(), one.version()),
                    workers.stream()
                            .mapToLong(worker -> worker.counts().executedDeadlines())
                            .sum());
        }
        return status.build();
    }

    private ProjectionStatus.Partition of(PartitionWorker<?> worker) {
        ProjectionCounts counts = worker.counts();
        WorkerState state = worker.state();
        GlobalPosition position = state.facts().position();
        Duration lag = counts.oldestWaiting()
                .map(since -> Duration.between(since, now))
                .filter(waiting -> !waiting.isNegative())
                .orElse(Duration.ZERO);
        return ProjectionStatus.Partition.builder(worker.partition().number(), worker.shown(state), position)
                .behind(Math.max(0, last.value() - position.value()), lag)
                .standstill(worker.standstill(state, last))
                .lastFailure(worker.lastFailure(state))
                .counts(counts.applied(), counts.skippedEvents(), counts.failures())
                .positionsPerSecond(counts.positionsPerSecond())
                .build();
    }
}
