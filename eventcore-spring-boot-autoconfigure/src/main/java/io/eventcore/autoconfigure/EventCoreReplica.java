package io.eventcore.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Marks a data source whose connections lead to standbys of the PostgreSQL server that holds the events. Readers of the
 * log that are far behind read pages from a standby as soon as it has replayed them. Such pages are complete.
 *
 * <p>Takes precedence over {@code eventcore.jdbc.replica.url}. Exclude it from all other injection points with
 * {@code defaultCandidate}, and give its pool a short connection time-out:
 *
 * <pre>{@code
 * @Bean(defaultCandidate = false)
 * @EventCoreReplica
 * DataSource standbys() { ... }
 * }</pre>
 *
 * @since 0.1
 */
@Documented
@Qualifier
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface EventCoreReplica {}
