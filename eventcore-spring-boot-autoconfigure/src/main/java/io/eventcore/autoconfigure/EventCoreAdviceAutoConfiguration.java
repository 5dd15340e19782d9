package io.eventcore.autoconfigure;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration that keeps aspects of the application off beans that cannot take advice, so that a wide pointcut does
 * not stop the start.
 *
 * @since 0.1
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
public final class EventCoreAdviceAutoConfiguration {
    EventCoreAdviceAutoConfiguration() {}

    @Bean
    static BeanFactoryPostProcessor valuesWithoutAdvicePostProcessor() {
        return new ValuesWithoutAdvice();
    }
}
