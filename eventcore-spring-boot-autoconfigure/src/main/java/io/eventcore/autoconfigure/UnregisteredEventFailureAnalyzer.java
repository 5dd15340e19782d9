package io.eventcore.autoconfigure;

import io.eventcore.projection.UnregisteredEventException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that a projection wants events whose class was not found. */
final class UnregisteredEventFailureAnalyzer extends AbstractFailureAnalyzer<UnregisteredEventException> {
    UnregisteredEventFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnregisteredEventException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Event classes are looked for in the package of the application class and below it, or, if"
                        + " eventcore.event-packages is set, only in those that it names: name the package of the application there as"
                        + " well as that of the event class. Or register the class in an EventTypesCustomizer bean.",
                cause);
    }
}
