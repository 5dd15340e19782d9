package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.ViewRequest.RuleException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** The views of a store by their names. */
final class ShownViews {
    private final Map<String, Function<ViewRequest, Object>> views = new TreeMap<>();

    ShownViews(EventStore store, ShownEvents events) {
        ShownLog log = new ShownLog(store, events);
        views.put("log/events", log::events);
        views.put("log/types", log::types);
    }

    WebEndpointResponse<Object> answer(String view, String of, ViewRequest request) {
        Function<ViewRequest, Object> known = views.get(view + "/" + of);
        String missing = "There is no such view, only " + String.join(", ", views.keySet());
        if (known == null) {
            return EndpointAnswers.notFound(missing);
        }
        try {
            return EndpointAnswers.answered(() -> known.apply(request), missing);
        } catch (RuleException e) {
            return EndpointAnswers.refused(String.valueOf(e.getMessage()));
        }
    }
}
