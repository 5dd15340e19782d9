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

    /** The answer, or a problem if the store cannot give it. Of a failure only its type is told. */
    static WebEndpointResponse<Object> answered(Supplier<@Nullable Object> question) {
        try {
            Object answer = question.get();
            return answer == null ? notFound() : new WebEndpointResponse<>(answer);
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

    /** What is wrong with a request, as a problem detail. */
    static WebEndpointResponse<Object> refused(String rule) {
        return new WebEndpointResponse<>(
                new Problem("The request is refused", WebEndpointResponse.STATUS_BAD_REQUEST, rule),
                WebEndpointResponse.STATUS_BAD_REQUEST,
                PROBLEM);
    }

    /** There is nothing of that name. */
    static WebEndpointResponse<Object> notFound() {
        return new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
    }
}
