package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.ReplicaStatus;
import io.eventcore.micrometer.AppendMetrics;
import io.eventcore.micrometer.CallbackMetrics;
import io.eventcore.micrometer.CommandObservations;
import io.eventcore.micrometer.LogMetrics;
import io.eventcore.micrometer.ObservedEventStore;
import io.eventcore.micrometer.PersonalDataMetrics;
import io.eventcore.micrometer.ProjectionMetrics;
import io.eventcore.micrometer.ProjectionObservations;
import io.eventcore.micrometer.SnapshotMetrics;
import io.eventcore.micrometer.UnknownTypeMetrics;
import io.eventcore.micrometer.WarmStreamMetrics;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.snapshot.SnapshotListener;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

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
@ConditionalOnOneStore
@ConditionalOnBooleanProperty(
        name = {"eventcore.enabled", "eventcore.metrics.enabled"},
        matchIfMissing = true)
public final class EventCoreMetricsAutoConfiguration {
    private static final Set<String> WITH_HISTOGRAM =
            Set.of(ObservedEventStore.APPEND, CommandObservations.COMMAND, ProjectionObservations.LATENCY);

    EventCoreMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @Proxyable(ProxyType.INTERFACES)
    CommandObservations commandObservations(
            ObjectProvider<ObservationRegistry> observations, MeterRegistry meterRegistry) {
        return new CommandObservations(registry(observations, meterRegistry), meterRegistry);
    }

    @Bean
    @ConditionalOnMissingBean(SnapshotListener.class)
    @Proxyable(ProxyType.INTERFACES)
    SnapshotMetrics snapshotMetrics(MeterRegistry meterRegistry) {
        return new SnapshotMetrics(meterRegistry);
    }

    @Bean
    @ConditionalOnMissingBean
    @Proxyable(ProxyType.INTERFACES)
    UnknownTypeMetrics unknownTypeMetrics(MeterRegistry meterRegistry) {
        return new UnknownTypeMetrics(meterRegistry);
    }

    @Bean
    @ConditionalOnMissingBean
    @Proxyable(ProxyType.INTERFACES)
    AppendMetrics appendMetrics(MeterRegistry meterRegistry) {
        return new AppendMetrics(meterRegistry);
    }

    @Bean
    @ConditionalOnMissingBean
    @Proxyable(ProxyType.INTERFACES)
    ProjectionObservations projectionObservations(
            ObjectProvider<ObservationRegistry> observations, MeterRegistry meterRegistry) {
        return new ProjectionObservations(registry(observations, meterRegistry), meterRegistry);
    }

    @Bean
    @ConditionalOnMissingBean(name = "eventStoreMeterBinder")
    MeterBinder eventStoreMeterBinder(
            ObjectProvider<EventStore> stores,
            ObjectProvider<ProjectionRunner> runners,
            ObjectProvider<CommandExecutor> executors,
            ObjectProvider<PersonalDataProtection> protections,
            ObjectProvider<JdbcDatabase> databases) {
        return meters -> {
            stores.ifUnique(store -> new LogMetrics(store).bindTo(meters));
            runners.ifUnique(runner -> new ProjectionMetrics(runner).bindTo(meters));
            executors.ifUnique(executor -> new WarmStreamMetrics(executor).bindTo(meters));
            protections.ifUnique(protection -> new PersonalDataMetrics(protection).bindTo(meters));
            databases.ifUnique(database -> bindReplica(database, meters));
            new CallbackMetrics().bindTo(meters);
        };
    }

    private static void bindReplica(JdbcDatabase database, MeterRegistry meters) {
        if (database.replicaStatus().isPresent()) {
            counter("replica", database, ReplicaStatus::pagesFromReplica).register(meters);
            counter("primary", database, ReplicaStatus::pagesFromPrimary).register(meters);
        }
    }

    private static FunctionCounter.Builder<JdbcDatabase> counter(
            String source, JdbcDatabase database, ToLongFunction<ReplicaStatus> pages) {
        return FunctionCounter.builder(
                        "eventcore.replica.pages",
                        database,
                        each -> pages.applyAsLong(each.replicaStatus().orElseThrow()))
                .tag("source", source)
                .description("Pages of the log that a replica could serve, by where they were read");
    }

    /** What the endpoint tells of meters. */
    @Bean
    @ConditionalOnMissingBean
    @Proxyable(ProxyType.INTERFACES)
    EndpointMeters eventStoreEndpointMeters(MeterRegistry meters) {
        return () -> {
            Collection<Timer> appends = meters.find(ObservedEventStore.APPEND).timers();
            Collection<Timer> commands =
                    meters.find(CommandObservations.COMMAND).timers();
            DistributionSummary batches = meters.find(AppendMetrics.BATCH).summary();
            boolean appended = !appends.isEmpty();
            boolean executed = !commands.isEmpty();
            return new EventCoreEndpoint.Meters(
                    appended ? count(appends) : null,
                    appended ? seconds(appends) : null,
                    appended
                            ? appends.stream()
                                    .mapToDouble(timer -> timer.max(TimeUnit.SECONDS))
                                    .max()
                                    .orElse(0)
                            : null,
                    appended
                            ? count(meters.find(ObservedEventStore.APPEND)
                                    .tag("outcome", "conflict")
                                    .timers())
                            : null,
                    batches == null ? null : batches.count(),
                    batches == null ? null : Math.round(batches.totalAmount()),
                    executed ? count(commands) : null,
                    executed ? seconds(commands) : null);
        };
    }

    private static long count(Collection<Timer> timers) {
        return timers.stream().mapToLong(Timer::count).sum();
    }

    private static double seconds(Collection<Timer> timers) {
        return timers.stream()
                .mapToDouble(timer -> timer.totalTime(TimeUnit.SECONDS))
                .sum();
    }

    /** Latencies are useful only with their distribution. Settings of the application take precedence. */
    @Bean
    @ConditionalOnMissingBean(name = "eventStoreHistograms")
    @Order(Ordered.LOWEST_PRECEDENCE)
    MeterFilter eventStoreHistograms() {
        return histograms();
    }

    static MeterFilter histograms() {
        DistributionStatisticConfig histogram =
                DistributionStatisticConfig.builder().percentilesHistogram(true).build();
        return new MeterFilter() {
            @Override
            public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                return WITH_HISTOGRAM.contains(id.getName()) ? config.merge(histogram) : config;
            }
        };
    }

    @Bean
    static BeanPostProcessor observedEventStorePostProcessor(
            ObjectProvider<ObservationRegistry> observations, ObjectProvider<MeterRegistry> meters) {
        return new StoreObserver(observations, meters);
    }

    static ObservationRegistry registry(ObjectProvider<ObservationRegistry> observations, MeterRegistry meters) {
        return observations.getIfAvailable(() -> {
            ObservationRegistry own = ObservationRegistry.create();
            own.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
            return own;
        });
    }

    /** Requests the registries when the store is created, not before: they must not be created early. */
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
