package io.eventcore.autoconfigure;

import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.projection.AppendSignal;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.Upcaster;
import io.eventcore.snapshot.SnapshotSettings;
import java.util.List;
import java.util.Set;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;

/**
 * Marks beans that are values or wiring as synthetic, so that Spring makes no proxies for them. Their classes are
 * final: otherwise, a pointcut on a whole package would stop the start. Services are not marked.
 */
final class ValuesWithoutAdvice implements BeanFactoryPostProcessor {
    private static final List<Class<?>> VALUES = List.of(
            AppendSignal.class,
            DataSources.class,
            EventCoreProperties.class,
            EventTypes.class,
            HotStreamSettings.class,
            PersonalDataProtection.class,
            ReplicaConnections.class,
            RetryPolicy.class,
            SnapshotSettings.class,
            StoredJson.class,
            Upcaster.class,
            WarmStreamSettings.class);

    private static final String AUTO_CONFIGURATIONS = "io.eventcore.autoconfigure.EventCore";

    /** By name, because the libraries of these classes may be missing. */
    private static final Set<String> WIRING = Set.of(
            "appendNotifications",
            "consistencyTokenInterceptor",
            "eventCoreJacksonModule",
            "eventCoreTransactionManagers",
            "eventStoreInstruments",
            "eventStoreKeeper",
            "observedEventStorePostProcessor",
            "transactionPhaseListenerPostProcessor",
            "valuesWithoutAdvicePostProcessor");

    ValuesWithoutAdvice() {}

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
        for (Class<?> value : VALUES) {
            for (String name : beans.getBeanNamesForType(value, true, false)) {
                keepAdviceOff(beans, name);
            }
        }
        for (String name : beans.getBeanDefinitionNames()) {
            if (name.startsWith(AUTO_CONFIGURATIONS)
                    || (WIRING.contains(name) && isOurs(beans.getBeanDefinition(name)))) {
                keepAdviceOff(beans, name);
            }
        }
    }

    private static boolean isOurs(BeanDefinition definition) {
        String factory = definition.getFactoryBeanName();
        String origin = factory == null ? definition.getBeanClassName() : factory;
        return origin != null && origin.startsWith(AUTO_CONFIGURATIONS);
    }

    private static void keepAdviceOff(ConfigurableListableBeanFactory beans, String name) {
        if (beans.containsBeanDefinition(name)
                && beans.getBeanDefinition(name) instanceof AbstractBeanDefinition definition) {
            definition.setSynthetic(true);
        }
    }
}
