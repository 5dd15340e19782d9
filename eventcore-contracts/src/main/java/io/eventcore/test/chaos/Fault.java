package io.eventcore.test.chaos;

import java.sql.SQLException;

/**
 * What can go wrong in a call to the database, as a driver reports it.
 *
 * @since 0.1
 */
public enum Fault {
    /** Nothing goes wrong. */
    NONE("00000"),

    /** There is no connection to be had (08001). */
    REFUSED("08001"),

    /** The connection is lost before the database has heard of the call (08006). Its transaction is rolled back. */
    LOST_BEFORE("08006"),

    /** The database has carried the call out, and the connection is lost before it can say so (08006). */
    LOST_AFTER("08006"),

    /**
     * The connection is lost while the call is on its way (08006): the database carries it out later, when all
     * believes that it has not. See {@link FaultyDataSource#finishLate()}.
     */
    LATE("08006"),

    /**
     * The same (08006), and the call arrives when all have looked for it. Only where it is a transaction by itself;
     * one that holds locks arrives as with {@link #LATE}, since others wait for it.
     */
    MUCH_LATER("08006"),

    /** The transaction was chosen as the victim of a deadlock and is rolled back (40001). */
    DEADLOCK("40001"),

    /** The call took too long and its transaction is rolled back (57014). */
    TIMEOUT("57014"),

    /** The disk is full (53100). The transaction is rolled back. */
    DISK_FULL("53100"),

    /** The server has become a replica and takes no changes (25006). The transaction is rolled back. */
    READ_ONLY("25006"),

    /** The call is carried out, and a warning says that the commit may not last (01000). */
    WARNING("01000");

    private final String sqlState;

    Fault(String sqlState) {
        this.sqlState = sqlState;
    }

    /** The SQLState by which a driver reports it. */
    public String sqlState() {
        return sqlState;
    }

    SQLException exception(JdbcCall call) {
        return new SQLException("Injected fault %s at %s".formatted(this, call), sqlState);
    }
}
