package io.eventcore.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Marks the data source that holds the events, in an application that has several.
 *
 * <p>It takes precedence over a primary one. If it is only for the events, exclude it from all other injection points
 * with {@code defaultCandidate}:
 *
 * <pre>{@code
 * @Bean(defaultCandidate = false)
 * @EventCoreDataSource
 * DataSource eventDataSource() { ... }
 * }</pre>
 *
 * <p>An append joins transactions of a transaction manager that drives this data source, and no others.
 *
 * @since 0.1
 */
@Documented
@Qualifier
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface EventCoreDataSource {}
