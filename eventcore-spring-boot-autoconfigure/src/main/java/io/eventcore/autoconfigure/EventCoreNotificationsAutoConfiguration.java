package io.eventcore.autoconfigure;

import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionRunner;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the notifications by which instances of an application tell each other of new events.
 *
 * @since 0.1
 */
@AutoConfiguration(after = EventCoreProjectionAutoConfiguration.class)
@ConditionalOnClass(name = "org.postgresql.PGConnection")
@ConditionalOnBooleanProperty("eventcore.projections.notifications")
@ConditionalOnBean({DataSources.class, ProjectionRunner.class, AppendSignal.class})
public final class EventCoreNotificationsAutoConfiguration {
    EventCoreNotificationsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    PostgreSqlNotifications appendNotifications(
            EventCoreProperties properties, DataSources dataSources, AppendSignal signal) {
        return new PostgreSqlNotifications(
                dataSources.single(), properties.jdbc().tablePrefix(), signal);
    }

    @Bean
    @ConditionalOnMissingBean
    NotificationsLifecycle notificationsLifecycle(
            PostgreSqlNotifications notifications, ProjectionRunner runner, EventCoreProperties properties) {
        boolean listens = properties.projections().enabled() && !runner.names().isEmpty();
        return new NotificationsLifecycle(notifications, listens);
    }
}
