package io.eventcore.test;

import io.eventcore.autoconfigure.EventCoreJdbcAutoConfiguration;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Configures the application's database in a test that keeps its events there: in memory, nobody should connect to it or
 * run its migrations.
 *
 * @since 0.1
 */
@AutoConfiguration(before = EventCoreJdbcAutoConfiguration.class)
@Conditional(EventCoreDatabaseTestAutoConfiguration.OnDatabase.class)
@AutoConfigureEventCoreDatabase
public final class EventCoreDatabaseTestAutoConfiguration {
    EventCoreDatabaseTestAutoConfiguration() {}

    static final class OnDatabase extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            Store store = Binder.get(context.getEnvironment())
                    .bind("eventcore.store", Store.class)
                    .orElse(Store.AUTO);
            return new ConditionOutcome(
                    store != Store.IN_MEMORY,
                    ConditionMessage.forCondition("Event store").because("eventcore.store is " + store));
        }
    }
}
