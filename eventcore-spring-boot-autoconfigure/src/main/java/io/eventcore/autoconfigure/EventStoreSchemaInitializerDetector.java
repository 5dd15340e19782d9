package io.eventcore.autoconfigure;

import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;

/** Tells Spring Boot that our initializer belongs to those that others wait for. */
final class EventStoreSchemaInitializerDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {
    EventStoreSchemaInitializerDetector() {}

    @Override
    protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
        return Set.of(EventStoreSchemaInitializer.class);
    }
}
