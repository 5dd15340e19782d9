package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.autoconfigure.EventCoreEndpoint.Deadline;
import io.eventcore.autoconfigure.EventCoreEndpoint.Deadlines;
import io.eventcore.autoconfigure.EventCoreEndpoint.Parked;
import io.eventcore.autoconfigure.EventCoreEndpoint.Partition;
import io.eventcore.autoconfigure.EventCoreEndpoint.ProjectionDetails;
import io.eventcore.autoconfigure.EventCoreEndpoint.ProjectionOverview;
import io.eventcore.autoconfigure.EventCoreEndpoint.Version;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.SchemaException;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The projections of this application as the endpoint shows them. */
final class ShownProjections {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreEndpoint.class);

    /** How many parked streams are shown, and how many deadlines. */
    private static final int SHOWN = 100;

    private final @Nullable EventStore store;
    private final @Nullable ProjectionRunner runner;
    private final @Nullable ProjectionStore projectionStore;
    private final boolean showStreamIds;

    ShownProjections(
            @Nullable EventStore store,
            @Nullable ProjectionRunner runner,
            @Nullable ProjectionStore projectionStore,
            boolean showStreamIds) {
        this.store = store;
        this.runner = runner;
        this.projectionStore = projectionStore;
        this.showStreamIds = showStreamIds;
    }

    /** All of them by kind and name. */
    Map<ProjectionKind, Map<String, ProjectionOverview>> byKind(List<ProjectionStatus> statuses) {
        Map<ProjectionPartition, String> owners = owners();
        Map<ProjectionKind, Map<String, ProjectionOverview>> kinds = new EnumMap<>(ProjectionKind.class);
        for (ProjectionKind kind : ProjectionKind.values()) {
            kinds.put(kind, new LinkedHashMap<>());
        }
        for (ProjectionStatus status : statuses) {
            kinds.getOrDefault(kind(status), Map.of())
                    .put(
                            status.name(),
                            new ProjectionOverview(
                                    partitions(status, owners),
                                    status.parkedStreams(),
                                    deadlines(status),
                                    versions(status, statuses, owners)));
        }
        return kinds;
    }

    private static @Nullable List<Version> versions(
            ProjectionStatus status, List<ProjectionStatus> statuses, Map<ProjectionPartition, String> owners) {
        List<Version> versions = statuses.stream()
                .filter(other -> other.projection().equals(status.projection()))
                .filter(other -> other.version() != ProjectionPartition.SIDE_EFFECTS)
                .map(other -> new Version(other.name(), other.version(), other.active(), partitions(other, owners)))
                .toList();
        return versions.size() < 2 ? null : versions;
    }

    /** Who holds the lease of each part. */
    private Map<ProjectionPartition, String> owners() {
        ProjectionStore stored = projectionStore;
        Map<ProjectionPartition, String> owners = new HashMap<>();
        if (stored != null && runner != null) {
            stored.partitions().stream()
                    .filter(state -> !state.free() && !state.owner().isEmpty())
                    .forEach(state -> owners.put(state.partition(), state.owner()));
        }
        return owners;
    }

    private ProjectionKind kind(ProjectionStatus status) {
        ProjectionRunner running = runner;
        return running == null ? ProjectionKind.PROJECTION : running.kind(status.projection());
    }

    /**
     * One of them, with the streams that are parked after a position and its deadlines after places; nothing if there is none
     * of that name.
     */
    @Nullable
    ProjectionDetails details(
            String projection, GlobalPosition after, DeadlinePlace afterDeadline, DeadlinePlace afterParkedDeadline) {
        ProjectionRunner running = runner;
        if (running == null || !running.names().contains(projection)) {
            return null;
        }
        List<ProjectionStatus> statuses = statuses().stream()
                .filter(status -> status.name().equals(projection))
                .toList();
        Map<ProjectionPartition, String> owners = owners();
        List<Partition> partitions = statuses.stream()
                .flatMap(status -> partitions(status, owners).stream())
                .toList();
        List<ParkedStream> found = running.parkedStreams(projection, after, SHOWN + 1);
        List<ParkedStream> shown = firstOf(found);
        List<Parked> parked = shown.stream().map(this::describe).toList();
        Long next = shown.size() == found.size()
                ? null
                : shown.get(shown.size() - 1).position().value();
        int all = statuses.stream().mapToInt(ProjectionStatus::parkedStreams).sum();
        boolean withDeadlines =
                statuses.stream().anyMatch(status -> status.deadlines().isPresent());
        List<PendingDeadline> pending =
                withDeadlines ? running.deadlines(projection, false, afterDeadline, SHOWN + 1) : List.of();
        List<PendingDeadline> setAside =
                withDeadlines ? running.deadlines(projection, true, afterParkedDeadline, SHOWN + 1) : List.of();
        return new ProjectionDetails(
                projection,
                partitions,
                all,
                parked,
                next,
                statuses.stream()
                        .map(ShownProjections::deadlines)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null),
                describe(pending),
                DeadlinePages.end(pending, SHOWN),
                describe(setAside),
                DeadlinePages.end(setAside, SHOWN));
    }

    private static List<Deadline> describe(List<PendingDeadline> deadlines) {
        return deadlines.stream()
                .limit(SHOWN)
                .map(deadline -> new Deadline(
                        deadline.position().value(),
                        deadline.eventId(),
                        deadline.dueAt(),
                        deadline.isParked() ? deadline.failure() : null))
                .toList();
    }

    private static @Nullable Deadlines deadlines(ProjectionStatus status) {
        return status.deadlines()
                .map(counts -> new Deadlines(
                        counts.pending(),
                        counts.overdue(),
                        counts.parked(),
                        counts.oldestOverdue(),
                        status.executedDeadlines()))
                .orElse(null);
    }

    /** Two versions may have parked a stream at one position: a page does not end between them. */
    private static List<ParkedStream> firstOf(List<ParkedStream> found) {
        if (found.size() <= SHOWN) {
            return found;
        }
        GlobalPosition beyond = found.get(SHOWN).position();
        List<ParkedStream> shown = found.stream()
                .filter(stream -> stream.position().compareTo(beyond) < 0)
                .toList();
        return shown.isEmpty() ? found.subList(0, SHOWN) : shown;
    }

    private Parked describe(ParkedStream stream) {
        return new Parked(
                stream.position().value(),
                stream.partition().number(),
                stream.typeName(),
                stream.failure(),
                stream.waiting(),
                stream.request(),
                showStreamIds ? stream.streamId().value() : null);
    }

    /** As the runner sees it; as it is stored, where the projections of this instance do not run. */
    List<ProjectionStatus> statuses() {
        ProjectionRunner running = runner;
        ProjectionStore stored = projectionStore;
        EventStore log = store;
        if (running == null) {
            return List.of();
        }
        if (running.isRunning() || stored == null || log == null) {
            return running.status();
        }
        long last = log.lastPosition().value();
        List<PartitionState> states = stored.partitions();
        List<ParkedCount> parked = stored.parkedCounts();
        return running.names().stream()
                .map(name -> withDeadlines(ProjectionStatus.builder(name), running, stored, name)
                        .partitions(states.stream()
                                .filter(state -> state.partition().projection().equals(name))
                                .map(state -> asStored(state, last))
                                .toList())
                        .parkedStreams(parked.stream()
                                .filter(count -> count.projection().equals(name))
                                .mapToInt(ParkedCount::streams)
                                .sum())
                        .build())
                .toList();
    }

    private static ProjectionStatus.Builder withDeadlines(
            ProjectionStatus.Builder status, ProjectionRunner runner, ProjectionStore stored, String name) {
        return runner.hasDeadlines(name) && holdsDeadlines(stored)
                ? status.deadlines(stored.deadlineCounts(name, 1), 0)
                : status;
    }

    /** Tables of an older release do not: the reaction refuses to run on them, and everything else is shown. */
    private static boolean holdsDeadlines(ProjectionStore stored) {
        try {
            stored.checkDeadlines();
            return true;
        } catch (SchemaException e) {
            LOG.debug("No deadlines are shown", OwnThreads.redacted(e));
            return false;
        }
    }

    private static ProjectionStatus.Partition asStored(PartitionState state, long last) {
        GlobalPosition position = state.checkpoint().position();
        return ProjectionStatus.Partition.builder(
                        state.partition().number(),
                        state.paused() ? ProjectionState.PAUSED : ProjectionState.STOPPED,
                        position)
                .behind(Math.max(0, last - position.value()), Duration.ZERO)
                .lastFailure(state.failure())
                .build();
    }

    private static List<Partition> partitions(ProjectionStatus status, Map<ProjectionPartition, String> owners) {
        return status.partitions().stream()
                .map(partition -> new Partition(
                        partition.number(),
                        partition.state().word(),
                        partition.position().value(),
                        partition.lagInEvents(),
                        partition.lag(),
                        partition.positionsPerSecond(),
                        partition.estimatedTimeLeft().orElse(null),
                        partition.appliedEvents(),
                        partition.skippedEvents(),
                        partition.failures(),
                        partition.lastFailure(),
                        owners.get(new ProjectionPartition(status.projection(), status.version(), partition.number()))))
                .toList();
    }
}
