package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.RedactedException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a failed statement means for its sender. SQLState and vendor code decide, never the class of the exception or
 * its text: drivers disagree about classes, and servers translate texts.
 */
enum Failure {
    /** Rolled back, or about to be: a deadlock, a serialization failure. A second attempt may succeed at once. */
    TRANSIENT,

    /** Rolled back, or about to be, after the longest wait allowed. The caller decides whether to wait again. */
    TIMED_OUT,

    /** The connection is gone; whether the database executed the statement is unknown. */
    CONNECTION_LOST,

    /** A unique key stopped an insert. */
    DUPLICATE,

    /** The database will refuse the statement again: full, read-only, forbidden, or missing. */
    REFUSED;

    /** SQLState of the standard: the connection is lost, and how the transaction ended is unknown. */
    static final String TRANSACTION_RESOLUTION_UNKNOWN = "08007";

    /** A MariaDB or MySQL that runs with read_only; its SQLState says nothing. */
    private static final int MYSQL_READ_ONLY = 1290;

    /** A statement was cancelled, or took longer than allowed. */
    static final String QUERY_CANCELED = "57014";

    /** Classes of SQLState whose messages speak of the server and never quote a row. */
    private static final Set<String> HARMLESS_CLASSES = Set.of("08", "25", "3F", "40", "42", "53", "55", "57", "HY");

    /** What the standard defines; engines add their own codes. */
    static Failure bySqlState(@Nullable String sqlState) {
        // Without a state, or with a state of a class that reports success or a warning, the exception does not come
        // from the server, but from a driver that has lost its place in the answer, or from a pool: the outcome is
        // unknown.
        if (sqlState == null
                || sqlState.startsWith("08")
                || sqlState.startsWith("00")
                || sqlState.startsWith("01")
                || sqlState.startsWith("02")) {
            return CONNECTION_LOST;
        }
        if (sqlState.startsWith("40")) {
            return TRANSIENT;
        }
        return switch (sqlState) {
            case QUERY_CANCELED -> TIMED_OUT;
            case "23505" -> DUPLICATE;
            default -> REFUSED;
        };
    }

    /**
     * Our exception for a failure.
     *
     * @param action what failed, as a noun
     */
    EventStoreException toException(String action, SQLException e) {
        String code = code(e);
        Throwable cause = redacted(e);
        return switch (this) {
            case TRANSIENT, TIMED_OUT ->
                new TransientEventStoreException(
                        action + " failed and was rolled back (" + code + "); the same call may succeed next time",
                        cause);
            case CONNECTION_LOST ->
                new TransientEventStoreException(action + " failed: the connection was lost (" + code + ")", cause);
            case DUPLICATE, REFUSED ->
                new EventStoreUnavailableException(action + " was refused by the database (" + code + ")", cause);
        };
    }

    /** The failure of a commit, which we must assume to have happened, unless the database says that it rolled back. */
    static SQLException inDoubt(SQLException e) {
        String state = e.getSQLState();
        boolean known = state != null && (state.startsWith("40") || state.startsWith("08"));
        return known ? e : new SQLException("The commit is in doubt", TRANSACTION_RESOLUTION_UNKNOWN, redacted(e));
    }

    /** Whether the session is on a server that accepts no more writes, for example after a failover. */
    static boolean isReadOnly(SQLException e) {
        return "25006".equals(e.getSQLState()) || e.getErrorCode() == MYSQL_READ_ONLY;
    }

    private static String code(SQLException e) {
        return "SQLState %s, code %d".formatted(e.getSQLState(), e.getErrorCode());
    }

    /** The exception itself, or a stand-in without its text if the text may quote a row. */
    static Throwable redacted(SQLException e) {
        return isHarmless(e) ? e : RedactedException.of(e, code(e));
    }

    private static boolean isHarmless(SQLException e) {
        String state = e.getSQLState();
        return state != null && state.length() == 5 && HARMLESS_CLASSES.contains(state.substring(0, 2));
    }
}
