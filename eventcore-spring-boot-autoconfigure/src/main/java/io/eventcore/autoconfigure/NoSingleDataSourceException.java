package io.eventcore.autoconfigure;

import java.util.List;

/** The event store needs a database, and there is none, or it is not clear which one. */
final class NoSingleDataSourceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> candidates;
    private final boolean marked;

    /**
     * @param candidates the names of the data sources
     * @param marked whether they are all marked with {@link EventCoreDataSource}
     */
    NoSingleDataSourceException(List<String> candidates, boolean marked) {
        super("The event store needs one data source, candidates are " + candidates);
        this.candidates = List.copyOf(candidates);
        this.marked = marked;
    }

    List<String> candidates() {
        return candidates;
    }

    boolean areMarked() {
        return marked;
    }
}
