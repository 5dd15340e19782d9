package io.eventcore.micrometer;

import io.eventcore.internal.Callback;
import io.eventcore.internal.OwnThreads;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A running observation, whose handlers may fail: no failure reaches the observed code, and no scope stays open on its
 * thread. Used by one thread.
 */
final class Watch {
    private final ObservationRegistry registry;
    private final Observation.@Nullable Scope before;
    private final Observation observation;
    private final Observation.Scope scope;

    private Watch(ObservationRegistry registry, Supplier<Observation> notStarted) {
        this.registry = registry;
        this.before = registry.getCurrentObservationScope();
        this.observation = Callback.OBSERVATION.call(() -> notStarted.get().start(), Observation.NOOP);
        Observation.Scope opened = Callback.OBSERVATION.call(observation::openScope, Observation.Scope.NOOP);
        this.scope = opened;
        if (opened == Observation.Scope.NOOP) {
            registry.setCurrentObservationScope(before);
        }
    }

    /** Starts an observation and makes it the current one. */
    static Watch start(ObservationRegistry registry, Supplier<Observation> notStarted) {
        return new Watch(registry, notStarted);
    }

    /** Ends it. */
    void end(String outcome) {
        end(outcome, null);
    }

    /** Ends it with the exception that was thrown, without text that may quote events; null if there was no error. */
    void end(String outcome, @Nullable Throwable error) {
        Callback.OBSERVATION.run(() -> observation.lowCardinalityKeyValue("outcome", outcome));
        if (error != null) {
            Callback.OBSERVATION.run(() -> observation.error(OwnThreads.redacted(error)));
        }
        Callback.OBSERVATION.run(scope::close);
        registry.setCurrentObservationScope(before);
        Callback.OBSERVATION.run(observation::stop);
    }
}
