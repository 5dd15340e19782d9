package io.eventcore.autoconfigure;

import java.util.List;

/** The event store is to live in a database, and it is not clear in which. */
final class NoSingleDataSourceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> candidates;

    NoSingleDataSourceException(List<String> candidates) {
        super("The event store needs one data source, candidates are " + candidates);
        this.candidates = List.copyOf(candidates);
    }

    /** The names of the data sources there are. */
    List<String> candidates() {
        return candidates;
    }
}
