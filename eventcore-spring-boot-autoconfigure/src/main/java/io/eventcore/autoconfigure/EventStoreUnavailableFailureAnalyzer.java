package io.eventcore.autoconfigure;

import io.eventcore.EventStoreUnavailableException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.NestedExceptionUtils;

/** Explains that the event store could not reach its database when the application started. */
final class EventStoreUnavailableFailureAnalyzer extends AbstractFailureAnalyzer<EventStoreUnavailableException> {
    EventStoreUnavailableFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, EventStoreUnavailableException cause) {
        String reason = cause.getCause() == null
                ? ""
                : " (" + NestedExceptionUtils.getMostSpecificCause(cause).getMessage() + ")";
        return new FailureAnalysis(
                cause.getMessage() + reason + ".",
                cause.getCause() == null
                        ? "The application can reach its database: correct what the description names, and start again."
                        : "Check that the database of spring.datasource.url is up and accepts this user. The event"
                                + " store checks its tables when the application starts, because it could lose events"
                                + " in tables of an unknown version.",
                cause);
    }
}
