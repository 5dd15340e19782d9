package io.eventcore.projection;

/**
 * A transactional projection cannot start: the runner has no transaction manager, or one whose transactions do not
 * reach the database of the store.
 *
 * <p>Configure the runner with the transaction manager of that database, or make the projection
 * {@link ProjectionMode#AT_LEAST_ONCE}.
 *
 * @since 0.1
 */
public final class ProjectionTransactionException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String projection;

    ProjectionTransactionException(String projection, String problem) {
        super(
                ("Projection '%s' is transactional, but %s: declare a JpaTransactionManager or a JdbcTransactionManager for"
                                + " that data source, or make the projection %s")
                        .formatted(projection, problem, ProjectionMode.AT_LEAST_ONCE));
        this.projection = projection;
    }

    /** The name of the projection. */
    public String projection() {
        return projection;
    }
}
