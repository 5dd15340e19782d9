package io.eventcore.autoconfigure;

import io.eventcore.transaction.TransactionPhase;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.ConfigurableTransactionManager;

/**
 * Auto-configuration that tells every transaction manager of the application to note when a transaction is over, so that
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

    private static final class ListenerAdder implements BeanPostProcessor {
        @Override
        public Object postProcessAfterInitialization(Object bean, String beanName) {
            if (bean instanceof ConfigurableTransactionManager manager
                    && !manager.getTransactionExecutionListeners().contains(TransactionPhase.listener())) {
                manager.addListener(TransactionPhase.listener());
            }
            return bean;
        }
    }
}
