package io.eventcore.autoconfigure;

import io.eventcore.serialization.InvalidUpcastersException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that upcasters contradict each other, or do not lead to an event class. */
final class InvalidUpcastersFailureAnalyzer extends AbstractFailureAnalyzer<InvalidUpcastersException> {
    InvalidUpcastersFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidUpcastersException cause) {
        return new FailureAnalysis(cause.problem() + ".", cause.remedy(), cause);
    }
}
