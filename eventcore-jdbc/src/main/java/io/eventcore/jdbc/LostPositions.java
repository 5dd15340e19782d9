package io.eventcore.jdbc;

import java.sql.SQLException;

/** The failure of a store that hands out no positions: an import is filling it, or a person has deleted a row. */
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
