package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * Auto-configuration of the answers when commands and queries throw exceptions, in applications with Spring MVC.
 *
 * @since 0.1
 */
@AutoConfiguration(after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class})
@ConditionalOnClass(DispatcherServlet.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(
        name = {"eventcore.enabled", "eventcore.web.problem-details.enabled"},
        matchIfMissing = true)
@ConditionalOnBean(EventStore.class)
public final class EventCoreProblemDetailsAutoConfiguration {
    EventCoreProblemDetailsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    EventCoreProblems eventCoreProblems() {
        return new EventCoreProblems();
    }
}
