package io.eventcore.autoconfigure;

import io.eventcore.AppendInFlight;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionKind;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStatus;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * Shows the event store, its log, its streams and its projections, and lets operators pause, resume and reset projections and deal with parked
 * streams and deadlines.
 *
 * <p>Read-only unless {@code management.endpoint.eventcore.access} says otherwise. Payloads, metadata and the ids of streams
 * are hidden unless {@code eventcore.endpoint.show-payloads}, {@code show-metadata} and {@code show-stream-ids} say otherwise;
 * a stream is named by the position of one of its events. Every question reads a bounded number of rows.
 *
 * @since 0.1
 */
@Endpoint(id = "eventcore", defaultAccess = Access.READ_ONLY)
public class EventCoreEndpoint {
    private final List<EventStore> stores;
    private final EndpointParts parts;
    private final ShownEvents events;
    private final ShownProjections projections;
    private final @Nullable ShownViews views;
    private final @Nullable OperatorActions actions;

    EventCoreEndpoint(
            List<EventStore> stores,
            @Nullable ProjectionRunner runner,
            @Nullable ProjectionStore projectionStore,
            EndpointParts parts) {
        this.stores = stores.stream().map(UnobservedStore::of).toList();
        this.parts = parts;
        this.events = new ShownEvents(parts.shown(), parts.types());
        EventStore first = this.stores.stream().findFirst().orElse(null);
        projections = new ShownProjections(
                first, runner, projectionStore, parts.shown().showStreamIds());
        views = first == null ? null : new ShownViews(first, runner, events, parts.states());
        actions = runner == null ? null : new OperatorActions(runner);
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

        /** What waits in a parked stream, or in all, is tried again; so are parked deadlines. */
        RETRY,

        /** What waits in a parked stream, or in all, is discarded; so are parked deadlines. */
        DISCARD
    }

    /**
     * Everything there is.
     *
     * @param stores the event stores
     * @param projections the projections of this application by their names
     * @param reactions its reactions
     * @param relays what passes events on to listeners or a broker
     * @param health how all of it is doing; none where nothing judges it
     * @param meters what was counted since the start; none without a meter registry
     * @param hidden what is not shown
     * @since 0.1
     */
    public record Overview(
            List<Store> stores,
            Map<String, ProjectionOverview> projections,
            Map<String, ProjectionOverview> reactions,
            Map<String, ProjectionOverview> relays,
            @Nullable HealthInOneLine health,
            @Nullable Meters meters,
            Hidden hidden) {}

    /**
     * What is not shown.
     *
     * @param streamIds whether ids of streams and tags are hidden
     * @param payloads whether payloads, and states made of them, are hidden
     * @param metadata whether metadata is hidden
     * @since 0.1
     */
    public record Hidden(boolean streamIds, boolean payloads, boolean metadata) {}

    /**
     * How the store and its projections are doing, as the health of the application judges it.
     *
     * @param status {@code UP}, {@code DEGRADED} or {@code DOWN}
     * @param why what is wrong; none if nothing is
     * @since 0.1
     */
    public record HealthInOneLine(String status, @Nullable String why) {}

    /**
     * Totals since the start of this instance. What was not measured yet is none.
     *
     * @param appends how many appends there were, however they ended
     * @param appendSeconds how long all of them took together
     * @param maxAppendSeconds how long the longest of the last minutes took
     * @param conflicts how many of them met a conflict
     * @param batches how many transactions they shared
     * @param batchedAppends how many appends these held together
     * @param commands how many commands were executed
     * @param commandSeconds how long all of them took together
     * @since 0.1
     */
    public record Meters(
            @Nullable Long appends,
            @Nullable Double appendSeconds,
            @Nullable Double maxAppendSeconds,
            @Nullable Long conflicts,
            @Nullable Long batches,
            @Nullable Long batchedAppends,
            @Nullable Long commands,
            @Nullable Double commandSeconds) {}

    /**
     * Why a request could not be answered, as a problem detail (RFC 9457).
     *
     * @param title what is wrong
     * @param status the status of the answer
     * @param detail the type of the failure, what there is not, or the rule that the request does not follow
     * @since 0.1
     */
    public record Problem(String title, int status, String detail) {}

