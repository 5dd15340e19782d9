package io.eventcore.web;

import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Lets requests wait that bring a {@link ConsistencyToken}, before a method that {@link AwaitsProjection} is called. All
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
     * @param behind the status of the answer if a projection does not come so far in time, or at all
     */
    public ConsistencyTokenInterceptor(ProjectionRunner runner, Duration timeout, HttpStatusCode behind) {
        this.runner = Objects.requireNonNull(runner, "runner");
        this.timeout = Objects.requireNonNull(timeout, "timeout");
        this.behind = Objects.requireNonNull(behind, "behind");
    }

    /**
     * Waits.
     *
     * @throws ProjectionBehindException if a projection is not there in time
     * @throws ResponseStatusException if the header is not a token (400)
     */
    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        String header = request.getHeader(ConsistencyToken.HEADER);
        AwaitsProjection awaits = awaits(handler);
        if (header != null && awaits != null) {
            await(token(header), awaits.value());
        }
        return true;
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
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
        }
    }

    private void await(ConsistencyToken token, String[] projections) {
        long end = System.nanoTime() + timeout.toNanos();
        for (String projection : projections) {
            Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
            AwaitOutcome outcome = runner.awaitPosition(projection, token.position(), left);
            if (outcome != AwaitOutcome.REACHED) {
                throw new ProjectionBehindException(behind, projection, outcome);
            }
        }
    }
}
