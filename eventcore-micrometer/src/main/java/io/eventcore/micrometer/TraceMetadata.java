package io.eventcore.micrometer;

import io.eventcore.EventMetadata;
import io.eventcore.command.MetadataContributor;
import java.util.Map;
import java.util.Objects;
import org.slf4j.MDC;

/**
 * Stores the current trace with every event, as the entries {@value #TRACE_ID} and {@value #SPAN_ID}.
 *
 * <p>Reads them from the logging context (MDC). Micrometer Tracing puts both there, and tracing agents can. So this
 * needs no tracing library on the class path, and adds nothing if there is no current trace. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public final class TraceMetadata implements MetadataContributor {
    /** The name of the entry with the id of the trace. */
    public static final String TRACE_ID = "traceId";

    /** The name of the entry with the id of the span that executes the command. */
    public static final String SPAN_ID = "spanId";

    private final Map<String, String> entriesByKey;

    /** Reads the keys that Micrometer Tracing writes. */
    public TraceMetadata() {
        this(TRACE_ID, SPAN_ID);
    }

    /**
     * Reads other keys.
     *
     * @param traceKey the key of the logging context that holds the id of the trace
     * @param spanKey the key that holds the id of the span
     */
    public TraceMetadata(String traceKey, String spanKey) {
        this.entriesByKey = Map.of(
                Objects.requireNonNull(traceKey, "traceKey"),
                TRACE_ID,
                Objects.requireNonNull(spanKey, "spanKey"),
                SPAN_ID);
    }

    @Override
    public EventMetadata metadata() {
        EventMetadata known = EventMetadata.empty();
        for (Map.Entry<String, String> entry : entriesByKey.entrySet()) {
            String value = MDC.get(entry.getKey());
            if (value != null && !value.isEmpty()) {
                known = known.with(entry.getValue(), value);
            }
        }
        return known;
    }
}
