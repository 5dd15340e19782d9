package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.micrometer.CommandObservations;
import io.eventcore.micrometer.ObservedEventStore;
import io.eventcore.micrometer.SnapshotMetrics;
import io.eventcore.snapshot.SnapshotListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of metrics and traces, where the application has a meter registry.
 *
 * @since 0.1
 */
@AutoConfiguration(
        before = EventCoreCommandAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass({MeterRegistry.class, ObservationRegistry.class})
@ConditionalOnBean(MeterRegistry.class)
@ConditionalOnBooleanProperty(
        name = {"eventcore.enabled", "eventcore.metrics.enabled"},
        matchIfMissing = true)
public final class EventCoreMetricsAutoConfiguration {
    EventCoreMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    CommandObservations commandObservations(
            ObjectProvider<ObservationRegistry> observations, MeterRegistry meterRegistry) {
        return new CommandObservations(registry(observations, meterRegistry), meterRegistry);
    }

    @Bean
    @ConditionalOnMissingBean(SnapshotListener.class)
    SnapshotMetrics snapshotMetrics(MeterRegistry meterRegistry) {
        return new SnapshotMetrics(meterRegistry);
    }

    @Bean
    static BeanPostProcessor observedEventStorePostProcessor(
            ObjectProvider<ObservationRegistry> observations, ObjectProvider<MeterRegistry> meters) {
        return new StoreObserver(observations, meters);
    }

    private static ObservationRegistry registry(
            ObjectProvider<ObservationRegistry> observations, MeterRegistry meters) {
        return observations.getIfAvailable(() -> {
            ObservationRegistry own = ObservationRegistry.create();
            own.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
            return own;
        });
    }

    /** Asks for the registries when the store is made, not before: they must not be created early. */
    private record StoreObserver(ObjectProvider<ObservationRegistry> observations, ObjectProvider<MeterRegistry> meters)
            implements BeanPostProcessor {
        @Override
        public Object postProcessAfterInitialization(Object bean, String beanName) {
            if (bean instanceof EventStore store && !(bean instanceof ObservedEventStore)) {
                return new ObservedEventStore(store, registry(observations, meters.getObject()));
            }
            return bean;
        }
    }
}
