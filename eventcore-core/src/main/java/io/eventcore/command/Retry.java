package io.eventcore.command;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How the commands of one class are tried again, where that is not as the {@link RetryPolicy} of the executor says.
 *
 * <p>What is not given stays as the executor has it. A policy given with a single command
 * ({@link CommandContext#withRetryPolicy}) wins over this annotation.
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
    /** Stands for what the executor's policy says. */
    int AS_CONFIGURED = -1;

    /** How many attempts are made at most, the first one included; 1 or more. */
    int maxAttempts() default AS_CONFIGURED;

    /** The delay before the second attempt in milliseconds, zero or more. */
    long initialDelayMillis() default AS_CONFIGURED;

    /** How much longer each delay is than the one before; 1 for a fixed delay. */
    double multiplier() default AS_CONFIGURED;

    /** No delay is longer than this many milliseconds, before it is varied. */
    long maxDelayMillis() default AS_CONFIGURED;

    /** Random variation of each delay, as a fraction of it from 0 to 1. */
    double jitter() default AS_CONFIGURED;

    /** No attempt begins later than this many milliseconds after the command was given to the executor. */
    long budgetMillis() default AS_CONFIGURED;
}
