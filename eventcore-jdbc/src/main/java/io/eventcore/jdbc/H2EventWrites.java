package io.eventcore.jdbc;

import io.eventcore.jdbc.EventWrites.NewRow;
import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** H2: row by row, in batches of the driver. */
final class H2EventWrites implements EventWrites {
    private final String updateStream;
    private final String takePositions;
    private final String insertEvent;
    private final String insertTagEntry;

    H2EventWrites(TableNames names) {
        this.updateStream = names.in("UPDATE eventcore_stream SET version = ? WHERE stream_key = ?");
        this.takePositions = names.in("""
                SELECT position FROM FINAL TABLE (
                    UPDATE eventcore_position SET position = position + ? WHERE id = 1
                )
                """);
        this.insertEvent = names.in("""
                INSERT INTO eventcore_event
                    (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
                VALUES (?, ?, CURRENT_TIMESTAMP(6), ?, ?, ?, ?, ?)
                """);
        this.insertTagEntry = names.in("INSERT INTO eventcore_event_tag (tag_key, position) VALUES (?, ?)");
    }

    @Override
    public void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(updateStream)) {
            for (NewVersion version : versions) {
                update.setLong(1, version.version());
                update.setLong(2, version.key());
                update.addBatch();
            }
            update.executeBatch();
        }
    }

    @Override
    public void insertEvents(Connection connection, List<NewRow> rows) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(insertEvent)) {
            for (NewRow row : rows) {
                row.bind(insert, 0, SqlTypes.STANDARD);
                insert.addBatch();
            }
            insert.executeBatch();
        } catch (SQLException e) {
            throw told(connection, e);
        }
    }

    @Override
    public void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(insertTagEntry)) {
            for (NewTagEntry entry : entries) {
                insert.setLong(1, entry.tagKey());
                insert.setLong(2, entry.position());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private static SQLException told(Connection connection, SQLException e) throws SQLException {
        return SqlErrors.H2.classify(e) == Failure.DUPLICATE
                        && connection.getTransactionIsolation() == Connection.TRANSACTION_REPEATABLE_READ
                ? new RowsTakenBackException(e)
                : e;
    }

    @Override
    public long takePositions(Connection connection, int count) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(takePositions)) {
            update.setInt(1, count);
            try (ResultSet row = update.executeQuery()) {
                if (!row.next()) {
                    throw LostPositions.missing();
                }
                return row.getLong(1) - count;
            }
        }
    }
}
