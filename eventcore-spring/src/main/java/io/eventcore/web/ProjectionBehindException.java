package io.eventcore.web;

import io.eventcore.projection.AwaitOutcome;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/**
 * A query was not answered, because a projection has not reached the position of its {@link ConsistencyToken}. Repeat
 * the query, or repeat it without the token to get the current, older answer. Spring MVC answers with a problem detail
 * (RFC 9457) that names the projection and the outcome.
 *
 * @since 0.1
 */
public final class ProjectionBehindException extends ErrorResponseException {
    private static final long serialVersionUID = 1L;

    private final String projection;
    private final AwaitOutcome outcome;
    private final HttpHeaders headers = new HttpHeaders();

    ProjectionBehindException(HttpStatusCode status, String projection, AwaitOutcome outcome) {
        super(status, problem(status, projection, outcome), null);
        this.projection = projection;
        this.outcome = outcome;
        if (status.value() == 503) {
            headers.set(HttpHeaders.RETRY_AFTER, "1");
        }
    }

    private static ProblemDetail problem(HttpStatusCode status, String projection, AwaitOutcome outcome) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                status, "What you changed is stored, but read model '" + projection + "' does not show it yet");
        problem.setProperty("projection", projection);
        problem.setProperty("outcome", outcome);
        return problem;
    }

    /** The projection that is behind. */
    public String projection() {
        return projection;
    }

    /** How the waiting ended; never {@link AwaitOutcome#REACHED}. */
    public AwaitOutcome outcome() {
        return outcome;
    }

    @Override
    public HttpHeaders getHeaders() {
        return headers;
    }
}
