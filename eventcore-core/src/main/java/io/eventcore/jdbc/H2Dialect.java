package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** H2, embedded or in memory: statements cost little, so streams are locked one by one. */
final class H2Dialect extends StatementDialect {
    private static final int LOCK_TIMEOUT = 50200;

    private static final int ADMIN_RIGHTS_REQUIRED = 90040;

    private static final int CONCURRENT_UPDATE = 90131;

    /** Connection broken, database closed by somebody else. */
    private static final Set<Integer> CONNECTION_LOST = Set.of(90067, 90098, 90121);

    private final String lockStream;
    private final String lockFreeStream;
    private final String selectStream;
    private final String insertStream;
    private final String updateStream;
    private final String takePositions;
    private final String insertEvent;

    H2Dialect(TableNames names) {
        super(names);
        String select = "SELECT stream_key, version FROM eventcore_stream WHERE stream_id = ?";
        this.selectStream = names.in(select + andNotFromCache());
        this.lockStream = names.in(select + " FOR UPDATE");
        this.lockFreeStream = names.in(select + " FOR UPDATE SKIP LOCKED");
        this.insertStream = names.in("INSERT INTO eventcore_stream (stream_id, version) VALUES (?, 0)");
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
    }

    @Override
    String schemaScript() {
        return "schema-h2.sql";
    }

    @Override
    String rolesScript() {
        return "roles-h2.sql";
    }

    @Override
    String selectIndexColumns() {
        return """
                SELECT INDEX_NAME, LOWER(COLUMN_NAME), IS_UNIQUE
                FROM INFORMATION_SCHEMA.INDEX_COLUMNS
                WHERE LOWER(TABLE_SCHEMA) = %s AND LOWER(TABLE_NAME) = '%sevent'
                ORDER BY INDEX_NAME, ORDINAL_POSITION
                """.formatted(
                names().schema().isEmpty() ? "LOWER(CURRENT_SCHEMA)" : "'" + names().schema() + "'", names().prefix());
    }

    /**
     * By default H2 acknowledges a commit up to half a second before its file receives it. Each time it opens a file it
     * takes the delay from the URL, whatever was set before, so what is set here lasts only as long as the file is open:
     * it is kept open until the process ends.
     *
     * <p>A delay that the URL itself names is set again with every new connection. It cannot be undone, so it is refused.
     */
    @Override
    void makeCommitsLast(Connection connection) throws SQLException {
        WriteDelay delay = WriteDelay.of(connection);
        if (delay.longest == 0) {
            return;
        }
        if (delay.wasSet) {
            throw new EventStoreUnavailableException(
                    "H2's WRITE_DELAY was set to %d ms, so events would be lost when the process is killed: take it out of the URL, and let an administrator run SET WRITE_DELAY 0 if a statement set it"
                            .formatted(delay.longest),
                    null);
        }
        try (Statement set = connection.createStatement()) {
            set.execute("SET WRITE_DELAY 0");
            set.execute("SET DB_CLOSE_DELAY -1");
        } catch (SQLException e) {
            if (e.getErrorCode() != ADMIN_RIGHTS_REQUIRED) {
                throw e;
            }
            throw new EventStoreUnavailableException(
                    "H2 acknowledges commits %d ms before they are in its file, so events would be lost when the process is killed, and this user may not change that: an administrator must have run SET DB_CLOSE_DELAY -1 and SET WRITE_DELAY 0 since the file was opened"
                            .formatted(delay.longest),
                    e);
        }
    }

    /**
     * How long commits wait before they are in the file.
     *
     * @param longest the delay in milliseconds; 0 if there is none
     * @param wasSet whether somebody has set it, by a statement or by the URL, rather than left it at the default
     */
    private record WriteDelay(long longest, boolean wasSet) {
        static WriteDelay of(Connection connection) throws SQLException {
            // The delay in force, for a file, and the delay once set, if it ever was: two rows of one name.
            try (PreparedStatement query = connection.prepareStatement("""
                            SELECT MAX(CAST(SETTING_VALUE AS BIGINT)), MIN(CAST(SETTING_VALUE AS BIGINT)), COUNT(*)
                            FROM INFORMATION_SCHEMA.SETTINGS
                            WHERE SETTING_NAME = 'WRITE_DELAY'
                            """);
                    ResultSet row = query.executeQuery()) {
                row.next();
                return new WriteDelay(row.getLong(1), row.getLong(2) > 0 && row.getLong(3) > 1);
            }
        }
    }

    @Override
    Failure classify(SQLException e) {
        if (e.getErrorCode() == LOCK_TIMEOUT) {
            return Failure.TIMED_OUT;
        }
        if (e.getErrorCode() == CONCURRENT_UPDATE) {
            return Failure.TRANSIENT;
        }
        return CONNECTION_LOST.contains(e.getErrorCode())
                ? Failure.CONNECTION_LOST
                : Failure.bySqlState(e.getSQLState());
    }

