package io.eventcore.autoconfigure;

import io.eventcore.micrometer.ProjectionTracing;
import io.eventcore.micrometer.TracerMetadata;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.core.annotation.Order;

/**
 * Auto-configuration that links a command's trace to the projections of its events, if the application has a tracer.
 *
 * @since 0.1
 */
@AutoConfiguration(
        before = EventCoreCommandAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.tracing.autoconfigure.NoopTracerAutoConfiguration",
            "org.springframework.boot.micrometer.tracing.brave.autoconfigure.BraveAutoConfiguration",
            "org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.OpenTelemetryTracingAutoConfiguration"
        })
@ConditionalOnClass({Tracer.class, ObservationRegistry.class})
@ConditionalOnBean(Tracer.class)
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
public final class EventCoreTracingAutoConfiguration {
    /** Before Boot's handlers: the first has order 1000, and the last accepts everything. */
    private static final int BEFORE_THE_HANDLERS_OF_BOOT = 500;

    EventCoreTracingAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBooleanProperty(name = "eventcore.commands.trace-metadata", matchIfMissing = true)
    @Proxyable(ProxyType.INTERFACES)
    TracerMetadata tracerMetadata(Tracer tracer) {
        return new TracerMetadata(tracer);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBooleanProperty(name = "eventcore.metrics.enabled", matchIfMissing = true)
    @Order(BEFORE_THE_HANDLERS_OF_BOOT)
    @Proxyable(ProxyType.INTERFACES)
    ProjectionTracing projectionTracing(Tracer tracer) {
        return new ProjectionTracing(tracer);
    }
}
