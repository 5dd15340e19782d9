package io.eventcore.test;

import io.eventcore.autoconfigure.EventCoreProperties.Store;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.PropertyMapping;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.core.annotation.AliasFor;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * A test of an application's events, commands and projections and of nothing else of it: no controllers, no services, no
 * web server.
 *
 * <p>Of the application's components those are found that have to do with events: {@code Projection}, the customizers of
 * this library, {@code CommandListener}, {@code MetadataContributor} and {@code ProjectionListener}. Events are kept in
 * memory, and no database is configured, unless {@link #store()} says otherwise. The application is started once for all
 * tests with the same settings, so give each test streams of its own.
 *
 * @since 0.1
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@BootstrapWith(EventCoreTestContextBootstrapper.class)
@ExtendWith(SpringExtension.class)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(EventCoreTypeExcludeFilter.class)
@AutoConfigureEventCore
public @interface EventCoreTest {
    /**
     * Where the events are kept. With {@link Store#JDBC} the data source of the application is configured too, with its
     * Flyway or Liquibase migrations, or that of a {@code @ServiceConnection} or a {@code JdbcConnectionDetails} bean.
     */
    @PropertyMapping("eventcore.store")
    Store store() default Store.IN_MEMORY;

    /** Properties of the form {@code name=value} that the application is started with. */
    String[] properties() default {};

    /** Whether components that have to do with events are found at all. */
    boolean useDefaultFilters() default true;

    /** What else is found among the application's components. */
    ComponentScan.Filter[] includeFilters() default {};

    /** What is not found. */
    ComponentScan.Filter[] excludeFilters() default {};

    /** Auto-configurations that are left out. */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
