package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.Commands;
import io.eventcore.autoconfigure.EventCoreProperties.Retry;
import io.eventcore.autoconfigure.EventCoreProperties.Snapshots;
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
import java.util.List;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;

/**
 * Auto-configuration of the command executor.
 *
 * @since 0.1
 */
@AutoConfiguration(after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean(EventStore.class)
@Import(EventCoreSerializationAutoConfiguration.StoredJsonConfiguration.class)
public final class EventCoreCommandAutoConfiguration {
    private static final String TRACER_METADATA = "io.eventcore.micrometer.TracerMetadata";

    EventCoreCommandAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    RetryPolicy retryPolicy(EventCoreProperties properties, ObjectProvider<RetryPolicyCustomizer> customizers) {
        return retryPolicy(properties.retry(), customizers.orderedStream().toList());
    }

    static RetryPolicy retryPolicy(Retry retry, List<RetryPolicyCustomizer> customizers) {
        RetryPolicy policy = RetryPolicy.defaults()
                .withMaxAttempts(retry.maxAttempts())
                .withExponentialDelay(retry.initialDelay(), retry.multiplier(), retry.maxDelay())
                .withJitter(retry.jitter())
                .withBudget(retry.budget());
        for (RetryPolicyCustomizer customizer : customizers) {
            policy = customizer.customize(policy);
        }
        return policy;
    }

    @Bean
    @ConditionalOnMissingBean(
            value = TraceMetadata.class,
            type = TRACER_METADATA) // needs a tracing library, and knows more
    @ConditionalOnBooleanProperty(name = "eventcore.commands.trace-metadata", matchIfMissing = true)
    @Proxyable(ProxyType.INTERFACES)
    TraceMetadata traceMetadata() {
        return new TraceMetadata();
    }

    /** Whether another contributor already adds the ids of traces to events. */
    static boolean tellsOfTraces(MetadataContributor contributor) {
        Class<?> type = AopUtils.getTargetClass(contributor);
        return type == TraceMetadata.class || type.getName().equals(TRACER_METADATA);
    }

    @Bean
    @ConditionalOnMissingBean
    HotStreamSettings hotStreamSettings(EventCoreProperties properties) {
        return hotStreams(properties.commands());
    }

    static HotStreamSettings hotStreams(Commands commands) {
        return commands.hotStreams().enabled() ? HotStreamSettings.defaults() : HotStreamSettings.off();
    }

    @Bean
    @ConditionalOnMissingBean
    WarmStreamSettings warmStreamSettings(EventCoreProperties properties) {
        return warmStreams(properties.commands());
    }

    static WarmStreamSettings warmStreams(Commands commands) {
        WarmStreams streams = commands.warmStreams();
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
        return snapshots(properties.snapshots(), listener.getIfAvailable(SnapshotListener::none));
    }

    static SnapshotSettings snapshots(Snapshots snapshots, SnapshotListener listener) {
        return SnapshotSettings.defaults()
                .withAfterEvents(snapshots.afterEvents())
                .withMaxUnused(snapshots.maxUnused())
                .withListener(listener);
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
            StoredJson storedJson,
            ObjectProvider<MetadataContributor> contributors,
            ObjectProvider<CommandListener> listeners,
            ObjectProvider<EventCoreClock> clock) {
        CommandExecutor.Builder executor = CommandExecutor.builder(eventStore)
                .retryPolicy(retryPolicy)
                .hotStreams(hotStreamSettings)
                .warmStreams(warmStreamSettings)
                .jsonMapper(storedJson.mapper())
                .metadataContributors(contributors.orderedStream().toList())
                .listener(CommandListener.all(listeners.orderedStream().toList()))
                .clock(EventCoreClock.of(clock));
        executedCommands.ifAvailable(executor::executedCommands);
        if (properties.snapshots().enabled()) {
            snapshotStore.ifAvailable(snapshots -> executor.snapshots(snapshots, snapshotSettings));
        }
        return executor.build();
    }
}
