package io.eventcore.internal;

import java.util.function.Supplier;

/**
 * Marks a thread on which a caller of the store retries transient failures, so that the store leaves retries to that
 * caller: retries on two levels multiply the attempts.
 */
public final class CallerRetries {
    private static final ThreadLocal<Boolean> ACTIVE = new ThreadLocal<>();

    private CallerRetries() {}

    /** Runs an action whose failures the caller retries. */
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

    /** Whether a caller up the stack retries failures. */
    public static boolean areActive() {
        return ACTIVE.get() != null;
    }
}
