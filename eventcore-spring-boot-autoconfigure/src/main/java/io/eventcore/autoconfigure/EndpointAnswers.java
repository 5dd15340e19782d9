package io.eventcore.autoconfigure;

import io.eventcore.EventStoreException;
import io.eventcore.autoconfigure.EventCoreEndpoint.Problem;
import io.eventcore.jdbc.SchemaException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.MimeType;

/** What the endpoint answers beside what was asked for: nothing of that name, a refusal, or a store that does not answer. */
final class EndpointAnswers {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreEndpoint.class);

    private static final MimeType PROBLEM = MimeType.valueOf("application/problem+json");

    private EndpointAnswers() {}

    /**
     * The answer, or a problem if there is none or the store cannot give it. Of a failure only its type is told.
     *
     * @param missing what there is not if there is no answer
     */
    static WebEndpointResponse<Object> answered(Supplier<@Nullable Object> question, String missing) {
        try {
            Object answer = question.get();
            return answer == null ? notFound(missing) : new WebEndpointResponse<>(answer);
        } catch (EventStoreException | SchemaException e) {
            LOG.warn("The endpoint cannot tell: {}", e.getClass().getName());
            return unavailable(e.getClass().getName());
        }
    }

    /** The store cannot be reached; of the failure only its type is told. */
    static WebEndpointResponse<Object> unavailable(String failure) {
        return problem("The event store does not answer", WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE, failure);
    }

    /** What is wrong with a request, as a problem detail. */
    static WebEndpointResponse<Object> refused(String rule) {
        return problem("The request is refused", WebEndpointResponse.STATUS_BAD_REQUEST, rule);
    }

    /** What there is not, as a problem detail. */
    static WebEndpointResponse<Object> notFound(String missing) {
        return problem("Not found", WebEndpointResponse.STATUS_NOT_FOUND, missing);
    }

    /** There is no projection, reaction or relay of a name. */
    static String noneNamed(String projection) {
        return "There is no projection of the name '" + projection + "'";
    }

    private static WebEndpointResponse<Object> problem(String title, int status, String detail) {
        return new WebEndpointResponse<>(new Problem(title, status, detail), status, PROBLEM);
    }
}
