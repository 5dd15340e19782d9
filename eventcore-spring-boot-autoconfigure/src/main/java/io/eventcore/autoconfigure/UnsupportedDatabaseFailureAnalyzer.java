package io.eventcore.autoconfigure;

import io.eventcore.jdbc.UnsupportedDatabaseException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that the event store does not support the application's database. */
final class UnsupportedDatabaseFailureAnalyzer extends AbstractFailureAnalyzer<UnsupportedDatabaseException> {
    UnsupportedDatabaseFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnsupportedDatabaseException cause) {
        return new FailureAnalysis(
                cause.getMessage() + ".",
                "Use one of the supported databases, set eventcore.store=in-memory for an event store that loses"
                        + " everything when the application ends, or define a bean of type EventStore yourself.",
                cause);
    }
}
