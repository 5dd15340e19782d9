package io.eventcore.autoconfigure;

import io.eventcore.jdbc.SchemaException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that the tables of the event store are missing or wrong. */
final class SchemaFailureAnalyzer extends AbstractFailureAnalyzer<SchemaException> {
    SchemaFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SchemaException cause) {
        return new FailureAnalysis(
                cause.getMessage() + ".",
                "Run " + cause.script() + " (it is an ordinary script for Flyway, Liquibase or your client), or set"
                        + " eventcore.jdbc.initialize-schema=always to let the application create what is missing.",
                cause);
    }
}
