package io.eventcore.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * The endpoint of an application with several event stores: below the name of each it shows and does what
 * {@link EventCoreEndpoint} does for one store.
 *
 * @since 0.1
 */
@Endpoint(id = "eventcore", defaultAccess = Access.READ_ONLY)
public class EventStoresEndpoint {
    private final List<NamedEventStore> stores;
    private final EndpointParts parts;

    EventStoresEndpoint(List<NamedEventStore> stores, EndpointParts parts) {
        this.stores = List.copyOf(stores);
        this.parts = parts;
    }

    /**
     * Every store; no database is asked.
     *
     * @param stores what is known of them, by name
     * @since 0.1
     */
    public record Stores(Map<String, State> stores) {}

    /**
     * What is known of a store without asking its database.
     *
     * @param open whether its database has been reached since the start
     * @param projections the names of its projections and reactions
     * @param failure the type of what keeps it from being open, or its projections from running; none if it is as it should be
     * @since 0.1
     */
    public record State(
            boolean open,
            List<String> projections,
            @Nullable String failure) {}

    /** The names of all stores, and which of them are open. */
    @ReadOperation
    public Stores overview() {
        Map<String, State> states = new TreeMap<>();
        stores.forEach(store -> states.put(
                store.name(),
                new State(
                        store.isOpen(),
                        store.ifOpen()
                                .map(opened -> opened.projections().names())
                                .orElse(List.of()),
                        store.failure()
                                .map(failure -> failure.getClass().getName())
                                .orElse(null))));
        return new Stores(states);
    }

    /** One store and how far each of its projections is; a problem detail if there is none of that name. */
    @ReadOperation
    public WebEndpointResponse<Object> store(@Selector String store) {
        return of(store, EventCoreEndpoint::overview);
    }

    /**
     * One projection of a store; a problem detail if there is none of that name.
     *
     * @param after show parked streams after this position; from the first, unless given
     * @param afterDeadline show deadlines after those that {@code moreDeadlines} was told with; from the first, unless given
     * @param afterParkedDeadline the same for parked deadlines, with {@code moreParkedDeadlines}
     */
    @ReadOperation
    public WebEndpointResponse<Object> projection(
            @Selector String store,
            @Selector String projection,
            @Nullable Long after,
            @Nullable String afterDeadline,
            @Nullable String afterParkedDeadline) {
        return of(store, endpoint -> endpoint.projection(projection, after, afterDeadline, afterParkedDeadline));
    }

    /**
     * Something of the log or of the streams of a store, as {@link EventCoreEndpoint#view} shows it; a problem detail if there is
     * no store of that name.
     */
    @ReadOperation
    public WebEndpointResponse<Object> view(
            @Selector String store,
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
        ViewRequest request = new ViewRequest(
                before, after, position, at, id, version, prefix, type, since, until, correlation, limit);
        return of(store, endpoint -> endpoint.view(view, of, request));
    }

    /**
     * Does something with a projection of a store, and writes to the log who has asked for it.
     *
     * @param asking who asks
     * @param action the name of an {@link EventCoreEndpoint.Action}, in capitals or not
     * @param position which parked stream or deadline is meant; all, unless given
     */
    @WriteOperation
    public WebEndpointResponse<Object> act(
            SecurityContext asking,
            @Selector String store,
            @Selector String projection,
            @Nullable String action,
            @Nullable Long position) {
        return of(store, endpoint -> endpoint.act(asking, projection, action, position));
    }

    private WebEndpointResponse<Object> of(
            String name, Function<EventCoreEndpoint, WebEndpointResponse<Object>> question) {
        Optional<NamedEventStore> named =
                stores.stream().filter(store -> store.name().equals(name)).findFirst();
        if (named.isEmpty()) {
            return EndpointAnswers.notFound("There is no event store of the name '" + name + "'");
        }
        NamedEventStore store = named.get();
        return store.ifOpen()
                .map(opened -> question.apply(new EventCoreEndpoint(
                        List.of(opened.eventStore()), opened.projections(), opened.projectionStore(), parts)))
                .orElseGet(() -> EndpointAnswers.unavailable(store.failure()
                        .map(failure -> failure.getClass().getName())
                        .orElse("not open yet")));
    }
}
