package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final RetryPolicy DEFAULTS = RetryPolicy.defaults();

    @Test
    void the_defaults_are_five_attempts_from_ten_milliseconds_on() {
        assertThat(DEFAULTS.maxAttempts()).isEqualTo(5);
        assertThat(DEFAULTS.jitter()).isEqualTo(0.2);
        assertThat(DEFAULTS.budget()).isEqualTo(Duration.ofSeconds(30));
        RetryPolicy steady = DEFAULTS.withJitter(0);
        assertThat(steady.delayAfter(1, 0)).isEqualTo(Duration.ofMillis(10));
        assertThat(steady.delayAfter(2, 0)).isEqualTo(Duration.ofMillis(20));
        assertThat(steady.delayAfter(3, 0)).isEqualTo(Duration.ofMillis(40));
        assertThat(steady.delayAfter(4, 0)).isEqualTo(Duration.ofMillis(80));
    }

    @Property
    void a_delay_lies_within_the_jitter_around_what_the_policy_says(
            @ForAll @IntRange(min = 1, max = 10_000) int attempt,
            @ForAll @DoubleRange(min = 0, max = 1, maxIncluded = false) double random,
            @ForAll @LongRange(min = 0, max = 100_000) long first,
            @ForAll @DoubleRange(min = 1, max = 1_000) double factor,
            @ForAll @DoubleRange(min = 0, max = 1) double jitter) {
        Duration cap = Duration.ofSeconds(7);
        Duration delay = DEFAULTS.withExponentialDelay(Duration.ofMillis(first), factor, cap)
                .withJitter(jitter)
                .delayAfter(attempt, random);

        double grown = first == 0 ? 0 : (double) first * Math.pow(factor, attempt - 1.0);
        double middle = Math.min(grown, (double) cap.toMillis());
        assertThat((double) delay.toNanos() / 1_000_000)
                .isBetween(middle * (1 - jitter) - 0.001, middle * (1 + jitter) + 0.001);
    }

    @Test
    void a_delay_longer_than_anybody_lives_is_still_a_delay() {
        Duration ages = Duration.ofDays(365L * 1_000);

        assertThat(DEFAULTS.withFixedDelay(ages).delayAfter(1, 0)).isGreaterThan(Duration.ofDays(365L * 200));
    }

    @Test
    void a_setting_out_of_its_range_is_refused_by_name() {
        assertRefused(() -> DEFAULTS.withMaxAttempts(0), "maxAttempts must be at least 1, is 0");
        assertRefused(() -> DEFAULTS.withFixedDelay(Duration.ofMillis(-1)), "initialDelay must not be negative");
        assertRefused(
                () -> DEFAULTS.withExponentialDelay(Duration.ZERO, 0.5, Duration.ZERO),
                "multiplier must be at least 1, is 0.5");
        assertRefused(
                () -> DEFAULTS.withExponentialDelay(Duration.ZERO, Double.NaN, Duration.ZERO),
                "multiplier must be at least 1, is NaN");
        assertRefused(
                () -> DEFAULTS.withExponentialDelay(Duration.ZERO, Double.POSITIVE_INFINITY, Duration.ZERO),
                "multiplier must be at least 1, is Infinity");
        assertRefused(
                () -> DEFAULTS.withExponentialDelay(Duration.ZERO, 1, Duration.ofMillis(-1)),
                "maxDelay must not be negative");
        assertRefused(() -> DEFAULTS.withJitter(-0.1), "jitter must be between 0 and 1, is -0.1");
        assertRefused(() -> DEFAULTS.withJitter(1.1), "jitter must be between 0 and 1, is 1.1");
        assertRefused(() -> DEFAULTS.withJitter(Double.NaN), "jitter must be between 0 and 1, is NaN");
        assertRefused(() -> DEFAULTS.withBudget(Duration.ofMillis(-1)), "budget must not be negative");
    }

    private static void assertRefused(Runnable setting, String message) {
        assertThatIllegalArgumentException().isThrownBy(setting::run).withMessageStartingWith(message);
    }
}
