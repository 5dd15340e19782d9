package io.eventcore.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** The opposite of {@link OnNamedStoresCondition}. */
final class OnOneStoreCondition extends SpringBootCondition {
    private final OnNamedStoresCondition named = new OnNamedStoresCondition();

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        ConditionOutcome outcome = named.getMatchOutcome(context, metadata);
        return new ConditionOutcome(!outcome.isMatch(), outcome.getConditionMessage());
    }
}
