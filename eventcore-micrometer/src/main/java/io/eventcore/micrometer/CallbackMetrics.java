package io.eventcore.micrometer;

import io.eventcore.internal.Callback;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;

/**
 * Counts the exceptions that listeners and registries have thrown from callbacks: {@value #FAILED} with the tag
 * {@code callback}, the kind of callback. Nothing else shows them, since they change no outcome. Safe for any number of
 * threads.
 *
 * @since 0.1
 */
public final class CallbackMetrics implements MeterBinder {
    /** The name of the counter. */
    public static final String FAILED = "eventcore.callbacks.failed";

    /** Counts for this process. */
    public CallbackMetrics() {}

    @Override
    public void bindTo(MeterRegistry registry) {
        for (Callback callback : Callback.values()) {
            FunctionCounter.builder(FAILED, callback, Callback::failures)
                    .description("How many callbacks have failed")
                    .tag("callback", callback.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }
}
