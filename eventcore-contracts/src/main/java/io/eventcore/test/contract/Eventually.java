package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for what other threads bring about, and fails if they do not.
 *
 * @since 0.1
 */
public final class Eventually {
    /** How many seconds to wait; fewer if a test waits for a failure. */
    static final String PATIENCE = "eventcore.test.patience-seconds";

    /** A hang must fail the test rather than stop the build; no test asserts how long something took. */
    private static final long DEFAULT_PATIENCE_SECONDS = 60;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private Eventually() {}

    /** The longest that a row waits for what it expects; for calls that take their own time-out. */
    static Duration patience() {
        return Duration.ofSeconds(Long.getLong(PATIENCE, DEFAULT_PATIENCE_SECONDS));
    }

    /**
     * Waits until a condition holds.
     *
     * @param what what the test waits for, as a sentence
     * @param condition whether the condition holds; checked again and again
     */
    public static void until(String what, BooleanSupplier condition) {
        until(what, condition, () -> "");
    }

    /**
     * Waits until a condition holds.
     *
     * @param what what the test waits for, as a sentence
     * @param condition whether the condition holds; checked again and again
     * @param details what a failure should say about the actual state
     */
    public static void until(String what, BooleanSupplier condition, Supplier<?> details) {
        Duration patience = patience();
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                fail("Not within %d s: %s %s", patience.toSeconds(), what, details.get());
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
