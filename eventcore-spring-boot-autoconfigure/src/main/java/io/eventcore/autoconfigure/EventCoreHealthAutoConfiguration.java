package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.projection.ProjectionRunner;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the health of the event store and of its projections.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = {
            EventCoreJdbcAutoConfiguration.class,
            EventCoreMemoryAutoConfiguration.class,
            EventCoreProjectionAutoConfiguration.class
        })
@ConditionalOnClass({HealthContributor.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean(EventStore.class)
public final class EventCoreHealthAutoConfiguration {
    EventCoreHealthAutoConfiguration() {}

    // Here and not on the class: if the library is missing, Spring must not load the class of this condition.
    @Bean
    @ConditionalOnEnabledHealthIndicator("eventcore")
    @ConditionalOnMissingBean(name = {"eventcoreHealthContributor", "eventcoreHealthIndicator"})
    HealthContributor eventcoreHealthContributor(
            EventStore eventStore,
            ObjectProvider<JdbcSchema> schema,
            ObjectProvider<JdbcDatabase> databases,
            ObjectProvider<ProjectionRunner> runners,
            EventCoreProperties properties) {
        EventStore store = UnobservedStore.of(eventStore);
        Map<String, HealthContributor> parts = new LinkedHashMap<>();
        EventStoreHealth storeHealth = new EventStoreHealth(store, schema.getIfUnique(), databases.getIfUnique());
        parts.put("store", storeHealth);
        runners.ifUnique(runner ->
                parts.put("projections", new ProjectionHealth(runner, store, storeHealth, properties.health())));
        return CompositeHealthContributor.fromMap(parts);
    }
}
