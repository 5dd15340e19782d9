package io.eventcore.autoconfigure;

import io.eventcore.projection.ProjectionRunner;
import io.eventcore.web.ConsistencyTokenInterceptor;
import io.eventcore.web.ConsistencyTokenWriter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Auto-configuration of the {@link io.eventcore.web.ConsistencyToken} in applications with Spring MVC.
 *
 * @since 0.1
 */
@AutoConfiguration(after = EventCoreProjectionAutoConfiguration.class)
@ConditionalOnClass({DispatcherServlet.class, WebMvcConfigurer.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(
        name = {"eventcore.enabled", "eventcore.web.consistency-token.enabled"},
        matchIfMissing = true)
@ConditionalOnBean(ProjectionRunner.class)
public final class EventCoreWebAutoConfiguration {
    EventCoreWebAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @Proxyable(ProxyType.INTERFACES)
    ConsistencyTokenWriter consistencyTokenWriter() {
        return new ConsistencyTokenWriter();
    }

    @Bean
    @ConditionalOnMissingBean
    ConsistencyTokenInterceptor consistencyTokenInterceptor(EventCoreProperties properties, ProjectionRunner runner) {
        EventCoreProperties.ConsistencyToken settings = properties.web().consistencyToken();
        return new ConsistencyTokenInterceptor(
                runner, settings.timeout(), HttpStatusCode.valueOf(settings.behindStatus()));
    }

    @Bean
    @ConditionalOnMissingBean(name = "consistencyTokenConfigurer")
    WebMvcConfigurer consistencyTokenConfigurer(ConsistencyTokenInterceptor interceptor) {
        return new WebMvcConfigurer() {
            @Override
            public void addInterceptors(InterceptorRegistry registry) {
                registry.addInterceptor(interceptor);
            }
        };
    }

    /** Not lazily: the name of a projection that does not exist must stop the start. */
    @Bean
    @Lazy(false)
    @ConditionalOnMissingBean(name = "awaitedProjectionsCheck")
    SmartInitializingSingleton awaitedProjectionsCheck(
            ConsistencyTokenInterceptor interceptor, ObjectProvider<RequestMappingInfoHandlerMapping> mappings) {
        return () -> mappings.orderedStream()
                .forEach(mapping -> mapping.getHandlerMethods().values().forEach(interceptor::check));
    }
}
