package io.eventcore.micrometer;

import io.eventcore.EventMetadata;
import io.eventcore.command.MetadataContributor;
import io.eventcore.internal.Callback;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import java.util.Objects;

/**
 * Stores the current trace with every event, as {@link TraceMetadata} does, but asks the tracer itself. Adds nothing if
 * there is no current trace, or the tracer fails. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class TracerMetadata implements MetadataContributor {
    private final Tracer tracer;

    /** Asks this tracer. */
    public TracerMetadata(Tracer tracer) {
        this.tracer = Objects.requireNonNull(tracer, "tracer");
    }

    @Override
    public EventMetadata metadata() {
        return Callback.OBSERVATION.call(this::ofCurrentSpan, EventMetadata.empty());
    }

    private EventMetadata ofCurrentSpan() {
        Span span = tracer.currentSpan();
        if (span == null || span.isNoop() || span.context().traceId().isEmpty()) {
            return EventMetadata.empty();
        }
        return EventMetadata.empty()
                .with(TraceMetadata.TRACE_ID, span.context().traceId())
                .with(TraceMetadata.SPAN_ID, span.context().spanId());
    }
}
