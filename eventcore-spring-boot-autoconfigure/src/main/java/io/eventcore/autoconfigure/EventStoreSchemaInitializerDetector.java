package io.eventcore.autoconfigure;

import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;
import org.springframework.core.Ordered;

/**
 * Tells Spring Boot that other beans must wait for our initializer.
 *
 * <p>It runs after Flyway, Liquibase and the application's own scripts: they may create our tables, and Flyway refuses
 * a database that has tables before its first run.
 */
final class EventStoreSchemaInitializerDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {
    EventStoreSchemaInitializerDetector() {}

    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }

    @Override
    protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
        return Set.of(EventStoreSchemaInitializer.class);
    }
}
