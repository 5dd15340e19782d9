package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.Retry;
import io.eventcore.autoconfigure.EventCoreProperties.WarmStreams;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandListener;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.MetadataContributor;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.micrometer.TraceMetadata;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import tools.jackson.databind.json.JsonMapper;

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
    RetryPolicy retryPolicy(EventCoreProperties properties, ObjectProvider<RetryPolicyCustomizer> customizers) {
        Retry retry = properties.retry();
        RetryPolicy policy = RetryPolicy.defaults()
                .withMaxAttempts(retry.maxAttempts())
                .withExponentialDelay(retry.initialDelay(), retry.multiplier(), retry.maxDelay())
                .withJitter(retry.jitter())
                .withBudget(retry.budget());
        for (RetryPolicyCustomizer customizer : customizers.orderedStream().toList()) {
            policy = customizer.customize(policy);
        }
        return policy;
    }

    @Bean
    @ConditionalOnMissingBean(
            value = TraceMetadata.class,
            type = "io.eventcore.micrometer.TracerMetadata") // which needs a tracing library, and knows more
    @ConditionalOnBooleanProperty(name = "eventcore.commands.trace-metadata", matchIfMissing = true)
    @Proxyable(ProxyType.INTERFACES)
    TraceMetadata traceMetadata() {
        return new TraceMetadata();
    }

    @Bean
    @ConditionalOnMissingBean
    HotStreamSettings hotStreamSettings(EventCoreProperties properties) {
        return properties.commands().hotStreams().enabled() ? HotStreamSettings.defaults() : HotStreamSettings.off();
    }

    @Bean
    @ConditionalOnMissingBean
    WarmStreamSettings warmStreamSettings(EventCoreProperties properties) {
        WarmStreams streams = properties.commands().warmStreams();
        if (!streams.enabled()) {
            return WarmStreamSettings.off();
        }
        WarmStreamSettings settings = WarmStreamSettings.defaults().withLogCheckedWithin(streams.logCheckedWithin());
        long maxBytes = streams.maxSize().toBytes();
        return maxBytes == 0 ? settings : settings.withMaxBytes(maxBytes);
    }

    @Bean
    @ConditionalOnMissingBean
    SnapshotSettings snapshotSettings(EventCoreProperties properties, ObjectProvider<SnapshotListener> listener) {
        return SnapshotSettings.defaults()
                .withAfterEvents(properties.snapshots().afterEvents())
                .withMaxUnused(properties.snapshots().maxUnused())
                .withListener(listener.getIfAvailable(SnapshotListener::none));
    }

    @Bean
    @ConditionalOnMissingBean
    CommandExecutor commandExecutor(
            EventCoreProperties properties,
            EventStore eventStore,
            RetryPolicy retryPolicy,
            HotStreamSettings hotStreamSettings,
            WarmStreamSettings warmStreamSettings,
            ObjectProvider<ExecutedCommands> executedCommands,
            ObjectProvider<SnapshotStore> snapshotStore,
            SnapshotSettings snapshotSettings,
            ObjectProvider<JsonMapper> jsonMapper,
            ObjectProvider<EventSerializerCustomizer> jsonCustomizers,
            ObjectProvider<MetadataContributor> contributors,
            ObjectProvider<CommandListener> listeners,
            ObjectProvider<EventCoreClock> clock) {
        CommandExecutor.Builder executor = CommandExecutor.builder(eventStore).clock(EventCoreClock.of(clock));
        executedCommands.ifAvailable(executor::executedCommands);
        if (properties.snapshots().enabled()) {
            snapshotStore.ifAvailable(snapshots -> executor.snapshots(snapshots, snapshotSettings));
        }
        executor.jsonMapper(EventCoreSerializationAutoConfiguration.storedJson(jsonMapper, jsonCustomizers)
                .build());
        return executor.retryPolicy(retryPolicy)
                .hotStreams(hotStreamSettings)
                .warmStreams(warmStreamSettings)
                .metadataContributors(contributors.orderedStream().toList())
                .listener(CommandListener.all(listeners.orderedStream().toList()))
                .build();
    }
}
