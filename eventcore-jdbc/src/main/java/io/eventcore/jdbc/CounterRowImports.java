package io.eventcore.jdbc;

import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.StreamLocks.Claim;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.transfer.ExportedEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.LongStream;

/** For engines on which one row hands out the positions: without this row there are none. */
final class CounterRowImports implements Imports {
    private static final int MAX_ROWS = 200;

    /** A statement, with what quoting adds, must fit what MariaDB accepts in one piece, by default 16 MiB. */
    private static final long MAX_BYTES = 4L * 1024 * 1024;

    /** Fits what the smallest server accepts in one piece, even at twice the size. */
    private static final long SURE_BYTES = 256 * 1024;

    /** The bytes of a statement without the values whose size varies. */
    private static final long STATEMENT_BYTES = 1_024;

    private final StreamLocks locks;
    private final EventWrites writes;
    private final SqlTypes types;
    private final String selectLargestStatement;
    private final String insertEvents;
    private final String lockCounter;
    private final String deleteCounter;
    private final String insertCounter;

    /**
     * Imports into these tables.
     *
     * @param selectLargestStatement asks for the maximum size of a statement in bytes; empty if there is no limit
     */
    CounterRowImports(
            TableNames names, StreamLocks locks, EventWrites writes, SqlTypes types, String selectLargestStatement) {
        this.selectLargestStatement = selectLargestStatement;
        this.locks = locks;
        this.writes = writes;
        this.types = types;
        this.insertEvents = names.in("""
                INSERT INTO eventcore_event
                    (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
                VALUES %s
                """);
        this.lockCounter = names.in("SELECT position FROM eventcore_position WHERE id = 1 FOR UPDATE");
        this.deleteCounter = names.in("DELETE FROM eventcore_position WHERE id = 1");
        this.insertCounter = names.in("INSERT INTO eventcore_position (id, position) VALUES (1, ?)");
    }

    @Override
    public Map<String, LockedStream> lock(Connection connection, SortedSet<String> rowIds) throws SQLException {
        SortedMap<String, Claim> claims = new TreeMap<>(RowIds.ORDER);
        rowIds.forEach(row -> claims.put(row, new Claim(true, true)));
        return locks.lock(connection, claims, true);
    }

    @Override
    public void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException {
        writes.updateVersions(connection, versions);
    }

    @Override
    public void insertInPlace(Connection connection, List<ImportedRow> rows) throws SQLException {
        insert(connection, rows, 0);
    }

    @Override
    public List<Long> insertAtEnd(Connection connection, List<ImportedRow> rows) throws SQLException {
        long first = writes.takePositions(connection, rows.size()) + 1;
        insert(connection, rows, first);
        return LongStream.range(first, first + rows.size()).boxed().toList();
    }

    @Override
    public void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException {
        writes.insertTagEntries(connection, entries);
    }

    /**
     * Stores events, each statement as many as it can hold.
     *
     * @param first the position of the first event; 0 if each event has its own position
     */
    private void insert(Connection connection, List<ImportedRow> rows, long first) throws SQLException {
        int from = 0;
        while (from < rows.size()) {
            long bytes = 0;
            int to = from;
            while (to < rows.size()
                    && to - from < MAX_ROWS
                    && (to == from || bytes + bytes(rows.get(to)) <= MAX_BYTES)) {
                bytes += bytes(rows.get(to++));
            }
            insertPart(connection, rows.subList(from, to), first == 0 ? 0 : first + from);
            from = to;
        }
    }

    private static long bytes(ImportedRow row) {
        return row.event().bytes();
    }

    private void insertPart(Connection connection, List<ImportedRow> rows, long first) throws SQLException {
        String sql = insertEvents.formatted(Statements.values("(?, ?, ?, ?, ?, ?, ?, ?)", rows.size()));
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            int bound = 0;
            for (int i = 0; i < rows.size(); i++) {
                ImportedRow row = rows.get(i);
                insert.setLong(++bound, first == 0 ? row.event().position().value() : first + i);
                insert.setLong(++bound, row.streamKey());
                types.bind(insert, ++bound, row.event().recordedAt());
                types.bind(insert, ++bound, row.event().id());
                insert.setLong(++bound, row.event().version().value());
                insert.setString(++bound, row.event().typeName());
                insert.setString(++bound, row.payload());
                Optional<String> metadata = row.metadata();
                if (metadata.isPresent()) {
                    insert.setString(++bound, metadata.get());
                } else {
                    insert.setNull(++bound, Types.VARCHAR);
                }
            }
            insert.executeUpdate();
        }
    }

    /** A transaction that has drawn a position holds the row until it ends. */
    @Override
    public void keepOthersOut(Connection connection) throws SQLException {
        Statements.list(connection, lockCounter, row -> row.getLong(1));
        writes.keepPositions(connection);
    }

    @Override
    public void holdAppends(Connection connection) throws SQLException {
        keepOthersOut(connection);
    }

    @Override
    public void takeAwayPositions(Connection connection) throws SQLException {
        Statements.update(connection, deleteCounter);
    }

    @Override
    public void giveBackPositions(Connection connection, long last) throws SQLException {
        Statements.update(connection, deleteCounter);
        Statements.update(connection, insertCounter, last);
    }

    @Override
    public boolean isDoubtful(ExportedEvent event) {
        return !selectLargestStatement.isEmpty() && event.bytes() > SURE_BYTES;
    }

    @Override
    public Optional<String> refusal(Connection connection, ExportedEvent event) throws SQLException {
        long largest = Statements.number(connection, selectLargestStatement, Long.MAX_VALUE);
        long needed = quotedBytes(event.payload()) + 2 * (event.bytes() - event.payload().length) + STATEMENT_BYTES;
        return needed <= largest
                ? Optional.empty()
                : Optional.of("it needs a statement of %d bytes, the server takes %d (max_allowed_packet)"
                        .formatted(needed, largest));
    }

    /** The size as sent by drivers that put values into the statement. */
    private static long quotedBytes(byte[] payload) {
        long bytes = payload.length;
        for (byte b : payload) {
            bytes += b == '"' || b == '\'' || b == '\\' || b == 0 ? 1 : 0;
        }
        return bytes;
    }

    @Override
    public long maxPosition() {
        return Long.MAX_VALUE / 2;
    }
}
