package io.eventcore.command;

import java.time.Duration;

/** The {@link Retry} annotation of a command class, applied on top of a policy. */
final class RetryOverrides {
    private RetryOverrides() {}

    /**
     * The policy for commands of a class.
     *
     * @param base supplies the values that the class does not give
     * @throws IllegalArgumentException if a value of the annotation is out of range
     */
    static RetryPolicy of(Class<?> commandType, RetryPolicy base) {
        Retry retry = commandType.getAnnotation(Retry.class);
        if (retry == null) {
            return base;
        }
        try {
            return new RetryPolicy(
                    retry.maxAttempts() == Retry.AS_CONFIGURED ? base.maxAttempts() : retry.maxAttempts(),
                    duration(retry.initialDelayMillis(), base.initialDelay()),
                    number(retry.multiplier(), base.multiplier()),
                    duration(retry.maxDelayMillis(), base.maxDelay()),
                    number(retry.jitter(), base.jitter()),
                    duration(retry.budgetMillis(), base.budget()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("@Retry on " + commandType.getName() + ": " + e.getMessage(), e);
        }
    }

    private static Duration duration(long millis, Duration base) {
        return millis == Retry.AS_CONFIGURED ? base : Duration.ofMillis(millis);
    }

    private static double number(double value, double base) {
        return value == Retry.AS_CONFIGURED ? base : value;
    }
}
