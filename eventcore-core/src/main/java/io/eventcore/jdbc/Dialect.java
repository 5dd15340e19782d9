package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.EventFilter;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.CommandId;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.LogEnd.Mark;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What differs between the engines. Standard SQL is the default; an engine overrides only what it does otherwise.
 *
 * <p>Holds no state of the store, safe for any number of threads.
 */
abstract class Dialect {
    private static final Logger LOG = LoggerFactory.getLogger(Dialect.class);

    /** How many streams are looked up by one statement. */
    private static final int MAX_KEYS = 1_000;

    /** How many events are looked for by one statement. */
    private static final int MAX_IDS = 500;

    private final TableNames names;
    private final String selectVersion;
    private final String selectStream;
    private final String selectStreamPage;
    private final String selectCut;
    private final String selectSizes;
    private final String selectPayloads;
    private final String selectStreamIds;
    private final String selectIdsByKeys;
    private final String selectByIds;
    private final String selectSettings;
    private final String selectHighestPosition;
    private final String insertCommand;

    Dialect(TableNames names) {
        this.names = names;
        this.selectVersion =
                names.in("SELECT s.version FROM eventcore_stream s WHERE s.stream_id = ?" + andNotFromCache());
        this.selectStream = names.in("""
                SELECT s.stream_id, s.stream_key, s.version, %s
                FROM eventcore_stream s
                LEFT JOIN eventcore_event e ON e.stream_key = s.stream_key AND e.version > ? AND e.version <= ?
                WHERE s.stream_id = ?%s
                """.formatted(
                EventRow.columns(whole(payloadBytes() + " * LEAST(?, s.version - ?) <= ?")), andNotFromCache()));
        this.selectStreamPage =
                names.in("""
                SELECT e.stream_key, %s
                FROM eventcore_event e
                WHERE e.stream_key = ? AND e.version > ? AND e.version <= ?%s
                """.formatted(EventRow.columns(whole(payloadBytes() + " <= ?")), andNotFromCache()));
        this.selectCut =
                names.in("SELECT s.stream_id, s.stream_key, s.version FROM eventcore_stream s WHERE s.version >= 0"
                        + andNotFromCache() + " AND s.stream_id");
        String fresh = " WHERE 1 = 1" + andNotFromCache();
        this.selectSizes = names.in(
                "SELECT e.position, %s FROM eventcore_event e%s AND e.position".formatted(payloadBytes(), fresh));
        this.selectPayloads =
                names.in("SELECT e.position, e.payload FROM eventcore_event e" + fresh + " AND e.position");
        this.selectIdsByKeys =
                names.in("SELECT s.stream_key, s.stream_id FROM eventcore_stream s" + fresh + " AND s.stream_key");
        this.selectStreamIds = names.in("""
                SELECT s.stream_id
                FROM eventcore_stream s
                WHERE %s AND s.version > 0 AND %s > %s%s
                ORDER BY %s
                LIMIT ?
                """.formatted(
                        beginsWith("s.stream_id"),
                        inByteOrder("s.stream_id"),
                        inByteOrder("?"),
                        andNotFromCache(),
                        inByteOrder("s.stream_id")));
        this.selectByIds = names.in("""
                SELECT s.stream_id, e.event_id, e.position, e.version
                FROM eventcore_event e
                JOIN eventcore_stream s ON s.stream_key = e.stream_key
                WHERE 1 = 1%s AND s.stream_id""".formatted(andNotFromCache()));
        this.selectHighestPosition = names.in("SELECT max(position) FROM eventcore_event" + fresh);
        this.insertCommand = names.in("""
                INSERT INTO eventcore_command (scope, command_id, fingerprint, recorded_at)
                VALUES (?, ?, ?, %s)
                """.formatted(currentTime()));
        this.selectSettings = names.in(
                "SELECT schema_version, order_strategy FROM eventcore_settings WHERE id = 1" + andNotFromCache());
    }

    /**
     * The engine of a connection.
     *
     * @throws UnsupportedDatabaseException if no dialect knows it, or it is too old
     */
    static Dialect of(Connection connection, TableNames names) throws SQLException {
        return switch (connection.getMetaData().getDatabaseProductName()) {
            case "PostgreSQL" -> {
                DatabaseServer.of(connection).atLeast("14");
                yield new PostgreSqlDialect(names);
            }
            case "H2" -> {
                DatabaseServer.of(connection).atLeast("2.2");
                yield new H2Dialect(names);
            }
            case "MariaDB", "MySQL" -> MariaDbDialect.of(connection, names);
            default -> throw DatabaseServer.of(connection).unknown();
        };
    }

