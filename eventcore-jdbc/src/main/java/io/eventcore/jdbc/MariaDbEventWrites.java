package io.eventcore.jdbc;

import io.eventcore.jdbc.EventWrites.NewRow;
import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** MariaDB and MySQL: each statement writes many rows, because every round trip counts. */
class MariaDbEventWrites implements EventWrites {
    private static final int MAX_ROWS = 500;

    /** A statement, with what quoting adds, must fit max_allowed_packet of the server, by default 16 MiB. */
    private static final long MAX_BYTES = 4L * 1024 * 1024;

    private final String updateVersions;
    private final String takePositions;
    private final String insertEvents;
    private final String insertTagEntries;

    MariaDbEventWrites(TableNames names) {
        this.updateVersions = names.in("""
                INSERT INTO eventcore_stream (stream_id, stream_key, version)
                VALUES %s
                ON DUPLICATE KEY UPDATE version = VALUES(version)
                """);
        // The new value comes back with the answer, in place of an auto-increment value.
        this.takePositions =
                names.in("UPDATE eventcore_position SET position = LAST_INSERT_ID(position + ?) WHERE id = 1");
        this.insertEvents = names.in("""
                INSERT INTO eventcore_event
                    (position, stream_key, event_id, version, type, payload, metadata, recorded_at)
                VALUES %s
                """);
        this.insertTagEntries = names.in("INSERT INTO eventcore_event_tag (tag_key, position) VALUES %s");
    }

    @Override
    public void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException {
        for (int from = 0; from < entries.size(); from += MAX_ROWS) {
            List<NewTagEntry> part = entries.subList(from, Math.min(entries.size(), from + MAX_ROWS));
            String sql = insertTagEntries.formatted(Statements.values("(?, ?)", part.size()));
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                int parameter = 0;
                for (NewTagEntry entry : part) {
                    insert.setLong(++parameter, entry.tagKey());
                    insert.setLong(++parameter, entry.position());
                }
                insert.executeUpdate();
            }
        }
    }

    /** An upsert, because it sets a different version for each row in one statement; the rows exist and are locked. */
    @Override
    public void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException {
        for (int from = 0; from < versions.size(); from += MAX_ROWS) {
            List<NewVersion> part = versions.subList(from, Math.min(versions.size(), from + MAX_ROWS));
            String sql = updateVersions.formatted(Statements.values("(?, ?, ?)", part.size()));
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                int parameter = 0;
                for (NewVersion version : part) {
                    update.setString(++parameter, version.rowId());
                    update.setLong(++parameter, version.key());
                    update.setLong(++parameter, version.version());
                }
                update.executeUpdate();
            }
        }
    }

    @Override
    public long takePositions(Connection connection, int count) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(takePositions, Statement.RETURN_GENERATED_KEYS)) {
            update.setInt(1, count);
            if (update.executeUpdate() == 0) {
                throw LostPositions.missing();
            }
            try (ResultSet last = update.getGeneratedKeys()) {
                if (!last.next()) {
                    throw LostPositions.missing();
                }
                return last.getLong(1) - count;
            }
        }
    }

    @Override
    public void insertEvents(Connection connection, List<NewRow> rows) throws SQLException {
        int from = 0;
        while (from < rows.size()) {
            long bytes = 0;
            int to = from;
            while (to < rows.size()
                    && to - from < MAX_ROWS
                    && (to == from || bytes + bytes(rows.get(to)) <= MAX_BYTES)) {
                bytes += bytes(rows.get(to++));
            }
            insert(connection, rows.subList(from, to));
            from = to;
        }
    }

    private static int bytes(NewRow row) {
        return row.entry().stored().payload().length
                + row.metadata().map(String::length).orElse(0);
    }

    private void insert(Connection connection, List<NewRow> rows) throws SQLException {
        String sql = insertEvents.formatted(Statements.values("(?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))", rows.size()));
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            int bound = 0;
            for (NewRow row : rows) {
                bound = row.bind(insert, bound, SqlTypes.MARIADB);
            }
            insert.executeUpdate();
        }
    }
}
