package io.eventcore.jdbc;

/**
 * The data source belongs to a database that no dialect speaks.
 *
 * @since 0.1
 */
public final class UnsupportedDatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String product;

    UnsupportedDatabaseException(String product) {
        super("The event store does not know the database '" + product + "'; it knows PostgreSQL and H2");
        this.product = product;
    }

    /** The name the database gives itself. */
    public String product() {
        return product;
    }
}
