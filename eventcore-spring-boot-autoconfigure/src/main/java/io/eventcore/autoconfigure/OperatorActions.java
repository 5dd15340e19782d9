package io.eventcore.autoconfigure;

import io.eventcore.EventStoreException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.EventCoreEndpoint.Action;
import io.eventcore.autoconfigure.EventCoreEndpoint.Outcome;
import io.eventcore.internal.OwnThreads;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.ProjectionRunner;
import java.security.Principal;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** What operators do with projections by the endpoint, each time with a line in the log. */
final class OperatorActions {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreEndpoint.class);

    private static final String NAMELESS = "an operator";
    private static final int LONGEST_NAME = 100;

    private final ProjectionRunner runner;

    /** Who asks, in words. */
    private final String operator;

    OperatorActions(ProjectionRunner runner) {
        this(runner, NAMELESS);
    }

    private OperatorActions(ProjectionRunner runner, String operator) {
        this.runner = runner;
        this.operator = operator;
    }

    /** The same, for a log that names who has asked. */
    OperatorActions by(SecurityContext asking) {
        Principal principal = asking.getPrincipal();
        return new OperatorActions(runner, principal == null ? NAMELESS : named(principal.getName()));
    }

    /** A name comes from outside: it must not begin a line of its own. */
    private static String named(@Nullable String name) {
        if (name == null) {
            return NAMELESS;
        }
        String line = name.codePoints()
                .limit(LONGEST_NAME)
                .map(code -> Character.isISOControl(code) ? '?' : code)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return "operator '" + line + "'";
    }

    /**
     * Does something with a projection, and answers what came of it.
     *
     * @param action the name of an {@link Action}, in capitals or not
     * @param position which parked stream or deadline is meant; all, unless given
     */
    WebEndpointResponse<Object> perform(String projection, @Nullable String action, @Nullable Long position) {
        if (!runner.names().contains(projection)) {
            return EndpointAnswers.notFound(EndpointAnswers.noneNamed(projection));
        }
        return Stream.of(Action.values())
                .filter(known -> known.name().equalsIgnoreCase(action))
                .findFirst()
                .map(known -> perform(projection, known, position))
                .orElseGet(() -> EndpointAnswers.refused("'action' must be one of "
                        + Stream.of(Action.values())
                                .map(known -> known.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }

    private WebEndpointResponse<Object> perform(String projection, Action action, @Nullable Long position) {
        return switch (action) {
            case PAUSE -> done(projection, action, () -> runner.pause(projection));
            case RESUME -> done(projection, action, () -> runner.resume(projection));
            case RESET -> done(projection, action, () -> runner.reset(projection));
            case RETRY, DISCARD -> requested(projection, action, position);
        };
    }

    /** Whatever the application throws may quote an event, so only its type is told. */
    private WebEndpointResponse<Object> done(String projection, Action action, Runnable step) {
        try {
            step.run();
            LOG.info("Projection '{}': {}, as {} asked", projection, action, operator);
            return new WebEndpointResponse<>(new Outcome(projection, action, null, null, null));
        } catch (UnsupportedOperationException e) {
            return EndpointAnswers.refused("Projection '" + projection
                    + "' does not say how its read model is emptied: it needs clear() or clearedBy(...)");
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            return failed(projection, action, e);
        }
    }

    private WebEndpointResponse<Object> requested(String projection, Action action, @Nullable Long position) {
        try {
            if (position != null) {
                return forParked(projection, action, position);
            }
            // The streams first: what calls a deadline off may wait there.
            int asked = runner.requestForAllParked(
                    projection, action == Action.RETRY ? ParkedStream.Request.RETRY : ParkedStream.Request.DISCARD);
            Integer deadlines = runner.hasDeadlines(projection) ? allDeadlines(projection, action) : null;
            return done(projection, action, asked, deadlines);
        } catch (EventStoreException e) {
            return failed(projection, action, e);
        }
    }

    private WebEndpointResponse<Object> failed(String projection, Action action, Throwable e) {
        String failure = e.getClass().getName();
        LOG.warn("Projection '{}': {}, as {} asked, has failed with {}", projection, action, operator, failure);
        return new WebEndpointResponse<>(
                new Outcome(projection, action, null, null, failure),
                e instanceof EventStoreException
                        ? WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE
                        : WebEndpointResponse.STATUS_INTERNAL_SERVER_ERROR);
    }

    private WebEndpointResponse<Object> forParked(String projection, Action action, long position) {
        List<StreamId> meant = position < 1
                ? List.of()
                : runner.parkedStreamsAt(projection, GlobalPosition.of(position)).stream()
                        .map(ParkedStream::streamId)
                        .distinct()
                        .toList();
        long asked = meant.stream()
                .filter(streamId -> action == Action.RETRY
                        ? runner.retryParked(projection, streamId)
                        : runner.discardParked(projection, streamId))
                .count();
        Integer deadlines = runner.hasDeadlines(projection) && position > 0
                ? deadlinesAt(projection, action, GlobalPosition.of(position))
                : null;
        if (meant.isEmpty() && (deadlines == null || deadlines == 0)) {
            return EndpointAnswers.notFound("%s parked at position %d of %s '%s'"
                    .formatted(
                            runner.hasDeadlines(projection) ? "Neither a stream nor a deadline is" : "No stream is",
                            position,
                            runner.kind(projection).word(),
                            projection));
        }
        return done(projection, action, Math.toIntExact(asked), deadlines);
    }

    private int allDeadlines(String projection, Action action) {
        return action == Action.RETRY
                ? runner.retryAllParkedDeadlines(projection)
                : runner.discardAllParkedDeadlines(projection);
    }

    private int deadlinesAt(String projection, Action action, GlobalPosition position) {
        return action == Action.RETRY
                ? runner.retryParkedDeadlines(projection, position)
                : runner.discardParkedDeadlines(projection, position);
    }

    private WebEndpointResponse<Object> done(
            String projection, Action action, int streams, @Nullable Integer deadlines) {
        LOG.info(
                "Projection '{}': {} for {} parked streams and {} parked deadlines, as {} asked",
                projection,
                action,
                streams,
                deadlines == null ? 0 : deadlines,
                operator);
        return new WebEndpointResponse<>(new Outcome(projection, action, streams, deadlines, null));
    }
}
