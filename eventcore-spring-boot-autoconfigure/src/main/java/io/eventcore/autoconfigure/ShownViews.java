package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.ViewRequest.RuleException;
import io.eventcore.projection.ProjectionRunner;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/** The views of a store by their names. */
final class ShownViews {
    private final Map<String, View> views = new TreeMap<>();

    private record View(Function<ViewRequest, @Nullable Object> answer, String missing) {}

    ShownViews(EventStore store, @Nullable ProjectionRunner runner, ShownEvents events, StreamStates states) {
        ShownLog log = new ShownLog(store, events);
        ShownEvent event = new ShownEvent(store, runner, events);
        ShownStreams streams = new ShownStreams(store, events, states);
        String noEvent = "There is no event at this position";
        views.put("log/events", new View(log::events, noEvent));
        views.put("log/event", new View(event::details, noEvent));
        views.put("log/types", new View(log::types, noEvent));
        views.put("streams/list", new View(streams::list, "There is no such stream"));
        views.put("streams/stream", new View(streams::details, "There is no such stream"));
    }

    WebEndpointResponse<Object> answer(String view, String of, ViewRequest request) {
        View known = views.get(view + "/" + of);
        if (known == null) {
            return EndpointAnswers.notFound("There is no such view, only " + String.join(", ", views.keySet()));
        }
        try {
            return EndpointAnswers.answered(() -> known.answer().apply(request), known.missing());
        } catch (RuleException e) {
            return EndpointAnswers.refused(String.valueOf(e.getMessage()));
        }
    }
}
