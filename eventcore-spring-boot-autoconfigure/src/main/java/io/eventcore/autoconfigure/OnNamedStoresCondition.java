package io.eventcore.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Checks, before any of their classes is needed, whether the application declares several stores. Binds no properties.
 */
final class OnNamedStoresCondition extends SpringBootCondition {
    private static final ConfigurationPropertyName STORES = ConfigurationPropertyName.of("eventcore.stores");

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        boolean declared = areDeclared(context.getEnvironment());
        return new ConditionOutcome(
                declared,
                ConditionMessage.forCondition("Event stores with names")
                        .because("eventcore.stores declares " + (declared ? "some" : "none")));
    }

    /** Whether there is any property under {@code eventcore.stores}. */
    static boolean areDeclared(Environment environment) {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source.containsDescendantOf(STORES) == ConfigurationPropertyState.PRESENT) {
                return true;
            }
        }
        return false;
    }
}
