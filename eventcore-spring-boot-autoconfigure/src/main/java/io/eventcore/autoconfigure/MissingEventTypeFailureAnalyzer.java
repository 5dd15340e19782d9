package io.eventcore.autoconfigure;

import io.eventcore.serialization.MissingEventTypeException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that event classes have no stored name, and names the line to add to each. */
final class MissingEventTypeFailureAnalyzer extends AbstractFailureAnalyzer<MissingEventTypeException> {
    MissingEventTypeFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, MissingEventTypeException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()),
                "Add the line to each class, with a name that can stay forever. For a class that you cannot change,"
                        + " set the name in an EventTypesCustomizer. In a prototype whose events may be lost, set"
                        + " eventcore.serialization.derive-event-names=true.",
                cause);
    }
}
