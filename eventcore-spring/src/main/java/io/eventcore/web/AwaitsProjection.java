package io.eventcore.web;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says of a controller or one of its methods which projections it answers from. A request that brings a
 * {@link ConsistencyToken} waits until they have come that far; one that brings none does not wait.
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
