package io.eventcore.test;

import io.eventcore.autoconfigure.EventCoreJdbcAutoConfiguration;
import io.eventcore.autoconfigure.EventCoreProperties.Store;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabase;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseBuilder;
import org.springframework.util.ClassUtils;

/**
 * Configures a database in a test: the application's own one if events are kept there; otherwise an embedded one for read
 * models, if there is one on the class path. A test that keeps events in memory never connects to the application's
 * database.
 *
 * @since 0.1
 */
@AutoConfiguration(before = EventCoreJdbcAutoConfiguration.class)
@Conditional(EventCoreDatabaseTestAutoConfiguration.OnDatabase.class)
@AutoConfigureEventCoreDatabase
public final class EventCoreDatabaseTestAutoConfiguration {
    EventCoreDatabaseTestAutoConfiguration() {}

    /** Registered before Boot's data source, which backs off. */
    @Configuration(proxyBeanMethods = false)
    @Conditional(OnMemory.class)
    static class ReadModels {
        @Bean
        @ConditionalOnMissingBean(DataSource.class)
        EmbeddedDatabase dataSource() {
            return new EmbeddedDatabaseBuilder()
                    .setType(Objects.requireNonNull(
                            embedded(getClass().getClassLoader()).getType(), "the condition has found one"))
                    .generateUniqueName(true)
                    .build();
        }
    }

    private static EmbeddedDatabaseConnection embedded(@Nullable ClassLoader classLoader) {
        return EmbeddedDatabaseConnection.get(classLoader);
    }

    private static Store store(ConditionContext context) {
        return Binder.get(context.getEnvironment())
                .bind("eventcore.store", Store.class)
                .orElse(Store.AUTO);
    }

    static final class OnMemory extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            Store store = store(context);
            return new ConditionOutcome(
                    store == Store.IN_MEMORY,
                    ConditionMessage.forCondition("Event store").because("eventcore.store is " + store));
        }
    }

    static final class OnDatabase extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            ConditionMessage.Builder message = ConditionMessage.forCondition("Event store");
            Store store = store(context);
            if (store != Store.IN_MEMORY) {
                return ConditionOutcome.match(message.because("eventcore.store is " + store));
            }
            return new ConditionOutcome(
                    hasEmbedded(context.getClassLoader()),
                    message.because(
                            "eventcore.store is IN_MEMORY, an embedded database holds read models if there is one"));
        }

        private static boolean hasEmbedded(@Nullable ClassLoader classLoader) {
            return ClassUtils.isPresent("org.springframework.boot.jdbc.EmbeddedDatabaseConnection", classLoader)
                    && ClassUtils.isPresent("org.springframework.jdbc.core.JdbcOperations", classLoader)
                    && embedded(classLoader) != EmbeddedDatabaseConnection.NONE;
        }
    }
}
