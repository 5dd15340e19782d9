package io.eventcore.autoconfigure;

import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;
import org.springframework.core.Ordered;

/**
 * Tells Spring Boot that our initializer belongs to those that others wait for.
 *
 * <p>It comes after Flyway, Liquibase and the application's own scripts: they may bring our tables along, and Flyway
 * refuses a database in which others have created some before it ever ran.
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
