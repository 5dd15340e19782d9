package io.eventcore.web;

import io.eventcore.internal.Nanos;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Makes a request with a {@link ConsistencyToken} wait before it calls a method with {@link AwaitsProjection}. All
 * projections of a method share one time-out. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class ConsistencyTokenInterceptor implements HandlerInterceptor {
    private final ProjectionRunner runner;
    private final Duration timeout;
    private final HttpStatusCode behind;

    /**
     * An interceptor for the projections of a runner.
     *
     * @param timeout how long a request waits at most
     * @param behind the status of the answer if a projection does not reach the position in time, or never will
     */
    public ConsistencyTokenInterceptor(ProjectionRunner runner, Duration timeout, HttpStatusCode behind) {
        this.runner = Objects.requireNonNull(runner, "runner");
        this.timeout = Objects.requireNonNull(timeout, "timeout");
        this.behind = Objects.requireNonNull(behind, "behind");
    }

    /**
     * Waits.
     *
     * @throws ProjectionBehindException if a projection does not reach the position in time
     * @throws InvalidConsistencyTokenException if a header is not a token, or names a position that the log does not
     *     reach
     */
    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        AwaitsProjection awaits = awaits(handler);
        if (awaits != null) {
            newestToken(request).ifPresent(token -> await(token, awaits.value()));
        }
        return true;
    }

    /**
     * Checks that the projections that a controller's method awaits exist.
     *
     * @throws IllegalStateException if one of them does not exist, or the method names none; the message names those
     *     that exist
     */
    public void check(HandlerMethod method) {
        AwaitsProjection awaits = awaits(method);
        if (awaits != null && awaits.value().length == 0) {
            throw new IllegalStateException(
                    ("@AwaitsProjection on %s names no projection, so no request would wait: name the projections that"
                                    + " it answers from (there are %s), or remove it")
                            .formatted(method.getShortLogMessage(), runner.names()));
        }
        for (String projection : awaits == null ? new String[0] : awaits.value()) {
            if (!runner.names().contains(projection)) {
                throw new IllegalStateException(
                        ("@AwaitsProjection(\"%s\") on %s: there is no projection '%s'; there" + " are %s")
                                .formatted(projection, method.getShortLogMessage(), projection, runner.names()));
            }
        }
    }

    /** The largest of a request's tokens, in several headers or in one comma-separated list. */
    private static Optional<ConsistencyToken> newestToken(HttpServletRequest request) {
        return Collections.list(request.getHeaders(ConsistencyToken.HEADER)).stream()
                .flatMap(header -> Arrays.stream(header.split(" *, *", -1)))
                .map(ConsistencyTokenInterceptor::token)
                .max(Comparator.comparing(ConsistencyToken::position));
    }

    private static @Nullable AwaitsProjection awaits(Object handler) {
        if (!(handler instanceof HandlerMethod method)) {
            return null;
        }
        AwaitsProjection own = method.getMethodAnnotation(AwaitsProjection.class);
        return own != null
                ? own
                : AnnotatedElementUtils.findMergedAnnotation(method.getBeanType(), AwaitsProjection.class);
    }

    private static ConsistencyToken token(String header) {
        try {
            return ConsistencyToken.parse(header);
        } catch (IllegalArgumentException e) {
            throw new InvalidConsistencyTokenException(String.valueOf(e.getMessage()));
        }
    }

    private void await(ConsistencyToken token, String[] projections) {
        long end = System.nanoTime() + Nanos.of(timeout);
        for (String projection : projections) {
            Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
            AwaitOutcome outcome = runner.awaitPosition(projection, token.position(), left);
            if (outcome == AwaitOutcome.BEYOND_LOG) {
                throw new InvalidConsistencyTokenException("No response has sent this " + ConsistencyToken.HEADER
                        + ": the log does not reach that" + " position");
            }
            if (outcome != AwaitOutcome.REACHED) {
                throw new ProjectionBehindException(behind, projection, outcome);
            }
        }
    }
}
