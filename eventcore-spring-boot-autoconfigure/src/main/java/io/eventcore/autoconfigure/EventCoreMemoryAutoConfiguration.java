package io.eventcore.autoconfigure;

import io.eventcore.AppendListener;
import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.personaldata.SubjectKeyStore;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.snapshot.SnapshotStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionManager;

/**
 * Auto-configuration of the event store in memory.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = EventCoreJdbcAutoConfiguration.class,
        beforeName = "org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration")
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(EventStore.class)
@ConditionalOnEventStore(Store.IN_MEMORY)
public final class EventCoreMemoryAutoConfiguration {
    private static final Logger LOG = LoggerFactory.getLogger(EventCoreMemoryAutoConfiguration.class);

    EventCoreMemoryAutoConfiguration() {}

    @Bean
    @Proxyable(ProxyType.INTERFACES)
    EventStore eventStore(
            EventCoreProperties properties,
            EventSerializer serializer,
            ObjectProvider<AppendListener> listeners,
            ObjectProvider<EventCoreClock> clock) {
        if (properties.store() == Store.AUTO) {
            LOG.warn("Events are kept in memory and are lost when the application ends. To keep them, add a JDBC driver"
                    + " and set spring.datasource.url; if this is intended, set eventcore.store=in-memory.");
        }
        return new InMemoryEventStore(
                serializer,
                EventCoreJdbcAutoConfiguration.limits(properties.limits()),
                EventCoreClock.of(clock),
                AppendListener.all(listeners.orderedStream().toList()));
    }

    @Bean
    @ConditionalOnMissingBean(ExecutedCommands.class)
    @Proxyable(ProxyType.INTERFACES)
    ExecutedCommands executedCommands() {
        return new InMemoryExecutedCommands();
    }

    @Bean
    @ConditionalOnMissingBean(SubjectKeyStore.class)
    @Proxyable(ProxyType.INTERFACES)
    SubjectKeyStore subjectKeyStore() {
        return new InMemorySubjectKeyStore();
    }

    @Bean
    @ConditionalOnMissingBean(SnapshotStore.class)
    @Proxyable(ProxyType.INTERFACES)
    SnapshotStore snapshotStore() {
        return new InMemorySnapshotStore();
    }

    /** Makes {@code @Transactional} work without a database: a rollback discards the events too. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(PlatformTransactionManager.class)
    static class TransactionConfiguration {
        @Bean
        @ConditionalOnMissingBean(ProjectionStore.class)
        @Proxyable(ProxyType.INTERFACES)
        ProjectionStore projectionStore(ObjectProvider<EventCoreClock> clock) {
            return new InMemoryProjectionStore(System::nanoTime, EventCoreClock.of(clock));
        }

        @Bean
        @ConditionalOnMissingBean(TransactionManager.class)
        @Proxyable(ProxyType.INTERFACES)
        InMemoryTransactionManager transactionManager() {
            return new InMemoryTransactionManager();
        }
    }
}
