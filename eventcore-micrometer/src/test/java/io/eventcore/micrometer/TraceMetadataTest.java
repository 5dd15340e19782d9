package io.eventcore.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventMetadata;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class TraceMetadataTest {
    @AfterEach
    void noTrace() {
        MDC.clear();
    }

    @Test
    void the_ids_of_the_logging_context_become_entries() {
        MDC.put("traceId", "4bf92f3577b34da6a3ce929d0e0e4736");
        MDC.put("spanId", "00f067aa0ba902b7");

        assertThat(new TraceMetadata().metadata().entries())
                .isEqualTo(Map.of("traceId", "4bf92f3577b34da6a3ce929d0e0e4736", "spanId", "00f067aa0ba902b7"));
    }

    @Test
    void keys_of_other_tracers_are_read_and_stored_under_our_names() {
        MDC.put("dd.trace_id", "7");
        MDC.put("traceId", "not asked for");

        assertThat(new TraceMetadata("dd.trace_id", "dd.span_id").metadata().entries())
                .isEqualTo(Map.of("traceId", "7"));
    }

    @Test
    void without_a_trace_nothing_is_added() {
        MDC.put("traceId", "");

        assertThat(new TraceMetadata().metadata()).isEqualTo(EventMetadata.empty());
    }
}