    /** The file that creates the tables, beside this class. */
    abstract String schemaScript();

    /** The file that grants roles what they need of the tables, beside this class. */
    abstract String rolesScript();

    /** The file that creates an index, beside this class. Engines that share the roles share it. */
    final String script(OptionalIndex index) {
        return index.script() + rolesScript().substring("roles".length());
    }

    /**
     * A query for the indexes on the events. Each row: the index, the name of a column of it in lower case, and whether it is
     * unique; the columns of an index in their order. No row if there is no table.
     */
    abstract String selectIndexColumns();

    final boolean hasIndex(Connection connection, OptionalIndex index) throws SQLException {
        Map<String, List<String>> columns = new HashMap<>();
        Set<String> unique = new HashSet<>();
        try (PreparedStatement query = connection.prepareStatement(selectIndexColumns());
                ResultSet row = query.executeQuery()) {
            while (row.next()) {
                columns.computeIfAbsent(row.getString(1), name -> new ArrayList<>())
                        .add(row.getString(2));
                if (row.getBoolean(3)) {
                    unique.add(row.getString(1));
                }
            }
        }
        return columns.entrySet().stream()
                .anyMatch(found -> found.getValue().equals(index.columns())
                        && (!index.isUnique() || unique.contains(found.getKey())));
    }

