package io.eventcore.autoconfigure;

import io.eventcore.transaction.TransactionPhase;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.ConfigurableTransactionManager;

/**
 * Auto-configuration that makes every transaction manager of the application record when a transaction is over, so that
 * appends from callbacks after a commit do not join it.
 *
 * @since 0.1
 */
@AutoConfiguration
@ConditionalOnClass(ConfigurableTransactionManager.class)
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
public final class EventCoreTransactionAutoConfiguration {
    EventCoreTransactionAutoConfiguration() {}

    @Bean
    static BeanPostProcessor transactionPhaseListenerPostProcessor() {
        return new ListenerAdder();
    }

    /** Finds managers that were created before bean post-processors, and those of parent contexts. */
    @Bean
    @ConditionalOnMissingBean(name = "transactionPhaseListenerInitializer")
    static SmartInitializingSingleton transactionPhaseListenerInitializer(ListableBeanFactory beans) {
        return () -> BeanFactoryUtils.beansOfTypeIncludingAncestors(
                        beans, ConfigurableTransactionManager.class, true, false)
                .values()
                .forEach(EventCoreTransactionAutoConfiguration::addListener);
    }

    private static void addListener(ConfigurableTransactionManager manager) {
        if (!manager.getTransactionExecutionListeners().contains(TransactionPhase.listener())) {
            manager.addListener(TransactionPhase.listener());
        }
    }

    private static final class ListenerAdder implements BeanPostProcessor {
        @Override
        public Object postProcessAfterInitialization(Object bean, String beanName) {
            if (bean instanceof ConfigurableTransactionManager manager) {
                addListener(manager);
            }
            return bean;
        }
    }
}
