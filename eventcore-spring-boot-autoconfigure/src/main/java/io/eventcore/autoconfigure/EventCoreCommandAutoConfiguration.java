package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.Retry;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandListener;
import io.eventcore.command.RetryPolicy;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the command executor.
 *
 * @since 0.1
 */
@AutoConfiguration(after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean(EventStore.class)
public final class EventCoreCommandAutoConfiguration {
    EventCoreCommandAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    RetryPolicy retryPolicy(EventCoreProperties properties) {
        Retry retry = properties.retry();
        return RetryPolicy.defaults()
                .withMaxAttempts(retry.maxAttempts())
                .withExponentialDelay(retry.initialDelay(), retry.multiplier(), retry.maxDelay())
                .withJitter(retry.jitter())
                .withBudget(retry.budget());
    }

    @Bean
    @ConditionalOnMissingBean
    CommandExecutor commandExecutor(
            EventStore eventStore, RetryPolicy retryPolicy, ObjectProvider<CommandListener> listeners) {
        return CommandExecutor.builder(eventStore)
                .retryPolicy(retryPolicy)
                .listener(CommandListener.all(listeners.orderedStream().toList()))
                .build();
    }
}
