package io.eventcore.jdbc;

import io.eventcore.EventTag;
import io.eventcore.jdbc.StreamLocks.Claim;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * MariaDB, by its own driver or that of MySQL.
 *
 * <p>Every round trip counts, so statements take many rows. A transaction that waits for a lock while it holds other
 * locks takes them in the order of the stream ids, and row by row if rows may be missing. A transaction that takes them
 * in a different order (a batch) never waits. The stream id is the primary key: a duplicate there locks only the row. A
 * duplicate in another index also locks the gap before it, even at READ COMMITTED, and so the streams of other
 * transactions.
 */
class MariaDbStreamLocks implements StreamLocks {
    /**
     * Beyond 1000 values MariaDB turns a list into a table, and we no longer control the order in which rows are
     * locked.
     */
    private static final int MAX_IDS = 500;

    /**
     * How often this tries to create a row without waiting. A further try is needed only if the transaction that was
     * creating the row rolled back.
     */
    private static final int MAX_ATTEMPTS_AT_ONCE = 5;

    /** Lets a statement fail instead of waiting for a lock. */
    static final String AT_ONCE = "SET STATEMENT innodb_lock_wait_timeout = 0 FOR ";

    private final MariaDbTransactions transactions;
    private final String selectStreams;
    private final String insertStreams;

    MariaDbStreamLocks(TableNames names, MariaDbTransactions transactions) {
        this.transactions = transactions;
        // Without the hint the server scans a small table, and waits for locks on streams that nobody asked for.
        this.selectStreams = names.in("""
                SELECT stream_id, stream_key, version
                FROM eventcore_stream FORCE INDEX (PRIMARY)
                WHERE stream_id IN (%s)
                ORDER BY stream_id
                """);
        this.insertStreams = names.in("""
                INSERT INTO eventcore_stream (stream_id, version)
                VALUES %s
                ON DUPLICATE KEY UPDATE version = version
                """);
    }

    /** The end of a locking read whose lock other transactions may share. */
    String shared() {
        return " LOCK IN SHARE MODE";
    }

    @Override
    public Map<String, LockedStream> lock(Connection connection, SortedMap<String, Claim> claims, boolean waits)
            throws SQLException {
        if (waits) {
            return lockInOrder(connection, claims);
        }
        try {
            return lockFree(connection, claims, true);
        } catch (SQLException e) {
            Failure failure = SqlErrors.MARIADB.classify(e);
            if (failure != Failure.TRANSIENT && failure != Failure.TIMED_OUT) {
                throw e;
            }
            // Another transaction is creating one of the streams. The server may have rolled back more than the
            // statement. The batch has written nothing yet: it begins again and leaves streams without a row to the
            // appends that wait.
            Statements.execute(connection, "ROLLBACK");
            transactions.start(connection);
            return lockFree(connection, claims, false);
        }
    }

    /** Locks the streams of an append that may wait. */
    private Map<String, LockedStream> lockInOrder(Connection connection, SortedMap<String, Claim> claims)
            throws SQLException {
        Map<String, LockedStream> locked = new HashMap<>();
        // Existing streams that follow one another are locked by one statement, which keeps their order.
        List<String> run = new ArrayList<>();
        boolean writes = false;
        Set<String> present = presentTags(connection, claims);
        for (Map.Entry<String, Claim> entry : claims.entrySet()) {
            Claim claim = entry.getValue();
            boolean creates = claim.createsRow() && !present.contains(entry.getKey());
            if (creates || claim.writes() != writes || run.size() == MAX_IDS) {
                locked.putAll(select(connection, run, writes ? " FOR UPDATE" : shared()));
                run.clear();
                writes = claim.writes();
            }
            if (creates) {
                locked.putAll(create(connection, entry.getKey()));
            } else {
                run.add(entry.getKey());
            }
        }
        locked.putAll(select(connection, run, writes ? " FOR UPDATE" : shared()));
        return locked;
    }

    /**
     * The tags whose rows exist, as most do, so that they need not be created one by one. A locking read would lock the
     * gap of a missing row, so this is none. An existing row stays; a row may be missing only in an old snapshot.
     */
    private Set<String> presentTags(Connection connection, SortedMap<String, Claim> claims) throws SQLException {
        List<String> tags = claims.keySet().stream().filter(EventTag::isRow).toList();
        return tags.isEmpty() ? Set.of() : select(connection, tags, "").keySet();
    }

