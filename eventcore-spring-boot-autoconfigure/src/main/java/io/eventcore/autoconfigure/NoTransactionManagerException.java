package io.eventcore.autoconfigure;

import io.eventcore.projection.ProjectionTransactionException;
import java.util.List;

/** A transactional projection found no transaction manager that reaches the database of the events, or too many. */
final class NoTransactionManagerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String projection;
    private final transient List<String> candidates;
    private final String dataSource;

    /**
     * @param candidates descriptions of the transaction managers
     * @param dataSource the data source of the events
     * @param cause the exception of the runner
     */
    NoTransactionManagerException(List<String> candidates, String dataSource, ProjectionTransactionException cause) {
        super(cause.getMessage() + "; candidates are " + candidates, cause);
        this.projection = cause.projection();
        this.candidates = List.copyOf(candidates);
        this.dataSource = dataSource;
    }

    String projection() {
        return projection;
    }

    List<String> candidates() {
        return candidates;
    }

    String dataSource() {
        return dataSource;
    }
}
