package io.eventcore.command;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How often, and how soon, a command is retried after a conflict or a transient failure of the store.
 *
 * <p>The delay before the second attempt is {@code initialDelay}; each later one is {@code multiplier} times the
 * previous one, but no longer than {@code maxDelay}. Every delay varies at random by up to the fraction {@code jitter}
 * in both directions, so that conflicting commands do not meet again. If other threads of this process wait for the
 * stream over which the first attempt had a conflict, the second attempt queues behind them instead of the delay.
 * Immutable; begins with {@link #defaults()} or {@link #never()}.
 *
 * <p>{@link CommandListener.Execution#retrying} hears of each retry.
 *
 * @since 0.1
 */
public final class RetryPolicy {
    private static final RetryPolicy DEFAULTS =
            new RetryPolicy(5, Duration.ofMillis(10), 2, Duration.ofSeconds(1), 0.2, Duration.ofSeconds(30));

    private final int maxAttempts;
    private final Duration initialDelay;
    private final double multiplier;
    private final Duration maxDelay;
    private final double jitter;
    private final Duration budget;

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a number is out of range; the message names it
     */
    RetryPolicy(
            int maxAttempts,
            Duration initialDelay,
            double multiplier,
            Duration maxDelay,
            double jitter,
            Duration budget) {
        check(maxAttempts >= 1, "maxAttempts must be at least 1, is " + maxAttempts);
        check(!initialDelay.isNegative(), "initialDelay must not be negative, is " + initialDelay);
        check(multiplier >= 1 && Double.isFinite(multiplier), "multiplier must be at least 1, is " + multiplier);
        check(!maxDelay.isNegative(), "maxDelay must not be negative, is " + maxDelay);
        check(jitter >= 0 && jitter <= 1, "jitter must be between 0 and 1, is " + jitter);
        check(!budget.isNegative(), "budget must not be negative, is " + budget);
        this.maxAttempts = maxAttempts;
        this.initialDelay = initialDelay;
        this.multiplier = multiplier;
        this.maxDelay = maxDelay;
        this.jitter = jitter;
        this.budget = budget;
    }

    /** 5 attempts; delays of 10, 20, 40 and 80 ms, each varied by up to a fifth; a budget of 30 s. */
    public static RetryPolicy defaults() {
        return DEFAULTS;
    }

    /** One attempt: every conflict reaches the caller. */
    public static RetryPolicy never() {
        return DEFAULTS.withMaxAttempts(1);
    }

    /** This policy with another number of attempts, the first one included. */
    public RetryPolicy withMaxAttempts(int attempts) {
        return new RetryPolicy(attempts, initialDelay, multiplier, maxDelay, jitter, budget);
    }

    /** This policy with the same delay before each retry. */
    public RetryPolicy withFixedDelay(Duration delay) {
        return new RetryPolicy(maxAttempts, delay, 1, delay, jitter, budget);
    }

    /** This policy with delays that grow by a factor up to a cap. */
    public RetryPolicy withExponentialDelay(Duration first, double factor, Duration cap) {
        return new RetryPolicy(maxAttempts, first, factor, cap, jitter, budget);
    }

    /** This policy with another random variation of the delays, a fraction from 0 to 1. */
    public RetryPolicy withJitter(double fraction) {
        return new RetryPolicy(maxAttempts, initialDelay, multiplier, maxDelay, fraction, budget);
    }

    /** This policy with another overall time budget. */
    public RetryPolicy withBudget(Duration time) {
        return new RetryPolicy(maxAttempts, initialDelay, multiplier, maxDelay, jitter, time);
    }

    /** Upper limit for the attempts, the first one included; 1 or more. */
    public int maxAttempts() {
        return maxAttempts;
    }

    /** The delay before the second attempt, zero or more. */
    public Duration initialDelay() {
        return initialDelay;
    }

    /** Factor by which each delay is longer than the previous one; 1 for a fixed delay. */
    public double multiplier() {
        return multiplier;
    }

    /** Upper limit for each delay, before the random variation. */
    public Duration maxDelay() {
        return maxDelay;
    }

    /** Random variation of each delay, as a fraction of it from 0 to 1. */
    public double jitter() {
        return jitter;
    }

    /** No attempt begins later than this after the command was passed to the executor. */
    public Duration budget() {
        return budget;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RetryPolicy that
                && maxAttempts == that.maxAttempts
                && initialDelay.equals(that.initialDelay)
                && Double.compare(multiplier, that.multiplier) == 0
                && maxDelay.equals(that.maxDelay)
                && Double.compare(jitter, that.jitter) == 0
                && budget.equals(that.budget);
    }

    @Override
    public int hashCode() {
        return Objects.hash(maxAttempts, initialDelay, multiplier, maxDelay, jitter, budget);
    }

    @Override
    public String toString() {
        return "%d attempts within %s, delays from %s times %s to %s, varied by %s"
                .formatted(maxAttempts, budget, initialDelay, multiplier, maxDelay, jitter);
    }

    /**
     * How long to wait after a failed attempt.
     *
     * @param failedAttempt the number of the attempt that failed, 1 for the first
     * @param random a random number from 0 (inclusive) to 1 (exclusive), which decides the variation
     */
    Duration delayAfter(int failedAttempt, double random) {
        double grown = initialDelay.isZero() ? 0 : nanos(initialDelay) * Math.pow(multiplier, failedAttempt - 1.0);
        double capped = Math.min(grown, nanos(maxDelay));
        double varied = capped * (1 + jitter * (2 * random - 1));
        return Duration.ofNanos((long) varied);
    }

    /** In floating point, because a duration may be longer than a long holds nanoseconds. */
    private static double nanos(Duration duration) {
        return duration.getSeconds() * 1e9 + duration.getNano();
    }

    private static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
