package io.eventcore.jdbc;

import io.eventcore.serialization.internal.SerializedAppend.Entry;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Optional;

/** Writes what an append changes, after the append has locked and compared its streams. */
interface EventWrites {
    /** The new version of a locked row of a stream or a tag. */
    record NewVersion(String rowId, long key, long version) {}

    void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException;

    /** An event as the row to insert. */
    record NewRow(long position, long streamKey, long version, Entry entry, Optional<String> metadata) {
        /**
         * Sets the parameters of this row: position, stream key, event id, version, type, payload, metadata.
         *
         * @param before how many parameters come before them
         * @return how many parameters are set in total
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

    /** The position of an event that carries a tag. */
    record NewTagEntry(long tagKey, long position) {}

    void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException;

    /**
     * Takes positions from the row that hands them out, and keeps that row locked.
     *
     * @return the last position before them
     */
    long takePositions(Connection connection, int count) throws SQLException;

    /**
     * Ensures that what a transaction relies on still holds when it commits, though it writes no event. If its locks
     * already show that to every writer, this does nothing.
     *
     * @param relied the locked rows, with the versions that they have and keep
     */
    default void keep(Connection connection, List<NewVersion> relied) throws SQLException {
        // On one server a lock is enough.
    }

    /** The same for the row that hands out the positions, which the transaction has locked. */
    default void keepPositions(Connection connection) throws SQLException {
        // On one server a lock is enough.
    }
}
