package io.eventcore.jdbc;

import io.eventcore.EventTag;
import io.eventcore.StreamId;
import java.sql.SQLException;

/**
 * A stream id that comes back from the database as a different one: the session changes texts. The store must not look
 * up anything by it, or an existing stream would count as absent.
 */
final class ForeignIds {
    /** SQLState of a failure without further detail; the store refuses the statement. */
    private static final String GENERAL = "HY000";

    private ForeignIds() {}

    /** A stream id as it came from the database. */
    static StreamId read(String text) throws SQLException {
        try {
            return StreamId.of(text);
        } catch (IllegalArgumentException changed) {
            throw new SQLException(
                    "The database returned an invalid stream id: the session changes texts in transit",
                    GENERAL,
                    changed);
        }
    }

    /** The failure for a row that the store did not ask for. */
    static SQLException found(String rowId) throws SQLException {
        return EventTag.isRow(rowId)
                ? new SQLException(
                        "The database returned a tag that was not requested: the session changes texts in transit",
                        GENERAL)
                : found(read(rowId));
    }

    static SQLException found(StreamId id) {
        return new SQLException(
                "The database returned stream '%s', which was not requested: the session changes texts in transit"
                        .formatted(id),
                GENERAL);
    }

    static SQLException missing(String rowId) {
        return new SQLException(
                "The database has no row for %s, which was just written: the session changes texts in transit"
                        .formatted(RowIds.named(rowId)),
                GENERAL);
    }
}
