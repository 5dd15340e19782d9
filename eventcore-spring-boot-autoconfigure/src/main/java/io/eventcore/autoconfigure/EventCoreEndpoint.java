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
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * Shows the event store and its projections, and lets operators pause, resume and reset projections and deal with parked
 * streams and deadlines.
 *
 * <p>Read-only unless {@code management.endpoint.eventcore.access} says otherwise. Tells no payload and no metadata ever,
 * and the ids of streams only where {@code eventcore.endpoint.show-stream-ids} allows it; a parked stream is named by its
 * position.
 *
 * @since 0.1
 */
@Endpoint(id = "eventcore", defaultAccess = Access.READ_ONLY)
public class EventCoreEndpoint {
    private final List<EventStore> stores;
    private final ShownProjections projections;
    private final @Nullable ShownViews views;
    private final @Nullable OperatorActions actions;

    EventCoreEndpoint(
            List<EventStore> stores,
            @Nullable ProjectionRunner runner,
            @Nullable ProjectionStore projectionStore,
            EventCoreProperties.Endpoint shown) {
        this.stores = stores.stream().map(UnobservedStore::of).toList();
        EventStore first = this.stores.stream().findFirst().orElse(null);
        projections = new ShownProjections(first, runner, projectionStore, shown.showStreamIds());
        views = first == null ? null : new ShownViews(first, new ShownEvents(shown));
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

        /** What waits in a parked stream, or in all, is applied; so are deadlines that are set aside. */
        RETRY,

        /** What waits in a parked stream, or in all, is given up; so are deadlines that are set aside. */
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
     * @param parkedStreams how many streams are set aside
     * @param deadlines how many deadlines it has; none if it is no reaction with deadlines
     * @since 0.1
     */
    public record ProjectionOverview(
            List<Partition> partitions,
            int parkedStreams,
            @Nullable Deadlines deadlines) {}

    /**
     * How many deadlines a reaction has; each number is counted up to 100,000.
     *
     * @param pending how many wait, those that are overdue included
     * @param overdue how many are due and not executed yet
     * @param parked how many are set aside
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
     * @param failure the type of what it failed with; none if it is not set aside
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
     * @param deadlines how many deadlines it has; none if it is no reaction with deadlines
     * @param nextDeadlines the hundred that fall due next
     * @param moreDeadlines what to ask for more of them with; null if there are no more
     * @param parkedDeadlines a hundred of those that are set aside, at most, the oldest first
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
     * @param parkedDeadlines how many deadlines that were set aside it was done for, where it is about these
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
            Map<ProjectionKind, Map<String, ProjectionOverview>> kinds = projections.byKind();
            return new Overview(
                    described,
                    kinds.getOrDefault(ProjectionKind.PROJECTION, Map.of()),
                    kinds.getOrDefault(ProjectionKind.REACTION, Map.of()),
                    kinds.getOrDefault(ProjectionKind.RELAY, Map.of()));
        };
        return EndpointAnswers.answered(overview, "There is nothing to show");
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
     * @param afterParkedDeadline the same of those that are set aside, with {@code moreParkedDeadlines}
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
     * Does something with a projection.
     *
     * @param action the name of an {@link Action}, in capitals or not
     * @param position which parked stream or deadline is meant; all, unless given
     */
    @WriteOperation
    public WebEndpointResponse<Object> act(
            @Selector String projection, @Nullable String action, @Nullable Long position) {
        OperatorActions known = actions;
        return known == null
                ? EndpointAnswers.notFound(EndpointAnswers.noneNamed(projection))
                : known.perform(projection, action, position);
    }
}
