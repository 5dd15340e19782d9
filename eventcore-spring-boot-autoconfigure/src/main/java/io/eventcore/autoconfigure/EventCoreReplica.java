package io.eventcore.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Qualifier;

/**
 * Marks a data source that leads to standbys of the PostgreSQL that holds the events. Readers of the log that have much to
 * catch up with are given pages from there, as soon as a standby has replayed them; they lack nothing.
 *
 * <p>Counts more than {@code eventcore.jdbc.replica.url}. Keep it out of everything else with {@code defaultCandidate}, and let
 * it give up soon where it has no connection:
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
