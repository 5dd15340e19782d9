package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.internal.OwnThreads;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.jdbc.datasource.init.ScriptException;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/**
 * MariaDB, by its own driver or that of MySQL.
 *
 * <p>Every round trip counts, so statements take many rows. A transaction that waits for a lock while it holds others
 * takes them in the order of the stream ids, row by row where rows may be missing; a transaction that takes them in
 * another order (a batch) never waits. The stream id is the primary key: a duplicate there locks the row alone, where a
 * duplicate in another index locks the gap before it too, even at READ COMMITTED, and so the streams of others.
 */
class MariaDbDialect extends StatementDialect {
    private static final Logger LOG = LoggerFactory.getLogger(MariaDbDialect.class);

    private static final int LOCK_WAIT_TIMEOUT = 1205;

    /** Deadlock, row changed since the snapshot (innodb_snapshot_isolation), lock not available at once (MySQL). */
    private static final Set<Integer> TRANSIENT = Set.of(1213, 1020, 3572);

    /** Lock wait time-out, statement time-out (MariaDB, MySQL), statement killed. */
    private static final Set<Integer> TIMED_OUT = Set.of(LOCK_WAIT_TIMEOUT, 1969, 3024, 1317);

    /** Connection killed, server shutting down. */
    private static final Set<Integer> CONNECTION_LOST = Set.of(1927, 1053);

    /** The driver has reconnected, and what was in progress is lost. */
    private static final String RECONNECTED = "25S03";

    private static final int DUPLICATE_KEY = 1062;

    private static final int NO_SUCH_SAVEPOINT = 1305;

    private static final String MARK = "eventcore_mark";

    /** Larger than the server takes in one piece; its SQLState speaks of the connection. */
    private static final int PACKET_TOO_LARGE = 1153;

    /** Beyond 1000 values MariaDB makes a table of a list, and the order in which rows are locked is no longer ours. */
    private static final int MAX_IDS = 500;

    private static final int MAX_ROWS = 500;

    /** How often a row is created without waiting. It takes another try only if whoever was creating it rolled back. */
    private static final int MAX_ATTEMPTS_AT_ONCE = 5;

    private static final String LAST_CODE_POINTS =
            Character.toString(Character.MAX_CODE_POINT).repeat(255);

    /** A statement must fit the server's max_allowed_packet, 16 MiB by default, with what quoting adds. */
    private static final long MAX_BYTES = 4L * 1024 * 1024;

    /** Lets a statement fail instead of waiting for a lock. */
    private static final String AT_ONCE = "SET STATEMENT innodb_lock_wait_timeout = 0 FOR ";

    /** What a session may change on the way: quotes, backslashes, letters of one to four bytes, a backslash at the end. */
    private static final String HOSTILE_TEXT = "G\u00e9'\"`%_\u0142\u9375\ud83d\ude00\\0\\";

    /** Nobody limits answers to more rows than this without meaning any number. */
    private static final BigDecimal ROWS_ENOUGH = BigDecimal.valueOf(Integer.MAX_VALUE);

    private final String selectStreams;
    private final String insertStreams;
    private final String updateVersions;
    private final String takePositions;
    private final String insertEvents;

    MariaDbDialect(TableNames names) {
        super(names);
        // Without the hint a small table is scanned, which waits for locks on streams that nobody asked for.
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
        this.updateVersions = names.in("""
                INSERT INTO eventcore_stream (stream_id, stream_key, version)
                VALUES %s
                ON DUPLICATE KEY UPDATE version = VALUES(version)
                """);
        // The new value comes back with the answer, where an auto-increment value would.
        this.takePositions =
                names.in("UPDATE eventcore_position SET position = LAST_INSERT_ID(position + ?) WHERE id = 1");
        this.insertEvents = names.in("""
                INSERT INTO eventcore_event
                    (position, stream_key, event_id, version, type, payload, metadata, recorded_at)
                VALUES %s
                """);
    }

