package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that two projections or reactions have one name, and which beans they are. */
final class DuplicateProjectionFailureAnalyzer extends AbstractFailureAnalyzer<DuplicateProjectionBeanException> {
    DuplicateProjectionFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, DuplicateProjectionBeanException cause) {
        return new FailureAnalysis(
                "%s are called '%s', and their checkpoint is stored under that name. Beans of that name:%n%n    %s%n"
                        .formatted(both(cause), cause.projection(), String.join("%n    ".formatted(), cause.beans())),
                "Give one of them another name. The one that keeps its name goes on at its checkpoint, the other one begins"
                        + " at the first event. "
                        + (cause.isOfReactions()
                                ? "A reaction of another name executes all of its commands as new ones; it has no versions."
                                : "If one is to replace the other, give it the same name and a greater version()."),
                cause);
    }

    private static String both(DuplicateProjectionBeanException cause) {
        if (!cause.isOfReactions()) {
            return "Two projections";
        }
        return cause.isOfProjections() ? "A projection and a reaction" : "Two reactions";
    }
}