    /**
     * Locks a row and creates a missing one.
     *
     * <p>It begins with the insert. A look for the row first would, in a caller's REPEATABLE READ, lock the gap of a
     * missing row, and two transactions that have locked one gap cannot insert into it. The insert does not wait; a
     * locking read waits instead: when the awaited row is rolled back, waiting inserts would be left with locks on the
     * gap.
     */
    Map<String, LockedStream> create(Connection connection, String id) throws SQLException {
        List<String> ids = List.of(id);
        for (int attempt = 0; attempt < MAX_ATTEMPTS_AT_ONCE; attempt++) {
            try {
                return createAtOnce(connection, ids);
            } catch (SQLException e) {
                if (e.getErrorCode() != SqlErrors.MARIADB_LOCK_WAIT_TIMEOUT || !isInTransaction(connection)) {
                    throw e;
                }
            }
            Map<String, LockedStream> found = select(connection, ids, " FOR UPDATE");
            if (!found.isEmpty()) {
                return found;
            }
        }
        return insert(connection, "", ids);
    }

    /** With innodb_rollback_on_timeout, a time-out ends more than the statement. */
    private static boolean isInTransaction(Connection connection) throws SQLException {
        return Statements.number(connection, "SELECT @@in_transaction", 0) == 1;
    }

    /** Locks the streams of a batch that no other transaction has locked. */
    private Map<String, LockedStream> lockFree(Connection connection, SortedMap<String, Claim> claims, boolean creates)
            throws SQLException {
        List<String> written = new ArrayList<>();
        List<String> guarded = new ArrayList<>();
        claims.forEach((id, claim) -> (claim.writes() ? written : guarded).add(id));

        Map<String, LockedStream> locked = new HashMap<>();
        locked.putAll(select(connection, written, " FOR UPDATE SKIP LOCKED"));
        locked.putAll(select(connection, guarded, shared() + " SKIP LOCKED"));
        if (locked.size() == claims.size()) {
            return locked;
        }
        SortedMap<String, Claim> missing = new TreeMap<>(claims);
        missing.keySet().removeAll(locked.keySet());
        for (String id : select(connection, missing.keySet(), "").keySet()) {
            locked.put(id, LockedStream.BUSY);
            missing.remove(id);
        }
        missing.values().removeIf(claim -> !claim.createsRow());
        if (creates) {
            locked.putAll(createAtOnce(connection, missing.keySet()));
        } else {
            missing.keySet().forEach(id -> locked.put(id, LockedStream.BUSY));
        }
        return locked;
    }

    /** The rows of those streams that have one. */
    Map<String, LockedStream> select(Connection connection, Collection<String> ids, String lock) throws SQLException {
        Map<String, LockedStream> found = new HashMap<>();
        for (List<String> part : parts(ids)) {
            String sql = selectStreams.formatted("?" + ", ?".repeat(part.size() - 1)) + lock;
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                bindIds(query, part);
                read(query.executeQuery(), found);
            }
        }
        return found;
    }

    /** Creates and locks rows, or fails at once if another transaction is creating one of them. */
    Map<String, LockedStream> createAtOnce(Connection connection, Collection<String> ids) throws SQLException {
        return insert(connection, AT_ONCE, ids);
    }

    private Map<String, LockedStream> insert(Connection connection, String before, Collection<String> ids)
            throws SQLException {
        Map<String, LockedStream> created = new HashMap<>();
        for (List<String> part : parts(ids)) {
            String sql = before + insertStreams(part.size()) + " RETURNING stream_id, stream_key, version";
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                bindIds(insert, part);
                // The MySQL driver does not accept an INSERT as a query.
                insert.execute();
                read(insert.getResultSet(), created);
            }
        }
        return created;
    }

    String insertStreams(int rows) {
        return insertStreams.formatted(Statements.values("(?, 0)", rows));
    }

    static void bindIds(PreparedStatement statement, List<String> ids) throws SQLException {
        for (int i = 0; i < ids.size(); i++) {
            statement.setString(i + 1, ids.get(i));
        }
    }

    private static void read(ResultSet rows, Map<String, LockedStream> into) throws SQLException {
        try (rows) {
            while (rows.next()) {
                into.put(rows.getString(1), LockedStream.found(rows.getLong(2), rows.getLong(3)));
            }
        }
    }

    static List<List<String>> parts(Collection<String> ids) {
        List<String> all = List.copyOf(ids);
        List<List<String>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += MAX_IDS) {
            parts.add(all.subList(from, Math.min(all.size(), from + MAX_IDS)));
        }
        return parts;
    }
}
