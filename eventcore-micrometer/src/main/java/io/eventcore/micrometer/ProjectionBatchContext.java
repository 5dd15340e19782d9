package io.eventcore.micrometer;

import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.RecordedEvent;
import io.micrometer.observation.Observation;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The context of the observation of a projection's batch: besides its keys, it knows which traces the events come from.
 * Immutable, except for what every context accepts.
 *
 * @since 0.1
 */
public final class ProjectionBatchContext extends Observation.Context {
    private static final int MAX_ORIGINS = 32;

    private final List<? extends RecordedEvent<? extends Event>> events;

    ProjectionBatchContext(List<? extends RecordedEvent<? extends Event>> events) {
        this.events = events;
    }

    /** The spans that the events of the batch were appended in, as far as they are stored; each once, 32 at most. */
    public List<Origin> origins() {
        return events.stream()
                .flatMap(event -> Origin.of(event.metadata()))
                .distinct()
                .limit(MAX_ORIGINS)
                .toList();
    }

    /**
     * A span that events were appended in.
     *
     * @param traceId the trace
     * @param spanId the span
     * @since 0.1
     */
    public record Origin(String traceId, String spanId) {
        private static Stream<Origin> of(EventMetadata metadata) {
            Optional<String> trace = metadata.entry(TraceMetadata.TRACE_ID);
            return trace
                    .flatMap(
                            traceId -> metadata.entry(TraceMetadata.SPAN_ID).map(spanId -> new Origin(traceId, spanId)))
                    .stream();
        }
    }
}