    /**
     * The dialect of a server that calls itself MariaDB or MySQL. Drivers are not asked: that of MySQL takes every
     * MariaDB for a MySQL.
     *
     * @throws UnsupportedDatabaseException if the server is too old
     */
    static Dialect of(Connection connection, TableNames names) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT VERSION()");
                ResultSet row = query.executeQuery()) {
            row.next();
            String version = row.getString(1);
            if (version.contains("MariaDB")) {
                new DatabaseServer("MariaDB", version).atLeast("10.6");
                return new MariaDbDialect(names);
            }
            new DatabaseServer("MySQL", version).atLeast("8.0.29");
            return new MySqlDialect(names);
        }
    }

    @Override
    final Sessions sessions() {
        return new Sessions(
                this::checkSession,
                Stream.of("org.mariadb.jdbc.Connection", "com.mysql.cj.jdbc.JdbcConnection")
                        .flatMap(name -> Sessions.driver(name).stream())
                        .toList());
    }

    /**
     * Whether texts arrive as they were sent, in both directions, and answers are whole. What a session changes would be
     * stored for good, or make one stream look like another.
     */
    private void checkSession(Connection connection) throws SQLException {
        for (String beginning : beginnings()) {
            checkTexts(connection, beginning);
        }
    }

    /**
     * How statements with texts begin that a driver sends in different ways: that of MySQL has the server prepare, if it
     * may, what it knows for a query or a change, and writes the texts of all others into the statement.
     */
    List<String> beginnings() {
        return List.of("", AT_ONCE);
    }

    private static void checkTexts(Connection connection, String beginning) throws SQLException {
        byte[] utf8 = HOSTILE_TEXT.getBytes(StandardCharsets.UTF_8);
        String hex = HexFormat.of().withUpperCase().formatHex(utf8);
        String sql = beginning + "SELECT HEX(CONVERT(? USING utf8mb4)), CONVERT(X'" + hex
                + "' USING utf8mb4), CAST(@@SESSION.sql_select_limit AS CHAR)";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, HOSTILE_TEXT);
            query.execute();
            try (ResultSet row = query.getResultSet()) {
                row.next();
                if (!hex.equals(row.getString(1))
                        || !HOSTILE_TEXT.equals(row.getString(2))
                        || !Arrays.equals(utf8, row.getBytes(2))) {
                    throw new EventStoreUnavailableException(
                            "The session changes texts on their way to the database or back, so events would be stored or read wrongly: the connection's character set must be utf8mb4, and sql_mode must not contain NO_BACKSLASH_ESCAPES unless the driver knows it (look at the URL, the pool's first statement and the server's init_connect)",
                            null);
                }
                if (new BigDecimal(row.getString(3)).compareTo(ROWS_ENOUGH) < 0) {
                    throw new EventStoreUnavailableException(
                            "The session cuts answers after %s rows, so events would be missed: sql_select_limit must not be set"
                                    .formatted(row.getString(3)),
                            null);
                }
            }
        }
    }

    /** Whatever the time zone of the session. */
    @Override
    String currentTime() {
        return "UTC_TIMESTAMP(6)";
    }

    @Override
    String schemaScript() {
        return "schema-mariadb.sql";
    }

    @Override
    final String rolesScript() {
        return "roles-mariadb.sql";
    }

    @Override
    final String selectIndexColumns() {
        return """
                SELECT index_name, lower(column_name), non_unique = 0
                FROM information_schema.statistics
                WHERE table_schema = %s AND table_name = '%sevent'
                ORDER BY index_name, seq_in_index
                """.formatted(
                        names().schema().isEmpty() ? "DATABASE()" : "'" + names().schema() + "'", names().prefix());
    }

    /** Neither server takes several statements at once unless the URL allows it. */
    @Override
    final void runScript(Connection connection, String script) throws SQLException {
        try {
            ScriptUtils.executeSqlScript(connection, new ByteArrayResource(script.getBytes(StandardCharsets.UTF_8)));
        } catch (ScriptException e) {
            throw e.getCause() instanceof SQLException cause ? cause : new SQLException(e);
        }
    }

    @Override
    final Failure classify(SQLException e) {
        int code = e.getErrorCode();
        if (TRANSIENT.contains(code)) {
            return Failure.TRANSIENT;
        }
        if (TIMED_OUT.contains(code)) {
            return Failure.TIMED_OUT;
        }
        if (code == DUPLICATE_KEY) {
            return Failure.DUPLICATE;
        }
        if (code == PACKET_TOO_LARGE) {
            return Failure.REFUSED;
        }
        return CONNECTION_LOST.contains(code) || RECONNECTED.equals(e.getSQLState())
                ? Failure.CONNECTION_LOST
                : Failure.bySqlState(e.getSQLState());
    }

    @Override
    final long lockTimeoutMillis(Connection connection) throws SQLException {
        return 1_000 * queryLong(connection, "SELECT @@innodb_lock_wait_timeout", 0);
    }

    /** Seconds; 0 is the least that MariaDB takes, and 1 for MySQL. */
    long shortestLockTimeout() {
        return 0;
    }

    @Override
    final LockTimeout shortenLockTimeout(Connection connection) throws SQLException {
        long before = queryLong(connection, "SELECT @@innodb_lock_wait_timeout", 0);
        execute(connection, "SET SESSION innodb_lock_wait_timeout = " + shortestLockTimeout());
        return () -> execute(connection, "SET SESSION innodb_lock_wait_timeout = " + before);
    }

    /** The statements that begin a transaction at READ COMMITTED. */
    List<String> begin() {
        return List.of("BEGIN NOT ATOMIC SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION; END");
    }

    /** What a locking read that others may share ends with. */
    String shared() {
        return " LOCK IN SHARE MODE";
    }

    /**
     * By statements, which costs two round trips; by the methods of the connection it would be up to seven, since those
     * ask for the isolation level and restore it.
     */
    @Override
    final <T> T inOwnTransaction(Connection connection, Transaction<T> transaction) throws SQLException {
        boolean done = false;
        try {
            start(connection);
            T result = transaction.run();
            commit(connection);
            done = true;
            return result;
        } finally {
            if (!done) {
                rollBack(connection);
            }
        }
    }

    private void start(Connection connection) throws SQLException {
        for (String statement : begin()) {
            execute(connection, statement);
        }
    }

    /** A commit that fails may have happened all the same, unless the server says that it rolled back. */
    private static void commit(Connection connection) throws SQLException {
        try {
            execute(connection, "COMMIT");
        } catch (SQLException e) {
            throw Failure.inDoubt(e);
        }
    }

    /** A transaction that cannot be ended must not get to the next user of the connection. */
    private static void rollBack(Connection connection) {
        try {
            execute(connection, "ROLLBACK");
        } catch (SQLException e) {
            LOG.debug("A transaction could not be rolled back, its connection is closed", OwnThreads.redacted(e));
            try {
                connection.abort(Runnable::run);
            } catch (SQLException gone) {
                LOG.debug("The connection could not be closed", OwnThreads.redacted(gone));
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    final Map<StreamId, LockedStream> lockStreams(
            Connection connection, SortedMap<StreamId, Claim> claims, boolean waits) throws SQLException {
        if (waits) {
            return lockInOrder(connection, claims);
        }
        try {
            return lockFree(connection, claims, true);
        } catch (SQLException e) {
            Failure failure = classify(e);
            if (failure != Failure.TRANSIENT && failure != Failure.TIMED_OUT) {
                throw e;
            }
            // Somebody is creating one of the streams. The server may have rolled back more than the statement, so the
            // batch, which has written nothing yet, begins again and leaves streams without a row to those who wait.
            execute(connection, "ROLLBACK");
            start(connection);
            return lockFree(connection, claims, false);
        }
    }

    /** Locks the streams of an append that may wait. */
    private Map<StreamId, LockedStream> lockInOrder(Connection connection, SortedMap<StreamId, Claim> claims)
            throws SQLException {
        Map<StreamId, LockedStream> locked = new HashMap<>();
        // Streams that must be there, one after the other, are locked by one statement, which keeps their order.
        List<StreamId> run = new ArrayList<>();
        boolean writes = false;
        for (Map.Entry<StreamId, Claim> entry : claims.entrySet()) {
            Claim claim = entry.getValue();
            if (claim.createsRow() || claim.writes() != writes || run.size() == MAX_IDS) {
                locked.putAll(select(connection, run, writes ? " FOR UPDATE" : shared()));
                run.clear();
                writes = claim.writes();
            }
            if (claim.createsRow()) {
                locked.putAll(create(connection, entry.getKey()));
            } else {
                run.add(entry.getKey());
            }
        }
        locked.putAll(select(connection, run, writes ? " FOR UPDATE" : shared()));
        return locked;
    }

    /**
     * Locks a row and creates it if need be.
     *
     * <p>It begins with the insert: to look for the row first would, in a caller's REPEATABLE READ, lock the gap where it
     * is missing, and two that have locked one gap cannot insert into it. The insert does not wait, and a locking read
     * does it instead: when the row that it waits for is rolled back, waiting inserts are left with locks on the gap.
     */
    Map<StreamId, LockedStream> create(Connection connection, StreamId id) throws SQLException {
        List<StreamId> ids = List.of(id);
        for (int attempt = 0; attempt < MAX_ATTEMPTS_AT_ONCE; attempt++) {
            try {
                return createAtOnce(connection, ids);
            } catch (SQLException e) {
                if (e.getErrorCode() != LOCK_WAIT_TIMEOUT || !isInTransaction(connection)) {
                    throw e;
                }
            }
            Map<StreamId, LockedStream> found = select(connection, ids, " FOR UPDATE");
            if (!found.isEmpty()) {
                return found;
            }
        }
        return insert(connection, "", ids);
    }

    /** Where innodb_rollback_on_timeout is set, a time-out ends more than the statement. */
    private static boolean isInTransaction(Connection connection) throws SQLException {
        return queryLong(connection, "SELECT @@in_transaction", 0) == 1;
    }

    /** Locks the streams of a batch that nobody else has locked. */
    private Map<StreamId, LockedStream> lockFree(
            Connection connection, SortedMap<StreamId, Claim> claims, boolean creates) throws SQLException {
        List<StreamId> written = new ArrayList<>();
        List<StreamId> guarded = new ArrayList<>();
        claims.forEach((id, claim) -> (claim.writes() ? written : guarded).add(id));

        Map<StreamId, LockedStream> locked = new HashMap<>();
        locked.putAll(select(connection, written, " FOR UPDATE SKIP LOCKED"));
        locked.putAll(select(connection, guarded, shared() + " SKIP LOCKED"));
        if (locked.size() == claims.size()) {
            return locked;
        }
        SortedMap<StreamId, Claim> missing = new TreeMap<>(claims);
        missing.keySet().removeAll(locked.keySet());
        for (StreamId id : select(connection, missing.keySet(), "").keySet()) {
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

    /** The rows of those of the streams that have one. */
    final Map<StreamId, LockedStream> select(Connection connection, Collection<StreamId> ids, String lock)
            throws SQLException {
        Map<StreamId, LockedStream> found = new HashMap<>();
        for (List<StreamId> part : parts(ids)) {
            String sql = selectStreams.formatted("?" + ", ?".repeat(part.size() - 1)) + lock;
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                bindIds(query, part);
                read(query.executeQuery(), found);
            }
        }
        return found;
    }

    /** Creates and locks rows, or fails at once if another transaction is creating one of them. */
    Map<StreamId, LockedStream> createAtOnce(Connection connection, Collection<StreamId> ids) throws SQLException {
        return insert(connection, AT_ONCE, ids);
    }

    private Map<StreamId, LockedStream> insert(Connection connection, String before, Collection<StreamId> ids)
            throws SQLException {
        Map<StreamId, LockedStream> created = new HashMap<>();
        for (List<StreamId> part : parts(ids)) {
            String sql = before + insertStreams(part.size()) + " RETURNING stream_id, stream_key, version";
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                bindIds(insert, part);
                // The driver of MySQL takes no INSERT for a query.
                insert.execute();
                read(insert.getResultSet(), created);
            }
        }
        return created;
    }

    final String insertStreams(int rows) {
        return insertStreams.formatted(values("(?, 0)", rows));
    }

    static void bindIds(PreparedStatement statement, List<StreamId> ids) throws SQLException {
        for (int i = 0; i < ids.size(); i++) {
            statement.setString(i + 1, ids.get(i).value());
        }
    }

    private static void read(ResultSet rows, Map<StreamId, LockedStream> into) throws SQLException {
        try (rows) {
            while (rows.next()) {
                into.put(ForeignIds.read(rows.getString(1)), LockedStream.found(rows.getLong(2), rows.getLong(3)));
            }
        }
    }

    static List<List<StreamId>> parts(Collection<StreamId> ids) {
        List<StreamId> all = List.copyOf(ids);
        List<List<StreamId>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += MAX_IDS) {
            parts.add(all.subList(from, Math.min(all.size(), from + MAX_IDS)));
        }
        return parts;
    }

    private static String values(String row, int rows) {
        return String.join(", ", Collections.nCopies(rows, row));
    }

    /** An upsert, because it sets another version for each row in one statement; the rows are there and locked. */
    @Override
    final void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException {
        for (int from = 0; from < versions.size(); from += MAX_IDS) {
            List<NewVersion> part = versions.subList(from, Math.min(versions.size(), from + MAX_IDS));
            String sql = updateVersions.formatted(values("(?, ?, ?)", part.size()));
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                int parameter = 0;
                for (NewVersion version : part) {
                    update.setString(++parameter, version.streamId().value());
                    update.setLong(++parameter, version.key());
                    update.setLong(++parameter, version.version());
                }
                update.executeUpdate();
            }
        }
    }

    @Override
    final long takePositions(Connection connection, int count) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(takePositions, Statement.RETURN_GENERATED_KEYS)) {
            update.setInt(1, count);
            update.executeUpdate();
            try (ResultSet last = update.getGeneratedKeys()) {
                if (!last.next()) {
                    throw new SQLException("The row that gives positions away is missing", "HY000");
                }
                return last.getLong(1) - count;
            }
        }
    }

    @Override
    final void insertEvents(Connection connection, List<NewRow> rows) throws SQLException {
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
        String sql = insertEvents.formatted(values("(?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))", rows.size()));
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            int bound = 0;
            for (NewRow row : rows) {
                bound = bind(insert, bound, row);
            }
            insert.executeUpdate();
        }
    }

    /** Without the hint a small table is scanned, which waits for events of streams that this append does not touch. */
    @Override
    final String byStreamAndVersion() {
        return " FORCE INDEX (stream_key)";
    }

    /** A read without a lock would see the snapshot of a caller's REPEATABLE READ. */
    @Override
    final String newest(String query) {
        return query + " LOCK IN SHARE MODE";
    }

    /**
     * Not by LIKE: with this collation MariaDB (11.4) looks for "a%" in an index up to U+FFFF only, and misses the ids
     * that go on with a code point beyond.
     */
    @Override
    final String beginsWith(String expression) {
        return expression + " BETWEEN ? AND ?";
    }

    /** No id that begins with the prefix comes after the prefix with the last code point as often as an id has room. */
    @Override
    final List<String> prefixParameters(String prefix) {
        return List.of(prefix, prefix + LAST_CODE_POINTS);
    }

    @Override
    final String nowPlusMillis() {
        return "TIMESTAMPADD(MICROSECOND, ? * 1000, UTC_TIMESTAMP(6))";
    }

    @Override
    final String matchesRegex(String expression) {
        return expression + " REGEXP ?";
    }

    @Override
    final void bind(PreparedStatement statement, int parameter, UUID id) throws SQLException {
        statement.setBytes(
                parameter,
                ByteBuffer.allocate(2 * Long.BYTES)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array());
    }

    @Override
    final UUID uuid(ResultSet row, int column) throws SQLException {
        ByteBuffer bytes = ByteBuffer.wrap(row.getBytes(column));
        return new UUID(bytes.getLong(), bytes.getLong());
    }

    /** A text arrives as its UTF-8 bytes. */
    @Override
    final byte @Nullable [] utf8OrNull(ResultSet row, int column) throws SQLException {
        return row.getBytes(column);
    }

    /** Stored in UTC as a date and a time without a zone, so that no time zone of a session or a driver matters. */
    @Override
    final Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
    }

    /** A savepoint: a rollback of the whole transaction takes it away. */
    @Override
    final Optional<TransactionMark> markBeginning(Connection connection) throws SQLException {
        execute(connection, "SAVEPOINT " + MARK);
        return Optional.of(new TransactionMark(TransactionMark.Kind.BEGINNING, marked -> {
            try {
                execute(marked, "RELEASE SAVEPOINT " + MARK);
                return true;
            } catch (SQLException e) {
                if (e.getErrorCode() == NO_SUCH_SAVEPOINT) {
                    return false;
                }
                throw e;
            }
        }));
    }
}
