package io.eventcore.autoconfigure;

import io.eventcore.autoconfigure.EventCoreProperties.Store;
import java.util.Map;
import java.util.Objects;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.ClassUtils;

/**
 * Decides which event store the property {@code eventcore.store} and the data sources of the application ask for. The
 * condition report says why. Evaluated before the conditions on beans, because those end the report when they fail.
 */
@Order(Ordered.LOWEST_PRECEDENCE - 1)
final class OnStoreCondition extends SpringBootCondition implements ConfigurationCondition {
    private static final String DATA_SOURCE = "javax.sql.DataSource";

    @Override
    public ConfigurationPhase getConfigurationPhase() {
        return ConfigurationPhase.REGISTER_BEAN;
    }

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Map<String, Object> attributes =
                Objects.requireNonNull(metadata.getAnnotationAttributes(ConditionalOnEventStore.class.getName()));
        Store wanted = (Store) Objects.requireNonNull(attributes.get("value"));
        Store configured = Binder.get(context.getEnvironment())
                .bind("eventcore.store", Store.class)
                .orElse(Store.AUTO);
        ConditionMessage.Builder message = ConditionMessage.forCondition("Event store");
        if (OnNamedStoresCondition.areDeclared(context.getEnvironment())) {
            return ConditionOutcome.noMatch(message.because("eventcore.stores declares stores with names"));
        }
        if (configured != Store.AUTO) {
            return new ConditionOutcome(
                    configured == wanted, message.because("eventcore.store is set to " + configured));
        }
        int dataSources = dataSources(context);
        Store chosen = dataSources == 0 ? Store.IN_MEMORY : Store.JDBC;
        return new ConditionOutcome(
                chosen == wanted, message.because("eventcore.store is AUTO and data sources found: " + dataSources));
    }

    private static int dataSources(ConditionContext context) {
        ConfigurableListableBeanFactory beans = Objects.requireNonNull(context.getBeanFactory());
        Class<?> type = ClassUtils.resolveClassName(DATA_SOURCE, context.getClassLoader());
        return BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, type, true, false).length;
    }
}
