package io.eventcore.micrometer;

import io.micrometer.observation.Observation;
import io.micrometer.tracing.Link;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.TracingObservationHandler;
import java.util.Objects;

/**
 * Makes a span for each batch of a projection, with links to the spans in which its events were appended. The span
 * begins a new trace, because a batch holds events of many traces. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class ProjectionTracing implements TracingObservationHandler<ProjectionBatchContext> {
    private final Tracer tracer;

    /** Makes spans with this tracer. */
    public ProjectionTracing(Tracer tracer) {
        this.tracer = Objects.requireNonNull(tracer, "tracer");
    }

    @Override
    public void onStart(ProjectionBatchContext context) {
        Span.Builder span = tracer.spanBuilder().setNoParent().kind(Span.Kind.CONSUMER);
        for (ProjectionBatchContext.Origin origin : context.origins()) {
            TraceContext appended = tracer.traceContextBuilder()
                    .traceId(origin.traceId())
                    .spanId(origin.spanId())
                    .sampled(true)
                    .build();
            span.addLink(new Link(appended));
        }
        getTracingContext(context).setSpan(span.name(getSpanName(context)).start());
    }

    @Override
    public void onStop(ProjectionBatchContext context) {
        Span span = getRequiredSpan(context);
        span.name(getSpanName(context));
        tagSpan(context, span);
        endSpan(context, span);
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return context instanceof ProjectionBatchContext;
    }

    @Override
    public Tracer getTracer() {
        return tracer;
    }
}
