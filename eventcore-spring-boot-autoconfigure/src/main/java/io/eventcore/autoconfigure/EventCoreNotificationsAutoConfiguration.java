package io.eventcore.autoconfigure;

import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionRunner;
import java.util.OptionalInt;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the notifications with which instances of an application tell each other about new events.
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
            EventCoreProperties properties, DataSources dataSources, AppendSignal signal, ProjectionRunner runner) {
        PostgreSqlNotifications notifications = new PostgreSqlNotifications(
                dataSources.single(), properties.jdbc().tablePrefix(), signal);
        if (listens(properties, runner)
                && dataSources.poolSize().equals(OptionalInt.of(1))
                && notifications.isSupported()) {
            throw new InvalidConfigurationPropertyValueException(
                    "eventcore.projections.notifications",
                    true,
                    "listening for notifications occupies one connection permanently, and the pool has only one: make"
                            + " it larger"
                            + " (spring.datasource.hikari.maximum-pool-size), or let projections poll");
        }
        return notifications;
    }

    private static boolean listens(EventCoreProperties properties, ProjectionRunner runner) {
        return properties.projections().enabled() && !runner.names().isEmpty();
    }

    @Bean
    @ConditionalOnMissingBean
    NotificationsLifecycle notificationsLifecycle(
            PostgreSqlNotifications notifications, ProjectionRunner runner, EventCoreProperties properties) {
        return new NotificationsLifecycle(notifications, listens(properties, runner));
    }
}
