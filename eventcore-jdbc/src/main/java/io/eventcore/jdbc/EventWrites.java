package io.eventcore.jdbc;

import io.eventcore.serialization.internal.SerializedAppend.Entry;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Optional;

/** Writes what an append changes, after its streams are locked and compared. */
interface EventWrites {
    /** A version that the locked row of a stream or a tag gets. */
    record NewVersion(String rowId, long key, long version) {}

    void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException;

    /** An event as the row that it becomes. */
    record NewRow(long position, long streamKey, long version, Entry entry, Optional<String> metadata) {
        /**
         * Sets the parameters of this row: position, stream key, event id, version, type, payload, metadata.
         *
         * @param before how many parameters come before them
         * @return how many parameters are set now
         */
        int bind(PreparedStatement insert, int before, SqlTypes types) throws SQLException {
            insert.setLong(before + 1, position);
            insert.setLong(before + 2, streamKey);
            types.bind(insert, before + 3, entry.event().id());
            insert.setLong(before + 4, version);
            insert.setString(before + 5, entry.stored().typeName());
            insert.setString(before + 6, new String(entry.stored().payload(), StandardCharsets.UTF_8));
            if (metadata.isPresent()) {
                insert.setString(before + 7, metadata.get());
            } else {
                insert.setNull(before + 7, Types.VARCHAR);
            }
            return before + 7;
        }
    }

    void insertEvents(Connection connection, List<NewRow> rows) throws SQLException;

    /** Where an event stands that carries a tag. */
    record NewTagEntry(long tagKey, long position) {}

    void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException;

    /**
     * Takes positions from the row that gives them away, and keeps it locked.
     *
     * @return the last position before them
     */
    long takePositions(Connection connection, int count) throws SQLException;

    /**
     * Sees to it that what a transaction relies on is still so when it commits, though it writes no event. There is nothing to do where
     * its locks tell that to all who write.
     *
     * @param relied the locked rows, with the versions that they have and keep
     */
    default void keep(Connection connection, List<NewVersion> relied) throws SQLException {
        // On one server a lock is enough.
    }

    /** The same for the row that gives the positions away, which the transaction has locked. */
    default void keepPositions(Connection connection) throws SQLException {
        // On one server a lock is enough.
    }
}
