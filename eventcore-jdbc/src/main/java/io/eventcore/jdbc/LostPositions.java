package io.eventcore.jdbc;

import java.sql.SQLException;

/** What a store says that gives no positions away: while an import fills it, or because a person has deleted a row. */
final class LostPositions {
    /** SQLState of an object that is not in the state needed. */
    private static final String NOT_IN_STATE = "55000";

    private LostPositions() {}

    static SQLException missing() {
        return new SQLException(
                "The row that gives positions away is missing: an import fills this store, or was not ended",
                NOT_IN_STATE);
    }
}
