package io.eventcore.autoconfigure;

import io.eventcore.AppendInFlight;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.SchemaException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.MimeType;

/**
 * Shows the event store and its projections, and lets operators pause, resume and reset projections and deal with parked
 * streams.
 *
 * <p>Read-only unless {@code management.endpoint.eventcore.access} says otherwise. Tells no payload and no metadata ever,
 * and the ids of streams only where {@code eventcore.endpoint.show-stream-ids} allows it; a parked stream is named by its
 * position.
 *
 * @since 0.1
 */
@Endpoint(id = "eventcore", defaultAccess = Access.READ_ONLY)
public class EventCoreEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreEndpoint.class);

    private static final MimeType PROBLEM = MimeType.valueOf("application/problem+json");

    /** How many parked streams are shown. */
    private static final int SHOWN = 100;

    private final List<EventStore> stores;
    private final @Nullable ProjectionRunner runner;
    private final @Nullable ProjectionStore projectionStore;
    private final boolean showStreamIds;

    EventCoreEndpoint(
            List<EventStore> stores,
            @Nullable ProjectionRunner runner,
            @Nullable ProjectionStore projectionStore,
            boolean showStreamIds) {
        this.stores = stores.stream().map(BareStore::of).toList();
        this.runner = runner;
        this.projectionStore = projectionStore;
        this.showStreamIds = showStreamIds;
    }

    /**
     * What can be done with a projection.
     *
     * @since 0.1
     */
    public enum Action {
        /** No instance runs it until it is resumed. */
        PAUSE,

        /** It runs again after a pause or a failure. */
        RESUME,

        /** Its read model is built anew. */
        RESET,

        /** What waits in a parked stream, or in all, is applied. */
        RETRY,

        /** What waits in a parked stream, or in all, is given up. */
        DISCARD
    }

    /**
     * Everything there is.
     *
     * @param stores the event stores
     * @param projections the projections of this application by their names
     * @param reactions its reactions
     * @param relays what passes events on to listeners or a broker
     * @since 0.1
     */
    public record Overview(
            List<Store> stores,
            Map<String, ProjectionOverview> projections,
            Map<String, ProjectionOverview> reactions,
            Map<String, ProjectionOverview> relays) {}

    /**
     * Why a request could not be answered, as a problem detail (RFC 9457).
     *
     * @param title what is wrong
     * @param status the status of the answer
     * @param detail the type of the failure, or the rule that the request does not follow
     * @since 0.1
     */
    public record Problem(String title, int status, String detail) {}

    /**
     * An event store.
     *
     * @param type {@code jdbc}, {@code in-memory}, or the class of a store of the application
     * @param schemaVersion the version of the tables; none in memory
     * @param lastPosition how far the log reaches
     * @param oldestAppendInFlight what readers wait for at most; none if nothing is under way
     * @since 0.1
     */
    public record Store(
            String type,
            @Nullable Integer schemaVersion,
            long lastPosition,
            @Nullable InFlight oldestAppendInFlight) {}

    /**
     * An append in flight.
     *
     * @param session who appends, as the database calls it
     * @param since when its transaction began
     * @param age how long ago that is
     * @since 0.1
     */
    public record InFlight(String session, Instant since, Duration age) {}

    /**
     * A projection.
     *
     * @param partitions its parts
     * @param parkedStreams how many streams are set aside
     * @since 0.1
     */
    public record ProjectionOverview(List<Partition> partitions, int parkedStreams) {}

    /**
     * A part of a projection.
     *
     * @param number which part, 0 for the first
     * @param state what it is doing, as this instance sees it: the {@linkplain ProjectionState#word() word} for it
     * @param position how far it has come
     * @param lagInEvents how far that is behind the end of the log
     * @param lag how long the oldest event has been waiting that is known to wait
     * @param positionsPerSecond how fast it gets ahead
     * @param timeLeft when it will have caught up; none if that cannot be told
     * @param applied how many events this instance has applied
     * @param skipped how many events this instance has skipped
     * @param failures how many attempts have failed on this instance
     * @param lastFailure the type of the last failure and its place; empty if there was none
     * @since 0.1
     */
    public record Partition(
            int number,
            String state,
            long position,
            long lagInEvents,
            Duration lag,
            double positionsPerSecond,
            @Nullable Duration timeLeft,
            long applied,
            long skipped,
            long failures,
            String lastFailure) {}

    /**
     * A projection and what it has set aside.
     *
     * @param name its name
     * @param partitions its parts
     * @param parkedStreams how many streams are set aside
     * @param parked a hundred of them at most, by position
     * @param next after which position to ask for more of them; null if there are no more
     * @since 0.1
     */
    public record ProjectionDetails(
            String name,
            List<Partition> partitions,
            int parkedStreams,
            List<Parked> parked,
            @Nullable Long next) {}

    /**
     * A parked stream.
     *
     * @param position where what waits begins; names the stream here
     * @param partition which part of the projection it belongs to
     * @param type the stored name of the first event that waits
     * @param failure the type of what it failed with
     * @param waiting how many events wait
     * @param request what was asked for and not done yet
     * @param streamId its id, if ids are shown
     * @since 0.1
     */
    public record Parked(
            long position,
            int partition,
            String type,
            String failure,
            long waiting,
            ParkedStream.Request request,
            @Nullable String streamId) {}

    /**
     * What came of an action.
     *
     * @param projection the projection
     * @param action what was asked for
     * @param parkedStreams how many parked streams it was asked for, where it is about these
     * @param failure the type of what it failed with; none if it did not
     * @since 0.1
     */
    public record Outcome(
            String projection,
            Action action,
            @Nullable Integer parkedStreams,
            @Nullable String failure) {}

    /** The stores, and how far each projection is. */
    @ReadOperation
    public WebEndpointResponse<Object> overview() {
        return answered(() -> {
            // First: while the database is down, nothing else waits for a connection.
            List<Store> described =
                    stores.stream().map(EventCoreEndpoint::describe).toList();
            Map<ProjectionKind, Map<String, ProjectionOverview>> kinds = new EnumMap<>(ProjectionKind.class);
            for (ProjectionKind kind : ProjectionKind.values()) {
                kinds.put(kind, new LinkedHashMap<>());
            }
            for (ProjectionStatus status : statuses()) {
                kinds.getOrDefault(kind(status), Map.of())
                        .put(status.name(), new ProjectionOverview(partitions(status), status.parkedStreams()));
            }
            return new Overview(
                    described,
                    kinds.getOrDefault(ProjectionKind.PROJECTION, Map.of()),
                    kinds.getOrDefault(ProjectionKind.REACTION, Map.of()),
                    kinds.getOrDefault(ProjectionKind.RELAY, Map.of()));
        });
    }

    private ProjectionKind kind(ProjectionStatus status) {
        ProjectionRunner running = runner;
        return running == null ? ProjectionKind.PROJECTION : running.kind(status.projection());
    }

    /** The answer, or a problem if the store cannot give it. Of a failure only its type is told. */
    private static WebEndpointResponse<Object> answered(Supplier<@Nullable Object> question) {
        try {
            Object answer = question.get();
            return answer == null
                    ? new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND)
                    : new WebEndpointResponse<>(answer);
        } catch (EventStoreException | SchemaException e) {
            LOG.warn("The endpoint cannot tell: {}", e.getClass().getName());
            return new WebEndpointResponse<>(
                    new Problem(
                            "The event store does not answer",
                            WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE,
                            e.getClass().getName()),
                    WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE,
                    PROBLEM);
        }
    }

    private static Store describe(EventStore store) {
        Class<?> type = AopUtils.getTargetClass(store);
        Optional<AppendInFlight> oldest = store.oldestAppendInFlight();
        return new Store(
                nameOf(type),
                schemaVersion(store),
                store.lastPosition().value(),
                oldest.map(append -> new InFlight(append.session(), append.since(), append.age()))
                        .orElse(null));
    }

    /** Past observations and advice: it is no part of what an application may have wrapped. */
    private static @Nullable Integer schemaVersion(EventStore store) {
        EventStore bare = BareStore.of(store);
        Object target = AopProxyUtils.getSingletonTarget(bare);
        return (target == null ? bare : target) instanceof JdbcEventStore jdbc ? jdbc.schemaVersion() : null;
    }

    private static String nameOf(Class<?> store) {
        if (store == JdbcEventStore.class) {
            return "jdbc";
        }
        return store == InMemoryEventStore.class ? "in-memory" : store.getName();
    }

    /**
     * One projection; nothing if there is none of that name.
     *
     * @param after show parked streams after this position; from the first, unless given
     */
    @ReadOperation
    public WebEndpointResponse<Object> projection(@Selector String projection, @Nullable Long after) {
        if (after != null && after < 0) {
            return refused("A position is not negative, but 'after' is " + after);
        }
        GlobalPosition from = after == null ? GlobalPosition.START : GlobalPosition.of(after);
        return answered(() -> details(projection, from));
    }

    private @Nullable ProjectionDetails details(String projection, GlobalPosition after) {
        ProjectionRunner running = runner;
        if (running == null || !running.names().contains(projection)) {
            return null;
        }
        List<ProjectionStatus> statuses = statuses().stream()
                .filter(status -> status.name().equals(projection))
                .toList();
        List<Partition> partitions =
                statuses.stream().flatMap(status -> partitions(status).stream()).toList();
        List<ParkedStream> found = running.parkedStreams(projection, after, SHOWN + 1);
        List<ParkedStream> shown = firstOf(found);
        List<Parked> parked = shown.stream().map(this::describe).toList();
        Long next = shown.size() == found.size()
                ? null
                : shown.get(shown.size() - 1).position().value();
        int all = statuses.stream().mapToInt(ProjectionStatus::parkedStreams).sum();
        return new ProjectionDetails(projection, partitions, all, parked, next);
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

    /**
     * Does something with a projection.
     *
     * @param action the name of an {@link Action}, in capitals or not
     * @param position which parked stream is meant; all, unless given
     */
    @WriteOperation
    public WebEndpointResponse<Object> act(
            @Selector String projection, @Nullable String action, @Nullable Long position) {
        ProjectionRunner running = runner;
        if (running == null || !running.names().contains(projection)) {
            return new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
        }
        return Stream.of(Action.values())
                .filter(known -> known.name().equalsIgnoreCase(action))
                .findFirst()
                .map(known -> act(running, projection, known, position))
                .orElseGet(() -> refused("'action' must be one of "
                        + Stream.of(Action.values())
                                .map(known -> known.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }

    private static WebEndpointResponse<Object> act(
            ProjectionRunner running, String projection, Action action, @Nullable Long position) {
        return switch (action) {
            case PAUSE -> done(projection, action, () -> running.pause(projection));
            case RESUME -> done(projection, action, () -> running.resume(projection));
            case RESET -> done(projection, action, () -> running.reset(projection));
            case RETRY, DISCARD -> requested(running, projection, action, position);
        };
    }

    /** What is wrong with a request, as a problem detail. */
    private static WebEndpointResponse<Object> refused(String rule) {
        return new WebEndpointResponse<>(
                new Problem("The request is refused", WebEndpointResponse.STATUS_BAD_REQUEST, rule),
                WebEndpointResponse.STATUS_BAD_REQUEST,
                PROBLEM);
    }

    /** Whatever the application throws may quote an event, so only its type is told. */
    private static WebEndpointResponse<Object> done(String projection, Action action, Runnable step) {
        try {
            step.run();
            LOG.info("Projection '{}': {}, as an operator asked", projection, action);
            return new WebEndpointResponse<>(new Outcome(projection, action, null, null));
        } catch (UnsupportedOperationException e) {
            return refused("Projection '" + projection
                    + "' does not say how its read model is emptied: it needs clear() or clearedBy(...)");
        } catch (RuntimeException e) {
            return failed(projection, action, e);
        }
    }

    private static WebEndpointResponse<Object> requested(
            ProjectionRunner running, String projection, Action action, @Nullable Long position) {
        try {
            if (position != null) {
                return forParked(running, projection, action, position);
            }
            int asked = running.requestForAllParked(
                    projection, action == Action.RETRY ? ParkedStream.Request.RETRY : ParkedStream.Request.DISCARD);
            LOG.info("Projection '{}': {} for {} parked streams, as an operator asked", projection, action, asked);
            return new WebEndpointResponse<>(new Outcome(projection, action, asked, null));
        } catch (EventStoreException e) {
            return failed(projection, action, e);
        }
    }

    private static WebEndpointResponse<Object> failed(String projection, Action action, RuntimeException e) {
        String failure = e.getClass().getName();
        LOG.warn("Projection '{}': {} has failed with {}", projection, action, failure);
        return new WebEndpointResponse<>(
                new Outcome(projection, action, null, failure),
                e instanceof EventStoreException
                        ? WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE
                        : WebEndpointResponse.STATUS_INTERNAL_SERVER_ERROR);
    }

    private static WebEndpointResponse<Object> forParked(
            ProjectionRunner running, String projection, Action action, long position) {
        List<StreamId> meant = position < 1
                ? List.of()
                : running.parkedStreamsAt(projection, GlobalPosition.of(position)).stream()
                        .map(ParkedStream::streamId)
                        .distinct()
                        .toList();
        if (meant.isEmpty()) {
            return new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
        }
        long asked = meant.stream()
                .filter(streamId -> action == Action.RETRY
                        ? running.retryParked(projection, streamId)
                        : running.discardParked(projection, streamId))
                .count();
        LOG.info("Projection '{}': {} for {} parked streams, as an operator asked", projection, action, asked);
        return new WebEndpointResponse<>(new Outcome(projection, action, Math.toIntExact(asked), null));
    }

    /** As the runner sees it; as it is stored, where the projections of this instance do not run. */
    private List<ProjectionStatus> statuses() {
        ProjectionRunner running = runner;
        ProjectionStore stored = projectionStore;
        if (running == null) {
            return List.of();
        }
        if (running.isRunning() || stored == null || stores.isEmpty()) {
            return running.status();
        }
        long last = stores.get(0).lastPosition().value();
        List<PartitionState> states = stored.partitions();
        List<ParkedCount> parked = stored.parkedCounts();
        return running.names().stream()
                .map(name -> ProjectionStatus.builder(name)
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

    private static List<Partition> partitions(ProjectionStatus status) {
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
                        partition.lastFailure()))
                .toList();
    }
}
