package io.eventcore.web;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Names the projections from which a controller, or one of its methods, answers. A request with a
 * {@link ConsistencyToken} waits until they have reached its position; a request without one does not wait.
 *
 * <pre>{@code
 * @GetMapping("/balances/{id}")
 * @AwaitsProjection("balances")
 * Balance balance(@PathVariable StreamId id) { ... }
 * }</pre>
 *
 * @since 0.1
 */
@Documented
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface AwaitsProjection {
    /** The names of the projections. */
    String[] value();
}