    /**
     * An event store.
     *
     * @param type {@code jdbc}, {@code in-memory}, or the class of a store of the application
     * @param schemaVersion the version of the tables; none in memory
     * @param tags the names of tags that a backfill has to do with: {@code incomplete} from its beginning to its end, {@code complete}
     *     after that. All others are complete; none in memory
     * @param lastPosition how far the log reaches
     * @param oldestAppendInFlight what readers wait for at most; none if nothing is under way
     * @since 0.1
     */
    public record Store(
            String type,
            @Nullable Integer schemaVersion,
            @Nullable Map<String, String> tags,
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
     * @param parkedStreams how many streams are parked
     * @param deadlines how many deadlines it has; none if it is no reaction with deadlines
     * @param versions the versions of it that are built side by side, this one among them; none if there is one
     * @since 0.1
     */
    public record ProjectionOverview(
            List<Partition> partitions,
            int parkedStreams,
            @Nullable Deadlines deadlines,
            @Nullable List<Version> versions) {}

    /**
     * A version of a projection.
     *
     * @param name what the projection and its version are called together
     * @param version the number of the version
     * @param active whether queries should read it
     * @param partitions its parts
     * @since 0.1
     */
    public record Version(String name, int version, boolean active, List<Partition> partitions) {}

    /**
     * How many deadlines a reaction has; each number is counted up to 100,000.
     *
     * @param pending how many wait, those that are overdue included
     * @param overdue how many are due and not executed yet
     * @param parked how many are parked
     * @param oldestOverdue how long the oldest is due that is not executed yet
     * @param executed how many this instance has dealt with when they were due, those included whose commands were found as
     *     executed before
     * @since 0.1
     */
    public record Deadlines(int pending, int overdue, int parked, Duration oldestOverdue, long executed) {}

    /**
     * A deadline.
     *
     * @param position the place of the event that has set it; names the deadline here
     * @param eventId the id of that event
     * @param dueAt when it falls due, by the clock of the store
     * @param failure the type of what it failed with; none if it is not parked
     * @since 0.1
     */
    public record Deadline(
            long position,
            UUID eventId,
            Instant dueAt,
            @Nullable String failure) {}

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
     * @param owner which instance holds its lease, by the random id that it has given itself; none if no instance does
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
            String lastFailure,
            @Nullable String owner) {}

    /**
     * A projection and what it has parked.
     *
     * @param name its name
     * @param partitions its parts
     * @param parkedStreams how many streams are parked
     * @param parked a hundred of them at most, by position
     * @param next after which position to ask for more of them; null if there are no more
     * @param deadlines how many deadlines it has; none if it is no reaction with deadlines
     * @param nextDeadlines the hundred that fall due next
     * @param moreDeadlines what to ask for more of them with; null if there are no more
     * @param parkedDeadlines a hundred of those that are parked, at most, the oldest first
     * @param moreParkedDeadlines what to ask for more of these with; null if there are no more
     * @since 0.1
     */
    public record ProjectionDetails(
            String name,
            List<Partition> partitions,
            int parkedStreams,
            List<Parked> parked,
            @Nullable Long next,
            @Nullable Deadlines deadlines,
            List<Deadline> nextDeadlines,
            @Nullable String moreDeadlines,
            List<Deadline> parkedDeadlines,
            @Nullable String moreParkedDeadlines) {}

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
     * @param parkedDeadlines how many parked deadlines it was done for, where it is about these
     * @param failure the type of what it failed with; none if it did not
     * @since 0.1
     */
    public record Outcome(
            String projection,
            Action action,
            @Nullable Integer parkedStreams,
            @Nullable Integer parkedDeadlines,
            @Nullable String failure) {}

    /** The stores, and how far each projection is. */
    @ReadOperation
    public WebEndpointResponse<Object> overview() {
        Supplier<@Nullable Object> overview = () -> {
            // First: while the database is down, nothing else waits for a connection.
            List<Store> described =
                    stores.stream().map(EventCoreEndpoint::describe).toList();
            List<ProjectionStatus> statuses = projections.statuses();
            Map<ProjectionKind, Map<String, ProjectionOverview>> kinds = projections.byKind(statuses);
            EndpointMeters meters = parts.meters();
            return new Overview(
                    described,
                    kinds.getOrDefault(ProjectionKind.PROJECTION, Map.of()),
                    kinds.getOrDefault(ProjectionKind.REACTION, Map.of()),
                    kinds.getOrDefault(ProjectionKind.RELAY, Map.of()),
                    health(statuses, described),
                    meters == null ? null : meters.read(),
                    events.hidden());
        };
        return EndpointAnswers.answered(overview, "There is nothing to show");
    }

    private @Nullable HealthInOneLine health(List<ProjectionStatus> statuses, List<Store> described) {
        ProjectionConditions conditions = parts.conditions();
        if (conditions == null) {
            return null;
        }
        Optional<Duration> oldest = described.stream()
                .map(Store::oldestAppendInFlight)
                .filter(Objects::nonNull)
                .map(InFlight::age)
                .max(Duration::compareTo);
        ProjectionConditions.Summary summary = conditions.summary(statuses, oldest);
        return new HealthInOneLine(summary.status(), summary.why());
    }

    private static Store describe(EventStore store) {
        Class<?> type = AopUtils.getTargetClass(store);
        Optional<AppendInFlight> oldest = store.oldestAppendInFlight();
        Optional<JdbcEventStore> tables = tables(store);
        return new Store(
                nameOf(type),
                tables.map(JdbcEventStore::schemaVersion).orElse(null),
                tables.map(EventCoreEndpoint::tags).orElse(null),
                store.lastPosition().value(),
                oldest.map(append -> new InFlight(append.session(), append.since(), append.age()))
                        .orElse(null));
    }