    @Override
    Map<StreamId, LockedStream> lockStreams(Connection connection, SortedMap<StreamId, Claim> claims, boolean waits)
            throws SQLException {
        Map<StreamId, LockedStream> locked = new HashMap<>();
        for (Map.Entry<StreamId, Claim> claim : claims.entrySet()) {
            String id = claim.getKey().value();
            locked.put(claim.getKey(), lock(connection, id, claim.getValue().createsRow(), waits));
        }
        return locked;
    }

    private LockedStream lock(Connection connection, String id, boolean create, boolean waits) throws SQLException {
        LockedStream found = select(connection, waits ? lockStream : lockFreeStream, id);
        if (found != null) {
            return found;
        }
        if (!waits && select(connection, selectStream, id) != null) {
            return LockedStream.BUSY;
        }
        if (!create && !mayMissRows(connection)) {
            return LockedStream.ABSENT;
        }
        if (!insert(connection, id, waits)) {
            return LockedStream.BUSY;
        }
        found = select(connection, waits ? lockStream : lockFreeStream, id);
        if (found == null && waits) {
            // It is there for the unique key and not for us: created after the snapshot of this transaction, or gone
            // again.
            throw new SQLException("A stream was created by a concurrent transaction", "40001");
        }
        return found == null ? LockedStream.BUSY : found;
    }

    /** Whether a row may be there that this transaction, which reads an old snapshot, does not see. */
    private static boolean mayMissRows(Connection connection) throws SQLException {
        return connection.getTransactionIsolation() > Connection.TRANSACTION_READ_COMMITTED;
    }

    /** Creates a row unless it is there; false if another transaction is creating it and waiting is not wanted. */
    private boolean insert(Connection connection, String id, boolean waits) throws SQLException {
        long before = waits ? -1 : lockTimeout(connection, 50);
        try (PreparedStatement insert = connection.prepareStatement(insertStream)) {
            insert.setString(1, id);
            insert.executeUpdate();
            return true;
        } catch (SQLException e) {
            if (!waits && e.getErrorCode() == LOCK_TIMEOUT) {
                return false;
            }
            if (classify(e) != Failure.DUPLICATE) {
                throw e;
            }
            // Somebody else created it between our two statements, and it is there for us to lock.
            return true;
        } finally {
            if (before >= 0) {
                lockTimeout(connection, before);
            }
        }
    }

    /** Sets how long this session waits for locks, in milliseconds, and returns what it was. */
    private static long lockTimeout(Connection connection, long millis) throws SQLException {
        long before = queryLong(connection, "SELECT LOCK_TIMEOUT()", 0);
        try (Statement set = connection.createStatement()) {
            set.execute("SET LOCK_TIMEOUT " + millis);
        }
        return before;
    }

    @Override
    long lockTimeoutMillis(Connection connection) throws SQLException {
        return queryLong(connection, "SELECT LOCK_TIMEOUT()", 0);
    }

    @Override
    LockTimeout shortenLockTimeout(Connection connection) throws SQLException {
        long before = lockTimeout(connection, 20);
        return () -> lockTimeout(connection, before);
    }

    private static @Nullable LockedStream select(Connection connection, String sql, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? LockedStream.found(row.getLong(1), row.getLong(2)) : null;
            }
        }
    }

    @Override
    void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException {
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
    void insertEvents(Connection connection, List<NewRow> rows) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(insertEvent)) {
            for (NewRow row : rows) {
                bind(insert, 0, row);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    @Override
    long takePositions(Connection connection, int count) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(takePositions)) {
            update.setInt(1, count);
            try (ResultSet row = update.executeQuery()) {
                row.next();
                return row.getLong(1) - count;
            }
        }
    }

    @Override
    String nowPlusMillis() {
        return "DATEADD('MILLISECOND', ?, CURRENT_TIMESTAMP(6))";
    }

    /** H2 compares texts by their UTF-16 form. */
    @Override
    String inByteOrder(String expression) {
        return "STRINGTOUTF8(" + expression + ")";
    }

    /**
     * A session keeps the result of its last query and takes it for the next of the same text as long as no table of it
     * counts as changed. At a commit that is noted after the change is visible, and table by table: the last position would
     * be the new one and the page the old one, or the other way round. And a session asks for the number of the newest
     * change after it has taken its snapshot: a commit in between makes an old result count as newer than that commit, until
     * the table is changed again.
     */
    @Override
    String andNotFromCache() {
        return " AND RAND() >= 0";
    }

    @Override
    String matchesRegex(String expression) {
        return "REGEXP_LIKE(" + expression + ", ?)";
    }
}
