package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.micrometer.ProjectionTracing;
import io.eventcore.micrometer.TraceMetadata;
import io.eventcore.micrometer.TracerMetadata;
import io.eventcore.projection.Projection;
import io.micrometer.tracing.Link;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.test.simple.SimpleSpan;
import io.micrometer.tracing.test.simple.SimpleTracer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** A trace follows a command through its append into the projections of its events. */
class TracingTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void the_span_of_a_batch_is_linked_to_the_command_whose_events_it_applies() {
        traced().run(application -> {
            deposit(application);

            SimpleSpan command = span(application, "eventcore.command");
            SimpleSpan append = span(application, "eventcore.append");
            SimpleSpan batch = span(application, "eventcore.projection.batch");
            assertThat(append.context().traceId()).isEqualTo(command.context().traceId());
            assertThat(append.context().parentId()).isEqualTo(command.context().spanId());
            assertThat(batch.context().traceId()).isNotEqualTo(command.context().traceId());
            assertThat(batch.getLinks())
                    .extracting(Link::getTraceContext)
                    .extracting(TraceContext::traceId, TraceContext::spanId)
                    .containsExactly(
                            tuple(command.context().traceId(), command.context().spanId()));
            assertThat(batch.getTags()).containsEntry("projection", "seen").containsEntry("outcome", "success");
        });
    }

    @Test
    void without_the_trace_in_the_metadata_there_is_no_link() {
        traced().withPropertyValues("eventcore.commands.trace-metadata=false").run(application -> {
            deposit(application);

            assertThat(span(application, "eventcore.projection.batch").getLinks())
                    .isEmpty();
            assertThat(recorded(application).metadata().entries()).isEmpty();
        });
    }

    @Test
    void a_tracer_is_asked_itself_and_the_logging_context_where_there_is_none() {
        traced().run(application ->
                assertThat(application).hasSingleBean(TracerMetadata.class).doesNotHaveBean(TraceMetadata.class));
        for (ApplicationContextRunner runner : List.of(
                Applications.withoutDatabase(),
                Applications.withoutDatabase().withClassLoader(new FilteredClassLoader("io.micrometer.tracing")))) {
            runner.run(application -> {
                assertThat(application).hasSingleBean(TraceMetadata.class);
                assertThat(tracedByLoggingContext(application)).containsEntry("traceId", "trace-7");
            });
        }
    }

    @Test
    void events_carry_no_trace_where_that_is_switched_off() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.commands.trace-metadata=false")
                .run(application -> {
                    assertThat(application).doesNotHaveBean(TraceMetadata.class);
                    assertThat(tracedByLoggingContext(application)).isEmpty();
                });
    }

    @Test
    void ours_give_way_and_go_with_the_metrics() {
        TracerMetadata own = new TracerMetadata(new SimpleTracer());
        traced().withBean(TracerMetadata.class, () -> own)
                .run(application ->
                        assertThat(application.getBean(TracerMetadata.class)).isSameAs(own));
        traced().withPropertyValues("eventcore.metrics.enabled=false")
                .run(application -> assertThat(application).doesNotHaveBean(ProjectionTracing.class));
    }

    private static Map<String, String> tracedByLoggingContext(ApplicationContext application) {
        MDC.put("traceId", "trace-7");
        try {
            deposit(application);
        } finally {
            MDC.remove("traceId");
        }
        return recorded(application).metadata().entries();
    }

    private static ApplicationContextRunner traced() {
        return Applications.withH2()
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class,
                        ObservationAutoConfiguration.class,
                        MicrometerTracingAutoConfiguration.class))
                .withBean(Tracer.class, SimpleTracer::new)
                .withBean(
                        Projection.class,
                        () -> Projection.named("seen", BankEvent.class).build());
    }

    private static void deposit(ApplicationContext application) {
        application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));
    }

    private static RecordedEvent<Event> recorded(ApplicationContext application) {
        return application
                .getBean(EventStore.class)
                .readStream(ADA, Event.class)
                .toList()
                .get(0);
    }

    private static SimpleSpan span(ApplicationContext application, String name) {
        SimpleTracer tracer = (SimpleTracer) application.getBean(Tracer.class);
        return await().atMost(PATIENCE)
                .until(
                        () -> tracer.getSpans().stream()
                                .filter(span -> name.equals(span.getName()))
                                .filter(span -> span.getEndTimestamp().toEpochMilli() > 0)
                                .findFirst(),
                        found -> found.isPresent())
                .orElseThrow();
    }
}