    /** Runs a script, in one piece if the engine takes it so. */
    void runScript(Connection connection, String script) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(script);
        }
    }

    /** How this engine orders the log, as the settings row calls it. */
    abstract String orderStrategy();

    /** What a failed statement means. */
    abstract Failure classify(SQLException e);

    /** Appends within the transaction that the connection is in, which somebody else ends. */
    abstract AppendOutcome appendJoined(Connection connection, SerializedAppend append) throws SQLException;

    /** Appends on a connection in auto-commit mode; committed when this returns something other than a conflict. */
    abstract AppendOutcome appendAlone(Connection connection, SerializedAppend append) throws SQLException;

    /**
     * Appends several that fit together in one transaction of their own, each written or refused for itself.
     *
     * @return an outcome for each, in their order; a stream that another transaction has locked is not waited for
     */
    abstract List<AppendOutcome> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException;

    /**
     * Locks the row of a stream for the rest of the transaction and creates it if need be. Waits for everybody who is at
     * work on that stream.
     */
    abstract void lockStream(Connection connection, StreamId streamId) throws SQLException;

    /** How long this session waits for a lock, in milliseconds; 0 if for ever. */
    abstract long lockTimeoutMillis(Connection connection) throws SQLException;

    /**
     * Lets a transaction of our own wait only a moment for what other transactions have locked.
     *
     * @return sets the session back to what it was, if that does not end with the transaction
     */
    abstract LockTimeout shortenLockTimeout(Connection connection) throws SQLException;

    /** Gives a session back the time-out that it had. */
    @FunctionalInterface
    interface LockTimeout {
        void restore() throws SQLException;
    }

    /**
     * Sees to it that a commit lasts once it has returned, where that is a setting of the database.
     *
     * @throws io.eventcore.EventStoreUnavailableException if it would not last and this user may not change that
     */
    void makeCommitsLast(Connection connection) throws SQLException {
        // Most engines are made that way.
    }

    /** The sessions of this database, each of which is looked at before it is used. */
    Sessions sessions() {
        return Sessions.TRUSTED;
    }

    /** Throws if the database has committed and warned that the commit may not last. */
    void checkCommit(@Nullable SQLWarning warning) throws SQLException {
        // Most engines have no such warning.
    }

    /**
     * Settles an append of unknown outcome on a connection of its own: waits for the session that may still be at work,
     * then finds the events, or writes them if the old session's attempt is refused then.
     *
     * @return the outcome; empty if the events are not stored, but the old session may yet come and store them
     */
    final Optional<AppendOutcome> settle(Connection connection, SerializedAppend append) throws SQLException {
        return inOwnTransaction(connection, () -> {
            for (Participant participant : append.participants()) {
                if (!participant.isGuard()) {
                    lockStream(connection, participant.id());
                }
            }
            Optional<AppendOutcome> found =
                    append.isRefusedTheSecondTime() ? Optional.empty() : find(connection, append);
            if (found.isPresent() || !(append.cannotBeStoredTwice() || hasIndex(connection, OptionalIndex.EVENT_ID))) {
                return found;
            }
            AppendOutcome outcome = appendJoined(connection, append);
            return isFinal(outcome) ? Optional.of(outcome) : Optional.empty();
        });
    }

    /** Whether the session that was lost would be told the same, however late it comes: versions never go down. */
    private static boolean isFinal(AppendOutcome outcome) {
        return !(outcome instanceof AppendOutcome.Conflict conflict)
                || (conflict.conflict().expected() instanceof ExpectedVersion.Exactly exactly
                        && conflict.conflict().actual().value()
                                > exactly.version().value());
    }

    /** Looks for the events of an append by their ids: they may be stored already. */
    final Optional<AppendOutcome> findStored(Connection connection, SerializedAppend append) throws SQLException {
        return append.entries().isEmpty() ? Optional.empty() : find(connection, append);
    }

    /** The events of an append, wherever they stand in their streams: a statement for many of them. */
    private Optional<AppendOutcome> find(Connection connection, SerializedAppend append) throws SQLException {
        List<Entry> entries = append.entries();
        long[] bases = new long[append.participants().size()];
        long[] positions = new long[entries.size()];
        for (int from = 0; from < positions.length; from += MAX_IDS) {
            int to = Math.min(positions.length, from + MAX_IDS);
            Map<Place, long[]> found = find(connection, entries.subList(from, to));
            for (int i = from; i < to; i++) {
                Entry entry = entries.get(i);
                long[] place = found.get(
                        new Place(entry.event().streamId(), entry.event().id()));
                if (place == null) {
                    return Optional.empty();
                }
                positions[i] = place[0];
                bases[entry.stream()] = place[1] - entry.offset();
            }
        }
        return Optional.of(new AppendOutcome.Found(append.slice(bases, positions)));
    }

    private record Place(StreamId streamId, UUID eventId) {}

    private Map<Place, long[]> find(Connection connection, List<Entry> entries) throws SQLException {
        Set<StreamId> streams = new LinkedHashSet<>();
        entries.forEach(entry -> streams.add(entry.event().streamId()));
        Map<Place, long[]> found = new HashMap<>();
        String sql = selectByIds + inList(streams.size()) + " AND e.event_id" + inList(entries.size());
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            int parameter = 0;
            for (StreamId id : streams) {
                query.setString(++parameter, id.value());
            }
            for (Entry entry : entries) {
                bind(query, ++parameter, entry.event().id());
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    found.put(
                            new Place(StreamId.of(row.getString(1)), uuid(row, 2)),
                            new long[] {row.getLong(3), row.getLong(4)});
                }
            }
        }
        return found;
    }

    /** What is done in a transaction of our own. */
    @FunctionalInterface
    interface Transaction<T> {
        T run() throws SQLException;
    }

    /**
     * Runs a transaction and commits it.
     *
     * @param connection in auto-commit mode, before and after
     */
    <T> T inOwnTransaction(Connection connection, Transaction<T> transaction) throws SQLException {
        connection.clearWarnings();
        connection.setAutoCommit(false);
        int isolation = connection.getTransactionIsolation();
        boolean change = isolation != Connection.TRANSACTION_READ_COMMITTED;
        boolean done = false;
        try {
            if (change) {
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            }
            T result = transaction.run();
            commitOwn(connection);
            done = true;
            return result;
        } finally {
            restore(connection, done, change ? isolation : Connection.TRANSACTION_READ_COMMITTED);
        }
    }

    /**
     * Runs what begins with a connection in auto-commit mode and needs READ COMMITTED, where that is not the default of the
     * session. Most engines run it in a transaction of its own that sees to that.
     */
    <T> T inReadCommitted(Connection connection, Transaction<T> work) throws SQLException {
        return work.run();
    }

    final void commitOwn(Connection connection) throws SQLException {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw Failure.inDoubt(e);
        }
        checkCommit(connection.getWarnings());
    }

    /** Leaves the connection as it was; what fails here must not hide what failed before. */
    static void restore(Connection connection, boolean done, int isolation) {
        try {
            if (!done) {
                connection.rollback();
            }
            if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
                connection.setTransactionIsolation(isolation);
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            LOG.debug("A connection could not be restored; its pool will find out", OwnThreads.redacted(e));
        }
    }

    /**
     * By what the transaction of a caller is known to be still the one that has appended.
     *
     * @param slice the events that were written; none if the append only relies on streams
     */
    Optional<TransactionMark> markOf(SerializedAppend append, EventStreamSlice slice) {
        return Optional.empty();
    }

    /** The same for a command that was executed. */
    Optional<TransactionMark> markOf(CommandId id) {
        return Optional.empty();
    }

    /** Marks a transaction that has written nothing yet, where that can be done. */
    Optional<TransactionMark> markBeginning(Connection connection) throws SQLException {
        return Optional.empty();
    }

    /** A condition of a page of the log that fails the statement on a server that replays what another one commits. */
    String andOfPrimary() {
        return "";
    }

    /**
     * How far the log goes now.
     *
     * @param after how far a reader has come
     * @param mark what was settled before this is asked
     */
    abstract LogEnd logEnd(Connection connection, long after, Mark mark) throws SQLException;

    /**
     * The highest committed event after a position, up to another one that bounds what is settled: only what is committed
     * is durable.
     *
     * @param upTo no append in flight will commit an event at or below it
     */
    abstract Optional<Mark> highestCommitted(Connection connection, long after, long upTo) throws SQLException;

    /** The position of the last committed event; 0 if there is none. */
    abstract long lastPosition(Connection connection) throws SQLException;

    /** The highest position in the table of events; 0 if there is none. */
    final long highestPosition(Connection connection) throws SQLException {
        return queryLong(connection, selectHighestPosition, 0);
    }

    /**
     * Takes the id of a command; waits for another transaction that has taken it and not ended. The transaction of the
     * connection goes on, whatever the answer.
     *
     * @return whether the id was free
     */
    boolean insertCommand(Connection connection, CommandId id, String fingerprint) throws SQLException {
        try {
            return insertCommand(connection, insertCommand, id, fingerprint) == 1;
        } catch (SQLException e) {
            if (classify(e) == Failure.DUPLICATE) {
                return false;
            }
            throw e;
        }
    }

    static int insertCommand(Connection connection, String sql, CommandId id, String fingerprint) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, id.scope());
            insert.setString(2, id.value());
            insert.setString(3, fingerprint);
            return insert.executeUpdate();
        }
    }

    /** An expression for the time of the statement in microseconds. */
    String currentTime() {
        return "CURRENT_TIMESTAMP(6)";
    }

    /** A parameter for a column that holds JSON. */
    String jsonParameter() {
        return "?";
    }

    /**
     * A position that every append in flight will stay above; {@link Long#MAX_VALUE} if none is in flight, and always
     * where positions become visible in their order.
     */
    long lowestInFlight(Connection connection) throws SQLException {
        return Long.MAX_VALUE;
    }

    /** The append in flight whose transaction began first; empty where readers never wait for one. */
    Optional<AppendInFlight> oldestInFlight(Connection connection) throws SQLException {
        return Optional.empty();
    }

    /** An expression for the time of the database's clock now, plus a number of milliseconds, the parameter. */
    abstract String nowPlusMillis();

    /**
     * An expression that, once evaluated in a transaction, lets the database end it when nothing was sent for a time:
     * milliseconds as a text, the parameter. Nothing happens where an engine cannot do that for one transaction.
     */
    String endedWhenIdleFor() {
        return "CAST(? AS CHAR(20))";
    }

    /** An expression that orders texts by their unsigned UTF-8 bytes. */
    String inByteOrder(String expression) {
        return expression;
    }

    /** A condition that holds where an expression matches {@link #anchored} regular expression, the parameter. */
    abstract String matchesRegex(String expression);

    /** A regular expression for a part of a text as one for the whole text, in which a dot matches anything. */
    String anchored(String regex) {
        return "(?s)^(?:" + regex + ")\\z";
    }

    final TableNames names() {
        return names;
    }

    final String selectSettings() {
        return selectSettings;
    }

    final PreparedStatement selectVersion(Connection connection, StreamId streamId) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(selectVersion);
        statement.setString(1, streamId.value());
        return statement;
    }

    final PreparedStatement selectStreamIds(Connection connection, String prefix, String after, int limit)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(selectStreamIds);
        int parameter = 0;
        for (String text : prefixParameters(prefix)) {
            statement.setString(++parameter, text);
        }
        statement.setString(++parameter, after);
        statement.setInt(++parameter, limit);
        return statement;
    }

    /** How many statements that read streams are under way at once before further reads share one. */
    int readsBeforeSharing() {
        return Integer.MAX_VALUE;
    }

    /** An expression for how many bytes of UTF-8 the payload of an event has; a few more do no harm. */
    String payloadBytes() {
        return "OCTET_LENGTH(e.payload)";
    }

    /** An expression for the payload of an event where a condition holds, so that a large one does not come unasked. */
    static String whole(String condition) {
        return "CASE WHEN " + condition + " THEN e.payload END";
    }

    /**
     * The first events of each stream after a version. Each row: stream id, stream key, the stream's version, then
     * {@link EventRow#columns}, null if there is no such event. A stream that nobody ever registered has no row.
     *
     * @param limit how many events of a stream at most
     * @param bytes how many bytes of payload a stream may bring; if it holds more, the payloads beyond its share are null
     */
    PreparedStatement selectStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(unionOf(selectStream, streamsAfter.size()));
        int parameter = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            long after = stream.getValue().value();
            statement.setInt(++parameter, limit);
            statement.setLong(++parameter, after);
            statement.setLong(++parameter, bytes);
            statement.setLong(++parameter, after);
            statement.setLong(++parameter, after > Long.MAX_VALUE - limit ? Long.MAX_VALUE : after + limit);
            statement.setString(++parameter, stream.getKey().value());
        }
        return statement;
    }

    private static String unionOf(String query, int branches) {
        return String.join(" UNION ALL ", Collections.nCopies(branches, query));
    }

    /** The id, the key and the version of streams: rows for those that were ever registered, all of one moment. */
    PreparedStatement selectCut(Connection connection, Set<StreamId> streams) throws SQLException {
        PreparedStatement query = connection.prepareStatement(selectCut + inList(streams.size()));
        int parameter = 0;
        for (StreamId id : streams) {
            query.setString(++parameter, id.value());
        }
        return query;
    }

    /**
     * A part of a stream.
     *
     * @param after the version to begin after
     * @param upTo the last version wanted
     */
    record StreamPart(long streamKey, long after, long upTo) {}

    /** How many parts one statement may ask for. */
    int partsAtOnce() {
        return 100;
    }

    /**
     * Parts of streams: rows of the stream's key and {@link EventRow#columns}, in any order.
     *
     * @param largest payloads of more bytes are null
     */
    PreparedStatement selectParts(Connection connection, List<StreamPart> parts, long largest) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(unionOf(selectStreamPage, parts.size()));
        int parameter = 0;
        for (StreamPart part : parts) {
            statement.setLong(++parameter, largest);
            statement.setLong(++parameter, part.streamKey);
            statement.setLong(++parameter, part.after);
            statement.setLong(++parameter, part.upTo);
        }
        return statement;
    }

    /** How many bytes the payloads of events have, by their positions. */
    final Map<Long, Long> payloadSizes(Connection connection, List<Long> positions) throws SQLException {
        Map<Long, Long> sizes = new HashMap<>();
        forKeys(connection, selectSizes, positions, row -> sizes.put(row.getLong(1), row.getLong(2)));
        return sizes;
    }

    /** The payloads of events by their positions. */
    final Map<Long, byte[]> payloads(Connection connection, List<Long> positions) throws SQLException {
        Map<Long, byte[]> payloads = new HashMap<>();
        forKeys(connection, selectPayloads, positions, row -> payloads.put(row.getLong(1), utf8(row, 2)));
        return payloads;
    }

    /**
     * A page of the log: rows of the stream's key and {@link EventRow#columns}, in position order. {@link #streamIds}
     * tells the ids: to join them to the events costs the server as much as the events themselves.
     *
     * @param typeNames the stored names wanted; empty for all
     * @param upTo the last position to look at
     * @param largest payloads of more bytes are null
     */
    final PreparedStatement selectLog(
            Connection connection,
            EventFilter filter,
            Set<String> typeNames,
            long after,
            long upTo,
            int limit,
            long largest)
            throws SQLException {
        StringBuilder sql = new StringBuilder("SELECT e.stream_key, ")
                .append(EventRow.columns(whole(payloadBytes() + " <= " + largest)))
                .append(names.in(" FROM eventcore_event e"));
        String prefix = filter.streams().literalPrefix();
        if (!prefix.isEmpty() || !filter.streams().isPrefix()) {
            sql.append(names.in(" JOIN eventcore_stream s ON s.stream_key = e.stream_key"));
        }
        sql.append(" WHERE e.position > ? AND e.position <= ?")
                .append(andNotFromCache())
                .append(andOfPrimary());
        List<String> texts = new ArrayList<>();
        if (!prefix.isEmpty()) {
            sql.append(" AND ").append(beginsWith("s.stream_id"));
            texts.addAll(prefixParameters(prefix));
        }
        if (!filter.streams().isPrefix()) {
            sql.append(" AND ").append(matchesRegex("s.stream_id"));
            texts.add(anchored(filter.streams().regex()));
        }
        if (!typeNames.isEmpty()) {
            sql.append(" AND e.type IN (?")
                    .append(", ?".repeat(typeNames.size() - 1))
                    .append(')');
            texts.addAll(typeNames);
        }
        // Not a parameter: a plan that depends on one is made anew each time.
        sql.append(" ORDER BY e.position LIMIT ").append(limit);

        PreparedStatement statement = connection.prepareStatement(sql.toString());
        statement.setLong(1, after);
        statement.setLong(2, upTo);
        int parameter = 2;
        for (String text : texts) {
            statement.setString(++parameter, text);
        }
        return statement;
    }

    /**
     * A further condition that always holds, for an engine that may answer a query again out of an older result although
     * what was committed meanwhile is visible to other queries already.
     */
    String andNotFromCache() {
        return "";
    }

    /** The ids of streams by their keys. */
    final Map<Long, StreamId> streamIds(Connection connection, Set<Long> keys) throws SQLException {
        Map<Long, StreamId> ids = new HashMap<>();
        forKeys(
                connection,
                selectIdsByKeys,
                List.copyOf(keys),
                row -> ids.put(row.getLong(1), ForeignIds.read(row.getString(2))));
        return ids;
    }

    /** What is done with a row. */
    @FunctionalInterface
    private interface RowHandler {
        void handle(ResultSet row) throws SQLException;
    }

    private void forKeys(Connection connection, String sql, List<Long> keys, RowHandler handler) throws SQLException {
        for (int from = 0; from < keys.size(); from += MAX_KEYS) {
            List<Long> part = keys.subList(from, Math.min(keys.size(), from + MAX_KEYS));
            try (PreparedStatement query = selectIds(connection, sql, part);
                    ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    handler.handle(row);
                }
            }
        }
    }

    /** A query for these keys; the statement lacks its condition. */
    PreparedStatement selectIds(Connection connection, String sql, List<Long> keys) throws SQLException {
        PreparedStatement query = connection.prepareStatement(sql + inList(keys.size()));
        for (int i = 0; i < keys.size(); i++) {
            query.setLong(i + 1, keys.get(i));
        }
        return query;
    }

    private static String inList(int size) {
        return " IN (?" + ", ?".repeat(size - 1) + ")";
    }

    /** A condition that holds where an expression begins with a prefix, the {@link #prefixParameters parameters}. */
    String beginsWith(String expression) {
        return expression + " LIKE ? ESCAPE '!'";
    }

    List<String> prefixParameters(String prefix) {
        return List.of(prefix.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%");
    }

    /** The one number that a query answers with. */
    static long queryLong(Connection connection, String sql, long ifNull) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql);
                ResultSet row = query.executeQuery()) {
            row.next();
            long value = row.getLong(1);
            return row.wasNull() ? ifNull : value;
        }
    }

    void bind(PreparedStatement statement, int parameter, UUID id) throws SQLException {
        statement.setObject(parameter, id);
    }

    UUID uuid(ResultSet row, int column) throws SQLException {
        return row.getObject(column, UUID.class);
    }

    final byte[] utf8(ResultSet row, int column) throws SQLException {
        byte[] text = utf8OrNull(row, column);
        if (text == null) {
            throw new SQLException("Column " + column + " of a result is null", "22004");
        }
        return text;
    }

    byte @Nullable [] utf8OrNull(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