    /** Past observations and advice: it is no part of what an application may have wrapped. */
    private static Optional<JdbcEventStore> tables(EventStore store) {
        EventStore bare = UnobservedStore.of(store);
        if (bare instanceof GuardedEventStore guarded) {
            bare = guarded.unguarded();
        }
        Object target = AopProxyUtils.getSingletonTarget(bare);
        return (target == null ? bare : target) instanceof JdbcEventStore jdbc ? Optional.of(jdbc) : Optional.empty();
    }

    private static Map<String, String> tags(JdbcEventStore store) {
        Map<String, String> words = new TreeMap<>();
        store.tagNames().forEach((name, complete) -> words.put(name, complete ? "complete" : "incomplete"));
        return words;
    }

    private static String nameOf(Class<?> store) {
        if (store == JdbcEventStore.class || store == GuardedEventStore.class) {
            return "jdbc";
        }
        return store == InMemoryEventStore.class ? "in-memory" : store.getName();
    }

    /**
     * One projection; a problem detail if there is none of that name.
     *
     * @param after show parked streams after this position; from the first, unless given
     * @param afterDeadline show deadlines after those that {@code moreDeadlines} was told with; from the first, unless given
     * @param afterParkedDeadline the same for parked deadlines, with {@code moreParkedDeadlines}
     */
    @ReadOperation
    public WebEndpointResponse<Object> projection(
            @Selector String projection,
            @Nullable Long after,
            @Nullable String afterDeadline,
            @Nullable String afterParkedDeadline) {
        if (after != null && after < 0) {
            return EndpointAnswers.refused("A position is not negative, but 'after' is " + after);
        }
        Optional<DeadlinePlace> deadline = DeadlinePages.place(afterDeadline);
        Optional<DeadlinePlace> parkedDeadline = DeadlinePages.place(afterParkedDeadline);
        if (deadline.isEmpty() || parkedDeadline.isEmpty()) {
            return EndpointAnswers.refused(
                    "'afterDeadline' is what 'moreDeadlines' has told, 'afterParkedDeadline' what"
                            + " 'moreParkedDeadlines' has");
        }
        GlobalPosition from = after == null ? GlobalPosition.START : GlobalPosition.of(after);
        return EndpointAnswers.answered(
                () -> projections.details(projection, from, deadline.get(), parkedDeadline.get()),
                EndpointAnswers.noneNamed(projection));
    }

    /**
     * Something of the log or of the streams: {@code log/events}, {@code log/event}, {@code log/types}, {@code streams/list} or
     * {@code streams/stream}. A problem detail if there is no such view, or if the request does not follow a rule.
     *
     * <p>Each answer looks at no more than 10,000 events and shows no more than 50.
     *
     * @param before show what is before this position
     * @param after show what is after this position, or in a list of streams after this id
     * @param position which event is meant
     * @param at which stream is meant: that of the event at this position
     * @param id which stream is meant, if ids are shown
     * @param version up to which version of the stream
     * @param prefix only events of streams that begin with this, if ids are shown
     * @param type only events of this stored name
     * @param since only events that were recorded then or later
     * @param until only events that were recorded earlier
     * @param correlation only events of this conversation, if metadata is shown
     * @param limit how many events to show, 50 unless given
     */
    @ReadOperation
    public WebEndpointResponse<Object> view(
            @Selector String view,
            @Selector String of,
            @Nullable String before,
            @Nullable String after,
            @Nullable String position,
            @Nullable String at,
            @Nullable String id,
            @Nullable String version,
            @Nullable String prefix,
            @Nullable String type,
            @Nullable String since,
            @Nullable String until,
            @Nullable String correlation,
            @Nullable String limit) {
        return view(
                view,
                of,
                new ViewRequest(
                        before, after, position, at, id, version, prefix, type, since, until, correlation, limit));
    }

    WebEndpointResponse<Object> view(String view, String of, ViewRequest request) {
        ShownViews known = views;
        return known == null ? EndpointAnswers.notFound("There is no event store") : known.answer(view, of, request);
    }

    /**
     * Does something with a projection, and writes to the log who has asked for it.
     *
     * @param asking who asks
     * @param action the name of an {@link Action}, in capitals or not
     * @param position which parked stream or deadline is meant; all, unless given
     */
    @WriteOperation
    public WebEndpointResponse<Object> act(
            SecurityContext asking, @Selector String projection, @Nullable String action, @Nullable Long position) {
        OperatorActions known = actions;
        return known == null
                ? EndpointAnswers.notFound(EndpointAnswers.noneNamed(projection))
                : known.by(asking).perform(projection, action, position);
    }
}
