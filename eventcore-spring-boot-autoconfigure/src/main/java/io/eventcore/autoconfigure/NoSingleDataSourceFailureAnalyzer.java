package io.eventcore.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains that the event store found no data source, or too many. */
final class NoSingleDataSourceFailureAnalyzer extends AbstractFailureAnalyzer<NoSingleDataSourceException> {
    NoSingleDataSourceFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NoSingleDataSourceException cause) {
        if (cause.candidates().isEmpty()) {
            return new FailureAnalysis(
                    "The event store needs a database (eventcore.store=jdbc), but the application has no data"
                            + " source.",
                    "Add a JDBC driver and set spring.datasource.url, or set eventcore.store=in-memory for an event"
                            + " store that loses everything when the application ends.",
                    cause);
        }
        String names = String.join(", ", cause.candidates());
        return cause.areMarked()
                ? new FailureAnalysis(
                        "Several data sources are marked with @EventCoreDataSource (" + names
                                + "), but the events are in one database.",
                        "Mark only one of them.",
                        cause)
                : new FailureAnalysis(
                        "The application has several data sources (" + names + "), and none of them is the primary"
                                + " one, so it is not clear which database holds the events.",
                        "Mark the one that holds the events with @EventCoreDataSource, or the one that everything uses"
                                + " with @Primary, or define a bean of type EventStore yourself.",
                        cause);
    }
}
