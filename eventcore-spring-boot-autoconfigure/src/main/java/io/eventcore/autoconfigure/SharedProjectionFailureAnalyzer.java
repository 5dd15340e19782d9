package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains how each of several stores gets projections of its own. */
final class SharedProjectionFailureAnalyzer extends AbstractFailureAnalyzer<SharedProjectionException> {
    SharedProjectionFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SharedProjectionException cause) {
        return new FailureAnalysis(
                ("eventcore.stores declares several event stores, and one projection or reaction cannot run on all of"
                                + " them: its read model would mix their events. Beans that would be shared:%n%n    %s%n")
                        .formatted(String.join("%n    ".formatted(), cause.beans())),
                "Declare a bean of type NamedStoreConfigurer that creates one for each store: it receives the name"
                        + " and the data source of the"
                        + " store.",
                cause);
    }
}
