package io.eventcore.internal;

import java.util.function.Supplier;

/**
 * Marks a thread on which a caller of the store repeats what fails in passing, so that the store leaves it to that caller: two
 * who repeat multiply the attempts.
 */
public final class CallerRetries {
    private static final ThreadLocal<Boolean> ACTIVE = new ThreadLocal<>();

    private CallerRetries() {}

    /** Runs an action whose failures the caller repeats. */
    public static <T> T during(Supplier<T> action) {
        if (areActive()) {
            return action.get();
        }
        ACTIVE.set(true);
        try {
            return action.get();
        } finally {
            ACTIVE.remove();
        }
    }

    /** Whether a caller up the stack repeats what fails. */
    public static boolean areActive() {
        return ACTIVE.get() != null;
    }
}
