package io.eventcore.jdbc;

import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.RedactedException;
import java.sql.SQLException;
import java.util.Set;

/**
 * What a failed statement means for whoever sent it. Decided by SQLState and vendor code, never by the class of the
 * exception or its text: drivers disagree about classes, and servers translate texts.
 */
enum Failure {
    /** Rolled back, or to be: a deadlock, a serialization failure, a time-out. The same may succeed next time. */
    TRANSIENT,

    /** The connection is gone; whether the statement was carried out is unknown. */
    CONNECTION_LOST,

    /** A unique key stopped an insert. */
    DUPLICATE,

    /** The database will refuse it again: full, read-only, forbidden, not there. */
    REFUSED;

    /** Classes of SQLState whose messages speak of the server and never quote a row. */
    private static final Set<String> HARMLESS_CLASSES = Set.of("08", "25", "3F", "40", "42", "53", "55", "57", "HY");

    /** What the standard says; engines add their own codes. */
    static Failure bySqlState(String sqlState) {
        if (sqlState.startsWith("08")) {
            return CONNECTION_LOST;
        }
        if (sqlState.startsWith("40")) {
            return TRANSIENT;
        }
        return sqlState.equals("23505") ? DUPLICATE : REFUSED;
    }

    /**
     * The exception of our own for a failure.
     *
     * @param action what failed, as a noun
     */
    EventStoreException toException(String action, SQLException e) {
        String state = e.getSQLState();
        String code = "SQLState %s, code %d".formatted(state, e.getErrorCode());
        Throwable cause = isHarmless(e) ? e : RedactedException.of(e, code);
        return switch (this) {
            case TRANSIENT ->
                new TransientEventStoreException(
                        action + " failed and was rolled back (" + code + "); the same may succeed next time", cause);
            case CONNECTION_LOST ->
                new TransientEventStoreException(action + " failed: the connection was lost (" + code + ")", cause);
            case DUPLICATE, REFUSED ->
                new EventStoreUnavailableException(action + " was refused by the database (" + code + ")", cause);
        };
    }

    private static boolean isHarmless(SQLException e) {
        String state = e.getSQLState();
        return state != null && state.length() == 5 && HARMLESS_CLASSES.contains(state.substring(0, 2));
    }
}
