package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import java.sql.SQLException;
import java.util.Set;

/**
 * What the error codes of an engine mean. SQLState and vendor code decide, never the class of the exception or its
 * text: drivers disagree about classes, and servers translate texts.
 */
enum SqlErrors {
    POSTGRESQL {
        @Override
        Failure classify(SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (LOCK_NOT_AVAILABLE.equals(state)) {
                return Failure.TIMED_OUT;
            }
            if (IN_FAILED_TRANSACTION.equals(state)) {
                return Failure.TRANSIENT;
            }
            return SESSION_ENDED.contains(state) ? Failure.CONNECTION_LOST : Failure.bySqlState(e.getSQLState());
        }
    },

    H2 {
        @Override
        Failure classify(SQLException e) {
            if (e.getErrorCode() == H2_LOCK_TIMEOUT) {
                return Failure.TIMED_OUT;
            }
            if (e.getErrorCode() == H2_CONCURRENT_UPDATE) {
                return Failure.TRANSIENT;
            }
            return H2_CONNECTION_LOST.contains(e.getErrorCode())
                    ? Failure.CONNECTION_LOST
                    : Failure.bySqlState(e.getSQLState());
        }

        @Override
        EventStoreException failed(String action, SQLException e) {
            return e instanceof RowsTakenBackException taken
                    ? new EventStoreUnavailableException(RowsTakenBackException.PROBLEM, Failure.redacted(taken))
                    : super.failed(action, e);
        }
    },

    /** MariaDB and MySQL. */
    MARIADB {
        @Override
        Failure classify(SQLException e) {
            int code = e.getErrorCode();
            if (MARIADB_TRANSIENT.contains(code)) {
                return Failure.TRANSIENT;
            }
            if (MARIADB_TIMED_OUT.contains(code)) {
                return Failure.TIMED_OUT;
            }
            if (code == MARIADB_DUPLICATE_KEY) {
                return Failure.DUPLICATE;
            }
            if (code == MARIADB_PACKET_TOO_LARGE) {
                return Failure.REFUSED;
            }
            return MARIADB_CONNECTION_LOST.contains(code) || RECONNECTED.equals(e.getSQLState())
                    ? Failure.CONNECTION_LOST
                    : Failure.bySqlState(e.getSQLState());
        }
    };

    /** PostgreSQL: another transaction has locked a row or a table, and waiting is over or not wanted. */
    static final String LOCK_NOT_AVAILABLE = "55P03";

    /** PostgreSQL: the transaction is broken already and must be repeated. */
    static final String IN_FAILED_TRANSACTION = "25P02";

    /** PostgreSQL: the server or an administrator ended the session. */
    private static final Set<String> SESSION_ENDED = Set.of("25P03", "25P04", "57P01", "57P02", "57P03", "57P05");

    static final int H2_LOCK_TIMEOUT = 50200;

    private static final int H2_CONCURRENT_UPDATE = 90131;

    /** Connection broken, database closed by another session. */
    private static final Set<Integer> H2_CONNECTION_LOST = Set.of(90067, 90098, 90121);

    static final int MARIADB_LOCK_WAIT_TIMEOUT = 1205;

    /** Deadlock, row changed since the snapshot (innodb_snapshot_isolation), lock not available at once (MySQL). */
    private static final Set<Integer> MARIADB_TRANSIENT = Set.of(1213, 1020, 3572);

    /** Lock wait time-out, statement time-out (MariaDB, MySQL), statement killed. */
    private static final Set<Integer> MARIADB_TIMED_OUT = Set.of(MARIADB_LOCK_WAIT_TIMEOUT, 1969, 3024, 1317);

    /**
     * Connection killed, server shutting down, and an error during a commit: a node of a Galera cluster that is cut off
     * from the other nodes does not know the outcome. The SQLState shows that such a node accepts no statements (1047).
     */
    private static final Set<Integer> MARIADB_CONNECTION_LOST = Set.of(1927, 1053, 1180);

    /** The driver has reconnected, and what was in progress is lost. */
    private static final String RECONNECTED = "25S03";

    private static final int MARIADB_DUPLICATE_KEY = 1062;

    /** A statement larger than the server accepts in one piece; its SQLState is one of a connection failure. */
    private static final int MARIADB_PACKET_TOO_LARGE = 1153;

    /** PostgreSQL; H2. */
    private static final Set<String> FORBIDDEN = Set.of("42501", "90096");

    /** For a table, for a column, for a function. */
    private static final Set<Integer> MARIADB_FORBIDDEN = Set.of(1142, 1143, 1370);

    /** PostgreSQL; MariaDB, MySQL and H2; H2 if there are tables with a similar name. */
    private static final Set<String> NO_SUCH_TABLE = Set.of("42P01", "42S02", "42S03", "42S04");

    /** What a failed statement means. */
    abstract Failure classify(SQLException e);

    /**
     * Our exception for a failed statement.
     *
     * @param action what failed, as a noun
     */
    EventStoreException failed(String action, SQLException e) {
        return classify(e).toException(action, e);
    }

    /** Whether the user lacks a right. */
    static boolean isForbidden(SQLException e) {
        return FORBIDDEN.contains(String.valueOf(e.getSQLState())) || MARIADB_FORBIDDEN.contains(e.getErrorCode());
    }

    static boolean isMissingTable(SQLException e) {
        return NO_SUCH_TABLE.contains(String.valueOf(e.getSQLState()));
    }
}
