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

    /** No connection is available (08001). */
    REFUSED("08001"),

    /** The connection is lost before the call reaches the database (08006). Its transaction is rolled back. */
    LOST_BEFORE("08006"),

    /** The database has carried out the call, and the connection is lost before the answer arrives (08006). */
    LOST_AFTER("08006"),

    /**
     * The connection is lost while the call is on its way (08006). The database carries out the call later, when its
     * callers believe that it did not. See {@link FaultyDataSource#finishLate()}.
     */
    LATE("08006"),

    /**
     * Like {@link #LATE} (08006), but the call arrives after its callers have looked for its result. This holds only
     * for a call that is a transaction by itself. A call that holds locks arrives as with {@link #LATE}, because other
     * transactions wait for it.
     */
    MUCH_LATER("08006"),

    /** The database chose the transaction as the victim of a deadlock and rolls it back (40001). */
    DEADLOCK("40001"),

    /** The call took too long and its transaction is rolled back (57014). */
    TIMEOUT("57014"),

    /** The disk is full (53100). The transaction is rolled back. */
    DISK_FULL("53100"),

    /** The server has become a replica and accepts no changes (25006). The transaction is rolled back. */
    READ_ONLY("25006"),

    /** The call is carried out, and a warning says that the commit may not last (01000). */
    WARNING("01000");

    private final String sqlState;

    Fault(String sqlState) {
        this.sqlState = sqlState;
    }

    /** The SQLState with which a driver reports the fault. */
    public String sqlState() {
        return sqlState;
    }

    SQLException exception(JdbcCall call) {
        return new SQLException("Injected fault %s at %s".formatted(this, call), sqlState);
    }
}
