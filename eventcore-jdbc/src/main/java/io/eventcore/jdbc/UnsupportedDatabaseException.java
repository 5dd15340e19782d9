package io.eventcore.jdbc;

/**
 * The data source belongs to a database that the event store does not support, or to a version that is too old.
 *
 * @since 0.1
 */
public final class UnsupportedDatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String product;

    UnsupportedDatabaseException(String product, String problem) {
        super(problem);
        this.product = product;
    }

    /** The name of the database. */
    public String product() {
        return product;
    }
}
