package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.fail;

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
    /** A hang must fail the test rather than stop the build; no test asserts how long something took. */
    private static final long PATIENCE_SECONDS = 60;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private Eventually() {}

    /**
     * Waits until something is so.
     *
     * @param what what is waited for, as a sentence
     * @param condition whether it is so; asked again and again
     */
    public static void until(String what, BooleanSupplier condition) {
        until(what, condition, () -> "");
    }

    /**
     * Waits until something is so.
     *
     * @param what what is waited for, as a sentence
     * @param condition whether it is so; asked again and again
     * @param details what a failure should tell about how things are instead
     */
    public static void until(String what, BooleanSupplier condition, Supplier<?> details) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                fail("Not within %d s: %s %s", PATIENCE_SECONDS, what, details.get());
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
