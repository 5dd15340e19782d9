package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the actuator endpoint {@code eventcore}.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = {
            EventCoreJdbcAutoConfiguration.class,
            EventCoreMemoryAutoConfiguration.class,
            EventCoreProjectionAutoConfiguration.class
        })
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean(EventStore.class)
public final class EventCoreEndpointAutoConfiguration {
    EventCoreEndpointAutoConfiguration() {}

    // Here and not on the class: where the library is missing, Spring must not look for the class of this condition.
    @Bean
    @ConditionalOnAvailableEndpoint
    @ConditionalOnMissingBean
    EventCoreEndpoint eventCoreEndpoint(
            ObjectProvider<EventStore> eventStores,
            ObjectProvider<ProjectionRunner> runners,
            ObjectProvider<ProjectionStore> projectionStores,
            EventCoreProperties properties) {
        return new EventCoreEndpoint(
                eventStores.orderedStream().toList(),
                runners.getIfUnique(),
                projectionStores.getIfUnique(),
                properties.endpoint());
    }
}
