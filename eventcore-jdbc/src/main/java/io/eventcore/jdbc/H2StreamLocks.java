package io.eventcore.jdbc;

import io.eventcore.jdbc.StreamLocks.Claim;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** H2, embedded or in memory: statements cost little, so streams are locked one by one. */
final class H2StreamLocks implements StreamLocks {
    private final String select;
    private final String lock;
    private final String lockFree;
    private final String insert;

    H2StreamLocks(TableNames names) {
        String stream = "SELECT stream_key, version FROM eventcore_stream WHERE stream_id = ?";
        this.select = names.in(stream + SqlExpressions.H2.andNotFromCache());
        this.lock = names.in(stream + " FOR UPDATE");
        this.lockFree = names.in(stream + " FOR UPDATE SKIP LOCKED");
        this.insert = names.in("INSERT INTO eventcore_stream (stream_id, version) VALUES (?, 0)");
    }

    @Override
    public Map<String, LockedStream> lock(Connection connection, SortedMap<String, Claim> claims, boolean waits)
            throws SQLException {
        Map<String, LockedStream> locked = new HashMap<>();
        for (Map.Entry<String, Claim> claim : claims.entrySet()) {
            locked.put(
                    claim.getKey(),
                    lock(connection, claim.getKey(), claim.getValue().createsRow(), waits));
        }
        return locked;
    }

    private LockedStream lock(Connection connection, String id, boolean create, boolean waits) throws SQLException {
        LockedStream found = select(connection, waits ? lock : lockFree, id);
        if (found != null) {
            return found;
        }
        if (!waits && select(connection, select, id) != null) {
            return LockedStream.BUSY;
        }
        if (!create && !mayMissRows(connection)) {
            return LockedStream.ABSENT;
        }
        if (!insert(connection, id, waits)) {
            return LockedStream.BUSY;
        }
        found = select(connection, waits ? lock : lockFree, id);
        if (found == null && waits) {
            // The unique key sees the row, but this transaction does not: it was created after the snapshot, or is gone
            // again.
            throw new SQLException("A stream was created by a concurrent transaction", "40001");
        }
        return found == null ? LockedStream.BUSY : found;
    }

    /** Whether a row may exist that this transaction, with its old snapshot, does not see. */
    private static boolean mayMissRows(Connection connection) throws SQLException {
        return connection.getTransactionIsolation() > Connection.TRANSACTION_READ_COMMITTED;
    }

    /** Creates a missing row; false if another transaction is creating it and this one may not wait. */
    private boolean insert(Connection connection, String id, boolean waits) throws SQLException {
        LockTimeouts.Restore before = waits ? () -> {} : LockTimeouts.setH2(connection, 50);
        try (PreparedStatement insert = connection.prepareStatement(this.insert)) {
            insert.setString(1, id);
            insert.executeUpdate();
            return true;
        } catch (SQLException e) {
            if (!waits && e.getErrorCode() == SqlErrors.H2_LOCK_TIMEOUT) {
                return false;
            }
            if (SqlErrors.H2.classify(e) != Failure.DUPLICATE) {
                throw e;
            }
            // Another transaction created the row between our two statements; we can lock it now.
            return true;
        } finally {
            before.restore();
        }
    }

    private static @Nullable LockedStream select(Connection connection, String sql, String id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, id);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? LockedStream.found(row.getLong(1), row.getLong(2)) : null;
            }
        }
    }
}
