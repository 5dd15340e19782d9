package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that no transaction manager of the application reaches the database of the events. */
final class NoTransactionManagerFailureAnalyzer extends AbstractFailureAnalyzer<NoTransactionManagerException> {
    NoTransactionManagerFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NoTransactionManagerException cause) {
        String found = cause.candidates().isEmpty()
                ? "The application has no transaction manager."
                : "Transaction managers found: " + String.join(", ", cause.candidates()) + ".";
        return new FailureAnalysis(
                "Projection '" + cause.projection() + "' changes its read model in the transaction that moves its"
                        + " checkpoint, but no transaction manager, or more than one, reaches " + cause.dataSource()
                        + ", which holds the events. " + found,
                "Declare one JpaTransactionManager or JdbcTransactionManager for " + cause.dataSource()
                        + "; if there are several, mark one with @Primary or set it in a ProjectionRunnerCustomizer."
                        + " If the read"
                        + " model is in another database, let mode() of the projection return AT_LEAST_ONCE.",
                cause);
    }
}
