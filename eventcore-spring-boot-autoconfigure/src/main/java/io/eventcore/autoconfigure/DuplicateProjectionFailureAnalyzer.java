package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that two projections or reactions have one name, and which beans they are. */
final class DuplicateProjectionFailureAnalyzer extends AbstractFailureAnalyzer<DuplicateProjectionBeanException> {
    DuplicateProjectionFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, DuplicateProjectionBeanException cause) {
        return new FailureAnalysis(
                "Two projections are called '%s', and their checkpoint is stored under that name. Beans of that name:%n%n    %s%n"
                        .formatted(cause.projection(), String.join("%n    ".formatted(), cause.beans())),
                "Give one of them another name. The one that keeps its name goes on at its checkpoint, the other one begins"
                        + " at the first event. If one is to replace the other, give it the same name and a greater"
                        + " version().",
                cause);
    }
}
