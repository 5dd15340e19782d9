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
 * A test of an application's events, commands, projections and reactions only: no controllers, no services, no web
 * server.
 *
 * <p>It finds only the application's components that concern events: {@code Projection}, {@code Reaction}, the
 * customizers of this library, {@code MetadataContributor}, {@code CommandListener}, {@code AppendListener},
 * {@code SnapshotListener} and {@code ProjectionListener}. Add others with {@link #includeFilters()} or
 * {@code @Import}.
 *
 * <p>Events are kept in memory unless {@link #store()} says otherwise. If H2, HSQLDB or Derby is on the class path,
 * there is an empty embedded database for read models too, with the application's migrations, {@code JdbcClient} and
 * repositories of JPA; the test does not connect to the application's database. The application is started once for all
 * tests with the same settings, so use separate streams in each test.
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
     * Where the events are kept: a value of {@code io.eventcore.autoconfigure.EventCoreProperties.Store}, for example
     * {@code @EventCoreTest(store = Store.JDBC)} with that import. With {@link Store#JDBC} events and read models are in the database of the application,
     * with its Flyway or Liquibase migrations, or in that of a {@code @ServiceConnection} or a
     * {@code JdbcConnectionDetails} bean.
     */
    @PropertyMapping("eventcore.store")
    Store store() default Store.IN_MEMORY;

    /** Properties of the form {@code name=value} that the application is started with. */
    String[] properties() default {};

    /** Whether to find components that concern events at all. */
    boolean useDefaultFilters() default true;

    /** Further components of the application to find. */
    ComponentScan.Filter[] includeFilters() default {};

    /** Components to leave out. */
    ComponentScan.Filter[] excludeFilters() default {};

    /** Auto-configurations to leave out. */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
