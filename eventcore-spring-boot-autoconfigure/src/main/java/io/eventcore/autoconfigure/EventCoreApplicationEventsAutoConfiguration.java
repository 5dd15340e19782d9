package io.eventcore.autoconfigure;

import io.eventcore.projection.ProjectionStore;
import io.eventcore.spring.ApplicationEventRelay;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Auto-configuration of the relay that publishes committed events to the listeners of the application.
 *
 * @since 0.1
 */
@AutoConfiguration(after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class})
@ConditionalOnClass(PlatformTransactionManager.class)
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty("eventcore.application-events.enabled")
@ConditionalOnBean(ProjectionStore.class)
public final class EventCoreApplicationEventsAutoConfiguration {
    EventCoreApplicationEventsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    ApplicationEventRelay applicationEventRelay(
            EventCoreProperties properties, ApplicationContext context, TransactionManagers transactionManagers) {
        ApplicationEventRelay.Builder relay = ApplicationEventRelay.to(context)
                .since(properties.applicationEvents().since());
        transactionManagers.ofApplication().ifPresent(relay::transactionManager);
        return relay.build();
    }
}
