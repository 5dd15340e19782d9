package io.eventcore.autoconfigure;

import io.eventcore.internal.OwnThreads;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What came of running code of the application for a view, which answers whatever that code throws.
 *
 * <p>Of a failure only the type is kept: its text may quote what the code was given.
 *
 * @param value what the code returned, if it returned anything
 * @param failure the class of what it threw; null if it returned
 */
record Attempt<T>(@Nullable T value, @Nullable String failure) {
    /** Runs the code. Trouble of the process itself, such as a lack of memory, passes through. */
    static <T> Attempt<T> at(Callable<? extends @Nullable T> code) {
        try {
            return new Attempt<>(code.call(), null);
        } catch (Throwable e) {
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return new Attempt<>(null, e.getClass().getName());
        }
    }
}
