package io.eventcore.autoconfigure;

import io.eventcore.serialization.DuplicateEventTypeException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that two event classes claim the same stored name. */
final class DuplicateEventTypeFailureAnalyzer extends AbstractFailureAnalyzer<DuplicateEventTypeException> {
    DuplicateEventTypeFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, DuplicateEventTypeException cause) {
        return new FailureAnalysis(
                "Two event classes claim the stored name '%s':%n%n    %s%n    %s%n"
                        .formatted(
                                cause.typeName(),
                                cause.first().getName(),
                                cause.second().getName()),
                "Give one of them another name with @EventType. If events of it are stored already, keep their name and"
                        + " rename the other one.",
                cause);
    }
}
