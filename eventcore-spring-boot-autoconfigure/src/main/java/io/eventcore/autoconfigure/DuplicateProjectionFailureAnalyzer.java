package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that two projections or reactions have the same name, and which beans they are. */
final class DuplicateProjectionFailureAnalyzer extends AbstractFailureAnalyzer<DuplicateProjectionBeanException> {
    DuplicateProjectionFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, DuplicateProjectionBeanException cause) {
        return new FailureAnalysis(
                "%s are called '%s', and their checkpoint is stored under that name. Beans with that name:%n%n    %s%n"
                        .formatted(both(cause), cause.projection(), String.join("%n    ".formatted(), cause.beans())),
                "Give one of them another name. The one that keeps its name continues at its checkpoint; the other"
                        + " one begins at the first event. "
                        + (cause.isOfReactions()
                                ? "A reaction with a new name executes all of its commands again, as new ones;"
                                        + " reactions have no versions."
                                : "If one replaces the other, give it the same name and a greater version()."),
                cause);
    }

    private static String both(DuplicateProjectionBeanException cause) {
        if (!cause.isOfReactions()) {
            return "Two projections";
        }
        return cause.isOfProjections() ? "A projection and a reaction" : "Two reactions";
    }
}
