package io.eventcore.autoconfigure;

import io.eventcore.micrometer.CallbackMetrics;
import io.eventcore.serialization.EventTypes;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * Auto-configuration of several event stores, which {@code eventcore.stores} declares. Replaces all auto-configurations
 * that need a single event store.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = EventCoreSerializationAutoConfiguration.class,
        before = {EventCoreHealthAutoConfiguration.class, EventCoreEndpointAutoConfiguration.class},
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass({JdbcOperations.class, EmbeddedDatabaseConnection.class, PlatformTransactionManager.class})
@ConditionalOnNamedStores
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@Import({
    DatabaseInitializationDependencyConfigurer.class,
    EventCoreSerializationAutoConfiguration.StoredJsonConfiguration.class
})
public final class EventCoreStoresAutoConfiguration {
    EventCoreStoresAutoConfiguration() {}

    /** Opens the stores now, so that a bean that receives {@link EventStores} can use those that can be reached. */
    @Bean
    @DependsOnDatabaseInitialization
    @ConditionalOnMissingBean
    StoreKeeper eventStoreKeeper(
            EventCoreProperties properties,
            ListableBeanFactory beans,
            Environment environment,
            ObjectProvider<PlatformTransactionManager> managers,
            ObjectProvider<DataSources> none,
            ObjectProvider<NamedStoreConfigurer> configurers,
            ObjectProvider<StoreInstruments.Factory> instruments) {
        StorePlaces places = new StorePlaces(properties, beans);
        List<NamedEventStore> stores = new ArrayList<>();
        places.all(
                        new TransactionManagers(beans, managers, none),
                        configurers.orderedStream().toList())
                .forEach((name, place) -> stores.add(new NamedEventStore(name, place)));
        StoreOpener opener = new StoreOpener(
                properties,
                beans,
                environment,
                places.foreignTransactions(),
                instruments.getIfAvailable(() -> store -> StoreInstruments.NONE));
        StoreKeeper keeper = new StoreKeeper(stores, opener, properties.projections());
        keeper.open();
        return keeper;
    }

    @Bean
    @ConditionalOnMissingBean
    EventStores eventStores(StoreKeeper keeper) {
        return new EventStores(keeper.stores());
    }

    /** What each store reports to a meter registry. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({MeterRegistry.class, ObservationRegistry.class})
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnBooleanProperty(name = "eventcore.metrics.enabled", matchIfMissing = true)
    static class Metrics {
        @Bean
        @ConditionalOnMissingBean
        StoreInstruments.Factory eventStoreInstruments(
                ObjectProvider<ObservationRegistry> observations, MeterRegistry meters) {
            return MeteredStore.factory(EventCoreMetricsAutoConfiguration.registry(observations, meters), meters);
        }

        /** Failures of listeners are counted for the whole process. */
        @Bean
        @ConditionalOnMissingBean(name = "eventStoreMeterBinder")
        MeterBinder eventStoreMeterBinder() {
            // The class cannot be proxied.
            return registry -> new CallbackMetrics().bindTo(registry);
        }

        @Bean
        @ConditionalOnMissingBean(name = "eventStoreHistograms")
        @Order(Ordered.LOWEST_PRECEDENCE)
        MeterFilter eventStoreHistograms() {
            return EventCoreMetricsAutoConfiguration.histograms();
        }
    }

    /** Answers the exceptions of commands of any store. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(DispatcherServlet.class)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnBooleanProperty(name = "eventcore.web.problem-details.enabled", matchIfMissing = true)
    static class Problems {
        @Bean
        @ConditionalOnMissingBean
        EventCoreProblems eventCoreProblems() {
            return new EventCoreProblems();
        }
    }

    /** The health of each store. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthContributor.class, ConditionalOnEnabledHealthIndicator.class})
    static class StoresHealth {
        @Bean
        @ConditionalOnEnabledHealthIndicator("eventcore")
        @ConditionalOnMissingBean(name = {"eventcoreHealthContributor", "eventcoreHealthIndicator"})
        HealthContributor eventcoreHealthContributor(StoreKeeper keeper, EventCoreProperties properties) {
            return NamedStoreHealth.ofAll(keeper.stores(), properties.health());
        }
    }

    /** The endpoint with a path for each store. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
    static class StoresEndpoint {
        @Bean
        @ConditionalOnAvailableEndpoint
        @ConditionalOnMissingBean
        EventStoresEndpoint eventStoresEndpoint(
                StoreKeeper keeper,
                EventCoreProperties properties,
                BeanFactory beans,
                Environment environment,
                ResourceLoader resources,
                ObjectProvider<EventTypes> types,
                StoredJson storedJson) {
            return new EventStoresEndpoint(
                    keeper.stores(),
                    new EndpointParts(
                            properties.endpoint(),
                            types.getIfUnique(),
                            new ProjectionConditions(properties.health()),
                            EventCoreEndpointAutoConfiguration.states(beans, environment, resources, storedJson, null),
                            null));
        }
    }
}
