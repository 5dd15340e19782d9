package io.eventcore.command;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How the commands of one class are retried, if that differs from the {@link RetryPolicy} of the executor.
 *
 * <p>Values that are not given come from the executor's policy. A policy of a single command
 * ({@link CommandContext#withRetryPolicy}) takes precedence over this annotation.
 *
 * <pre>{@code
 * @Retry(maxAttempts = 20, maxDelayMillis = 200)
 * record ReserveSeat(@Stream StreamId show, int seat) implements Command<Seats, ShowEvent> { ... }
 * }</pre>
 *
 * @since 0.1
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Retry {
    /** Stands for the value of the executor's policy. */
    int AS_CONFIGURED = -1;

    /** Upper limit for the attempts, the first one included; 1 or more. */
    int maxAttempts() default AS_CONFIGURED;

    /** The delay before the second attempt in milliseconds, zero or more. */
    long initialDelayMillis() default AS_CONFIGURED;

    /** Factor by which each delay is longer than the previous one; 1 for a fixed delay. */
    double multiplier() default AS_CONFIGURED;

    /** Upper limit for each delay in milliseconds, before the random variation. */
    long maxDelayMillis() default AS_CONFIGURED;

    /** Random variation of each delay, as a fraction of it from 0 to 1. */
    double jitter() default AS_CONFIGURED;

    /** No attempt begins later than this many milliseconds after the command was passed to the executor. */
    long budgetMillis() default AS_CONFIGURED;
}
