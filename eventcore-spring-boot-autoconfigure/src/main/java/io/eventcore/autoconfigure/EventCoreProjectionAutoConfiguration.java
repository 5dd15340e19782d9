package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.Projections;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.DuplicateProjectionException;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionListener;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Auto-configuration of projections: every bean of type {@link Projection} runs automatically.
 *
 * @since 0.1
 */
@AutoConfiguration(
        after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class},
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration"
        })
@ConditionalOnClass(PlatformTransactionManager.class)
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean({EventStore.class, ProjectionStore.class})
public final class EventCoreProjectionAutoConfiguration {
    EventCoreProjectionAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    AppendSignal appendSignal() {
        return new AppendSignal();
    }

    @Bean
    @ConditionalOnMissingBean
    TransactionManagers eventCoreTransactionManagers(
            ListableBeanFactory beans,
            ObjectProvider<PlatformTransactionManager> candidates,
            ObjectProvider<DataSources> dataSources) {
        return new TransactionManagers(beans, candidates, dataSources);
    }

    @Bean
    @ConditionalOnMissingBean
    ProjectionRunner projectionRunner(
            EventCoreProperties properties,
            EventStore eventStore,
            ProjectionStore projectionStore,
            ObjectProvider<Projection<?>> projections,
            TransactionManagers transactionManagers,
            ObjectProvider<ProjectionListener> listeners,
            ObjectProvider<ProjectionRunnerCustomizer> customizers,
            AppendSignal signal,
            Environment environment,
            ListableBeanFactory beans) {
        ProjectionRunner.Builder runner = runner(properties, UnobservedStore.of(eventStore), projectionStore)
                .listener(ProjectionListener.all(listeners.orderedStream().toList()))
                .wokenBy(signal);
        transactionManagers.ofEventStore().ifPresent(runner::transactionManager);
        if (!Threading.VIRTUAL.isActive(environment)) {
            runner.threads(platformThreads("eventcore-projection-"));
        }
        try {
            projections.orderedStream().forEach(runner::projection);
            customizers.orderedStream().forEach(customizer -> customizer.customize(runner));
        } catch (DuplicateProjectionException e) {
            throw DuplicateProjectionBeanException.among(beans, e);
        }
        return runner.build();
    }

    static ProjectionRunner.Builder runner(EventCoreProperties properties, EventStore store, ProjectionStore progress) {
        Projections settings = properties.projections();
        return ProjectionRunner.builder(store, progress)
                .batchSize(settings.batchSize())
                .lease(settings.lease())
                .poll(settings.minPollInterval(), settings.maxPollInterval())
                .retryPause(settings.minRetryDelay(), settings.maxRetryDelay())
                .maxStandstill(properties.health().maxStandstill());
    }

    static CustomizableThreadFactory platformThreads(String prefix) {
        CustomizableThreadFactory threads = new CustomizableThreadFactory(prefix);
        threads.setDaemon(true);
        return threads;
    }

    @Bean
    @ConditionalOnMissingBean
    ProjectionLifecycle projectionLifecycle(
            ProjectionRunner runner,
            TransactionManagers transactionManagers,
            ObjectProvider<DataSources> dataSources,
            EventCoreProperties properties) {
        Projections settings = properties.projections();
        PoolNeeds needs = new PoolNeeds(1, runner.partitions(), settings.notifications() ? 1 : 0);
        return new ProjectionLifecycle(
                runner,
                transactionManagers,
                () -> dataSources.ifAvailable(found -> needs.check(found.poolSize())),
                settings.enabled());
    }
}
