package io.eventcore.jdbc;

import io.eventcore.AppendInFlight;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.command.CommandId;
import io.eventcore.jdbc.LogEnd.Mark;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.springframework.util.ClassUtils;

/** PostgreSQL: an append is one call of a function, the order is kept by announcing appends in flight. */
final class PostgreSqlDialect extends Dialect {
    /** The outcomes of the append functions; what is neither of these is written. */
    private static final int CONFLICT = 1;

    private static final int FOUND = 2;
    private static final int BUSY = 3;

    /** How the append functions are told an expectation that is no exact version. */
    private static final long ANY = -1;

    private static final long STREAM_EXISTS = -2;

    /** The transaction is broken already and must be repeated. */
    private static final String IN_FAILED_TRANSACTION = "25P02";

    private static final TransactionMark TAKES_STATEMENTS =
            new TransactionMark(TransactionMark.Kind.STATE, PostgreSqlDialect::takesStatements);

    private static final boolean DRIVER_KNOWS_STATE =
            ClassUtils.isPresent("org.postgresql.core.BaseConnection", PostgreSqlDialect.class.getClassLoader());

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** The server or an administrator ended the session. */
    private static final Set<String> SESSION_ENDED = Set.of("25P03", "25P04", "57P01", "57P02", "57P03", "57P05");

    /**
     * So many streams are named one by one when they are read together. The server keeps the plan of such a statement; one
     * over arrays, or with a limit that is a parameter, it plans anew each time, which takes longer than to carry it out.
     */
    private static final int MAX_NAMED_STREAMS = 16;

    private static final int MAX_PARTS = 1_000;

    /** So many sessions that read keep a server busy; more of them cost it switches from one to the other. */
    private static final int READS_BEFORE_SHARING = 4;

    /**
     * Which run of which server answers, by the time it was started; null on a standby. That time stays when a standby is
     * promoted, but nothing was settled by it before.
     */
    private static final String SERVER = """
            CASE WHEN NOT pg_is_in_recovery()
                 THEN (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint END""";

    private final String append;
    private final String appendEvent;
    private final String appendBatch;
    private final String lockStream;
    private final String logEnd;
    private final String highestCommitted;
    private final String lastPosition;
    private final String andOfPrimary;
    private final String inFlight;
    private final String oldestInFlight;
    private final String insertCommand;
    private final String selectStreams;
    private final String selectCut;
    private final String selectParts;

    PostgreSqlDialect(TableNames names) {
        super(names);
        this.append = names.in("""
                SELECT outcome, conflict_stream, conflict_version, base_versions, positions
                FROM eventcore_append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.appendEvent = names.in("SELECT eventcore_append_event(?, ?, ?, ?, ?, ?, ?)");
        this.appendBatch = names.in("""
                SELECT outcomes, conflict_streams, conflict_versions, base_versions, positions
                FROM eventcore_append_batch(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.lockStream = names.in("SELECT eventcore_lock_stream(?)");
        // By an order and a limit: for a bare condition a server without statistics may look through the whole table.
        this.logEnd = names.in("""
                SELECT coalesce(pg_sequence_last_value('eventcore_position'), eventcore_refuse_restarted_sequence()),
                       (SELECT position FROM eventcore_event WHERE position >= ? ORDER BY position LIMIT 1),
                       (SELECT event_id FROM eventcore_event WHERE position = ?),
                       %s
                """.formatted(SERVER));
        this.highestCommitted = names.in("""
                SELECT position, event_id, %s
                FROM eventcore_event
                WHERE position > ? AND position <= ?
                ORDER BY position DESC
                LIMIT 1
                """.formatted(SERVER));
        this.lastPosition = names.in("""
                SELECT CASE WHEN pg_is_in_recovery() THEN eventcore_refuse_standby()
                            ELSE (SELECT max(position) FROM eventcore_event) END
                """);
        // Without a column of the table: such a condition is checked once, and leaves the plan as it is.
        this.andOfPrimary = names.in(
                " AND (SELECT CASE WHEN pg_is_in_recovery() THEN eventcore_refuse_standby() IS NULL ELSE TRUE END)");
        this.insertCommand = names.in("""
                INSERT INTO eventcore_command (scope, command_id, fingerprint, recorded_at)
                VALUES (?, ?, ?, clock_timestamp())
                ON CONFLICT DO NOTHING
                """);
        this.inFlight = names.in("SELECT eventcore_in_flight()");
        // A prepared transaction has no backend any more, and other users' transactions are shown without their times.
        this.oldestInFlight = names.in("""
                SELECT coalesce('backend ' || l.pid, 'prepared transaction'),
                       coalesce(a.xact_start, clock_timestamp()), clock_timestamp()
                FROM pg_locks l
                LEFT JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory'
                  AND l.objsubid = 1
                  AND l.mode = 'ShareLock'
                  AND l.granted
                  AND l.classid::bigint >> 16 = eventcore_lock_space()
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                ORDER BY a.xact_start NULLS LAST
                LIMIT 1
                """);
        this.selectStreams = names.in("""
                SELECT s.stream_id, s.stream_key, s.version, %s
                FROM %%1$s AS u(stream_id, after_version)
                JOIN eventcore_stream s ON s.stream_id = u.stream_id
                LEFT JOIN LATERAL (
                    SELECT %s
                    FROM eventcore_event e
                    WHERE e.stream_key = s.stream_key AND e.version > u.after_version
                    ORDER BY e.version
                    LIMIT %%2$d
                ) e ON true
                """.formatted(
                        EventRow.columns(whole(payloadBytes() + " * least(%2$d, s.version - u.after_version) <= %3$d")),
                        EventRow.COLUMNS));
        this.selectCut = names.in(
                "SELECT s.stream_id, s.stream_key, s.version FROM eventcore_stream s WHERE s.stream_id = ANY (?)");
        // The offset keeps the planner from joining the two at large, which might read the whole log.
        this.selectParts = names.in("""
                SELECT u.stream_key, %s
                FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS u(stream_key, after_version, up_to)
                CROSS JOIN LATERAL (
                    SELECT %s
                    FROM eventcore_event e
                    WHERE e.stream_key = u.stream_key AND e.version > u.after_version AND e.version <= u.up_to
                    OFFSET 0
                ) e
                """.formatted(EventRow.columns(whole(payloadBytes() + " <= ?")), EventRow.COLUMNS));
    }

    @Override
    Optional<TransactionMark> markOf(SerializedAppend append, EventStreamSlice slice) {
        return Optional.of(TAKES_STATEMENTS);
    }

    @Override
    Optional<TransactionMark> markOf(CommandId id) {
        return Optional.of(TAKES_STATEMENTS);
    }

    /** The driver knows, so that no transaction of a caller needs a statement more; another driver has to ask. */
    private static boolean takesStatements(Connection connection) throws SQLException {
        if (DRIVER_KNOWS_STATE && connection.isWrapperFor(BaseConnection.class)) {
            return connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.FAILED;
        }
        try (Statement statement = connection.createStatement()) {
            return statement.execute("SELECT 1");
        } catch (SQLException e) {
            if (IN_FAILED_TRANSACTION.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    @Override
    String schemaScript() {
        return "schema-postgresql.sql";
    }

    @Override
    String rolesScript() {
        return "roles-postgresql.sql";
    }

    @Override
    String selectIndexColumns() {
        return names().in("""
                SELECT i.indexrelid::text, a.attname, i.indisunique
                FROM pg_index i
                CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
                WHERE i.indrelid = to_regclass('eventcore_event') AND i.indisvalid AND i.indpred IS NULL
                ORDER BY i.indexrelid, k.o
                """);
    }

    @Override
    String orderStrategy() {
        return "in-flight-lock";
    }

    @Override
    Failure classify(SQLException e) {
        String state = e.getSQLState();
        if (LOCK_NOT_AVAILABLE.equals(state)) {
            return Failure.TIMED_OUT;
        }
        if (IN_FAILED_TRANSACTION.equals(state)) {
            return Failure.TRANSIENT;
        }
        return state != null && SESSION_ENDED.contains(state) ? Failure.CONNECTION_LOST : Failure.bySqlState(state);
    }

    @Override
    <T> T inReadCommitted(Connection connection, Transaction<T> work) throws SQLException {
        return inOwnTransaction(connection, work);
    }

    /** The isolation is one of the transaction, not of the session: a pooler may give that to others in between. */
    @Override
    <T> T inOwnTransaction(Connection connection, Transaction<T> transaction) throws SQLException {
        connection.clearWarnings();
        connection.setAutoCommit(false);
        boolean done = false;
        try {
            try (Statement begin = connection.createStatement()) {
                begin.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            }
            T result = transaction.run();
            commitOwn(connection);
            done = true;
            return result;
        } finally {
            restore(connection, done, Connection.TRANSACTION_READ_COMMITTED);
        }
    }

    @Override
    AppendOutcome appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        return appendAlone(connection, append, true);
    }

    private AppendOutcome appendAlone(Connection connection, SerializedAppend append, boolean waits)
            throws SQLException {
        AppendOutcome quick = isSingleEvent(append) ? appendEvent(connection, append, waits) : null;
        return quick == null ? append(connection, append, false, waits) : quick;
    }

    private static boolean isSingleEvent(SerializedAppend append) {
        return append.entries().size() == 1
                && append.participants().size() == 1
                && append.participants().get(0).expected() instanceof ExpectedVersion.Exactly;
    }

    /** The event written; null if the stream is not as expected. */
    private @Nullable AppendOutcome appendEvent(Connection connection, SerializedAppend append, boolean waits)
            throws SQLException {
        Participant participant = append.participants().get(0);
        Entry entry = append.entries().get(0);
        try (PreparedStatement call = connection.prepareStatement(appendEvent)) {
            call.setString(1, participant.id().value());
            call.setLong(2, expected(participant.expected()));
            call.setString(3, entry.event().id().toString());
            call.setString(4, entry.stored().typeName());
            call.setString(5, text(entry));
            call.setString(6, append.metadata(entry).orElse(null));
            call.setBoolean(7, waits);
            try (ResultSet answer = call.executeQuery()) {
                answer.next();
                long position = answer.getLong(1);
                boolean refused = answer.wasNull();
                checkCommit(call.getWarnings());
                return refused ? null : new AppendOutcome.Written(append.sliceAsExpected(new long[] {position}));
            }
        }
    }

    @Override
    AppendOutcome appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        return append(connection, append, true, true);
    }

    private AppendOutcome append(Connection connection, SerializedAppend append, boolean joined, boolean waits)
            throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(this.append)) {
            bindParticipants(call, append.participants());
            bindEntries(call, append.entries());
            call.setString(9, append.metadata().orElse(null));
            call.setBoolean(10, joined);
            call.setBoolean(11, waits);
            call.setObject(12, ownMetadata(append.entries()));
            try (ResultSet answer = call.executeQuery()) {
                answer.next();
                AppendOutcome outcome = outcome(append, answer);
                if (!joined) {
                    checkCommit(call.getWarnings());
                }
                return outcome;
            }
        }
    }

    @Override
    List<AppendOutcome> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException {
        Batch batch = new Batch(appends);
        try {
            // One alone is cheaper in the way of those who are alone, if only it does not wait.
            return appends.size() == 1
                    ? List.of(appendAlone(connection, appends.get(0), false))
                    : appendBatch(connection, batch, false);
        } catch (SQLException e) {
            if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
            // Somebody is at work on one of the streams, and nothing is written: find out which, write the others.
            return appendBatchOneByOne(connection, batch);
        }
    }

    private List<AppendOutcome> appendBatchOneByOne(Connection connection, Batch batch) throws SQLException {
        try {
            return appendBatch(connection, batch, true);
        } catch (SQLException e) {
            if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
            // No row but a table is locked, as by a change of its definition.
            return Collections.nCopies(batch.appends.size(), new AppendOutcome.Busy(Optional.empty()));
        }
    }

    @Override
    long lockTimeoutMillis(Connection connection) throws SQLException {
        return queryLong(
                connection,
                "SELECT min(setting::bigint) FROM pg_settings"
                        + " WHERE name IN ('lock_timeout', 'statement_timeout') AND setting <> '0'",
                0);
    }

    @Override
    LockTimeout shortenLockTimeout(Connection connection) throws SQLException {
        try (Statement set = connection.createStatement()) {
            set.execute("SET LOCAL lock_timeout = '20ms'");
        }
        return () -> {};
    }

    private List<AppendOutcome> appendBatch(Connection connection, Batch batch, boolean oneByOne) throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(appendBatch)) {
            batch.bind(call);
            call.setBoolean(11, oneByOne);
            try (ResultSet answer = call.executeQuery()) {
                answer.next();
                List<AppendOutcome> outcomes = batch.outcomes(answer);
                checkCommit(call.getWarnings());
                return outcomes;
            }
        }
    }

    @Override
    void lockStream(Connection connection, StreamId streamId) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(lockStream)) {
            lock.setString(1, streamId.value());
            lock.executeQuery().close();
        }
    }

    /**
     * Cancelling a session that waits for a synchronous standby makes its commit return as if nothing had happened; only
     * a warning tells. Notices (class 00) tell nothing of that kind.
     */
    @Override
    void checkCommit(@Nullable SQLWarning warning) throws SQLException {
        for (SQLWarning next = warning; next != null; next = next.getNextWarning()) {
            if (!String.valueOf(next.getSQLState()).startsWith("00")) {
                throw new SQLException("The commit is in doubt", Failure.TRANSACTION_RESOLUTION_UNKNOWN, next);
            }
        }
    }

    private static void bindParticipants(PreparedStatement call, List<Participant> participants) throws SQLException {
        int size = participants.size();
        String[] ids = new String[size];
        long[] expected = new long[size];
        int[] counts = new int[size];
        for (int i = 0; i < size; i++) {
            Participant participant = participants.get(i);
            ids[i] = participant.id().value();
            expected[i] = expected(participant.expected());
            counts[i] = participant.events();
        }
        call.setObject(1, ids);
        call.setObject(2, expected);
        call.setObject(3, counts);
    }

    private static long expected(ExpectedVersion expected) {
        if (expected instanceof ExpectedVersion.Exactly exactly) {
            return exactly.version().value();
        }
        return expected instanceof ExpectedVersion.Any ? ANY : STREAM_EXISTS;
    }

    private static void bindEntries(PreparedStatement call, List<Entry> entries) throws SQLException {
        int size = entries.size();
        int[] streams = new int[size];
        int[] offsets = new int[size];
        String[] ids = new String[size];
        String[] types = new String[size];
        String[] payloads = new String[size];
        for (int i = 0; i < size; i++) {
            Entry entry = entries.get(i);
            streams[i] = entry.stream() + 1;
            offsets[i] = entry.offset();
            ids[i] = entry.event().id().toString();
            types[i] = entry.stored().typeName();
            payloads[i] = text(entry);
        }
        call.setObject(4, streams);
        call.setObject(5, offsets);
        call.setObject(6, ids);
        call.setObject(7, types);
        call.setObject(8, payloads);
    }

    /** What single events are stored with instead of the metadata of their append; empty where there is none such. */
    private static String[] ownMetadata(List<Entry> entries) {
        return entries.stream().noneMatch(entry -> entry.ownMetadata().isPresent())
                ? new String[0]
                : entries.stream()
                        .map(entry -> entry.ownMetadata().orElse(null))
                        .toArray(String[]::new);
    }

    private static String text(Entry entry) {
        return new String(entry.stored().payload(), StandardCharsets.UTF_8);
    }

    private static AppendOutcome outcome(SerializedAppend append, ResultSet answer) throws SQLException {
        if (answer.getInt(1) == CONFLICT) {
            Participant participant = append.participants().get(answer.getInt(2) - 1);
            StreamVersion actual = StreamVersion.of(answer.getLong(3));
            return new AppendOutcome.Conflict(
                    new VersionConflictException(participant.id(), participant.expected(), actual));
        }
        if (append.entries().isEmpty()) {
            return new AppendOutcome.Written(append.slice(new long[0], new long[0]));
        }
        EventStreamSlice slice = append.slice(longs(answer, 4), longs(answer, 5));
        return answer.getInt(1) == FOUND ? new AppendOutcome.Found(slice) : new AppendOutcome.Written(slice);
    }

    private static long[] longs(ResultSet row, int column) throws SQLException {
        Long[] boxed = (Long[]) row.getArray(column).getArray();
        long[] values = new long[boxed.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = boxed[i];
        }
        return values;
    }

    /** A duplicate key would end the caller's transaction. */
    @Override
    boolean insertCommand(Connection connection, CommandId id, String fingerprint) throws SQLException {
        return insertCommand(connection, insertCommand, id, fingerprint) == 1;
    }

    @Override
    String jsonParameter() {
        return "?::json";
    }

    @Override
    LogEnd logEnd(Connection connection, long after, Mark mark) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(logEnd)) {
            query.setLong(1, after);
            query.setLong(2, mark.position());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                boolean reachesReader = after == 0 || row.getObject(2) != null;
                long server = server(row, 4);
                boolean holdsMark = mark.server() == server && mark.eventId().equals(row.getObject(3));
                return new LogEnd(row.getLong(1), reachesReader, holdsMark, server);
            }
        }
    }

    @Override
    Optional<Mark> highestCommitted(Connection connection, long after, long upTo) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(highestCommitted)) {
            query.setLong(1, after);
            query.setLong(2, upTo);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new Mark(row.getLong(1), uuid(row, 2), server(row, 3)))
                        : Optional.empty();
            }
        }
    }

    private static long server(ResultSet row, int column) throws SQLException {
        long server = row.getLong(column);
        return row.wasNull() ? LogEnd.STANDBY : server;
    }

    /** In the statement itself: a standby may be promoted, and a pool may change the server, before the next one. */
    @Override
    String andOfPrimary() {
        return andOfPrimary;
    }

    @Override
    long lastPosition(Connection connection) throws SQLException {
        return queryLong(connection, lastPosition, 0);
    }

    @Override
    long lowestInFlight(Connection connection) throws SQLException {
        return queryLong(connection, inFlight, Long.MAX_VALUE);
    }

    @Override
    Optional<AppendInFlight> oldestInFlight(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(oldestInFlight);
                ResultSet row = query.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            Instant since = row.getTimestamp(2).toInstant();
            Duration age = Duration.between(since, row.getTimestamp(3).toInstant());
            return Optional.of(new AppendInFlight(row.getString(1), since, age.isNegative() ? Duration.ZERO : age));
        }
    }

    @Override
    String nowPlusMillis() {
        return "clock_timestamp() + ? * interval '1 millisecond'";
    }

    /** Its commit lasts as well, whatever a setting says: its owner goes on from what it believes to have stored. */
    @Override
    String endedWhenIdleFor() {
        return "set_config('idle_in_transaction_session_timeout', ?, true),"
                + " CASE WHEN current_setting('synchronous_commit') = 'off'"
                + " THEN set_config('synchronous_commit', 'on', true) END";
    }

    @Override
    String matchesRegex(String expression) {
        return expression + " ~ ?";
    }

    /** Its expressions know no {@code \\z}; their {@code $} and dot mean what is wanted. */
    @Override
    String anchored(String regex) {
        return "^(?:" + regex + ")$";
    }

    @Override
    int readsBeforeSharing() {
        return READS_BEFORE_SHARING;
    }

    @Override
    PreparedStatement selectStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        return streamsAfter.size() <= MAX_NAMED_STREAMS
                ? selectNamedStreams(connection, streamsAfter, limit, bytes)
                : selectManyStreams(connection, streamsAfter, limit, bytes);
    }

    private PreparedStatement selectNamedStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        String streams = "(VALUES (?::text, ?::bigint)" + ", (?, ?)".repeat(streamsAfter.size() - 1) + ")";
        PreparedStatement statement = connection.prepareStatement(selectStreams.formatted(streams, limit, bytes));
        int parameter = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            statement.setString(++parameter, stream.getKey().value());
            statement.setLong(++parameter, stream.getValue().value());
        }
        return statement;
    }

    private PreparedStatement selectManyStreams(
            Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit, long bytes)
            throws SQLException {
        String[] ids = new String[streamsAfter.size()];
        long[] after = new long[ids.length];
        int i = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            ids[i] = stream.getKey().value();
            after[i++] = stream.getValue().value();
        }
        String streams = "unnest(?::text[], ?::bigint[])";
        PreparedStatement statement = connection.prepareStatement(selectStreams.formatted(streams, limit, bytes));
        statement.setObject(1, ids);
        statement.setObject(2, after);
        return statement;
    }

    /**
     * Without unpacking the payload, unless it is compressed: then its stored size says little. A payload that is small
     * and not compressed, as most are, costs two looks at its header.
     */
    @Override
    String payloadBytes() {
        return """
                (CASE WHEN pg_column_compression(e.payload) IS NULL THEN pg_column_size(e.payload)\
                 ELSE octet_length(e.payload::text) END)""";
    }

    @Override
    PreparedStatement selectCut(Connection connection, Set<StreamId> streams) throws SQLException {
        PreparedStatement query = connection.prepareStatement(selectCut);
        query.setObject(1, streams.stream().map(StreamId::value).toArray(String[]::new));
        return query;
    }

    /** Arrays take any number; the rows are what bounds a statement. */
    @Override
    int partsAtOnce() {
        return MAX_PARTS;
    }

    @Override
    PreparedStatement selectParts(Connection connection, List<StreamPart> parts, long largest) throws SQLException {
        if (parts.size() == 1) {
            return super.selectParts(connection, parts, largest);
        }
        PreparedStatement query = connection.prepareStatement(selectParts);
        query.setLong(1, largest);
        query.setObject(2, parts.stream().mapToLong(StreamPart::streamKey).toArray());
        query.setObject(3, parts.stream().mapToLong(StreamPart::after).toArray());
        query.setObject(4, parts.stream().mapToLong(StreamPart::upTo).toArray());
        return query;
    }

    /** One statement whatever the number: the driver and the server know it already. */
    @Override
    PreparedStatement selectIds(Connection connection, String sql, List<Long> keys) throws SQLException {
        PreparedStatement query = connection.prepareStatement(sql + " = ANY (?)");
        query.setObject(1, keys.stream().mapToLong(Long::longValue).toArray());
        return query;
    }

    /** A column of type json arrives as its UTF-8 text: no need to make a string of it. */
    @Override
    byte @Nullable [] utf8OrNull(ResultSet row, int column) throws SQLException {
        return row.getBytes(column);
    }

    @Override
    Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp.toInstant();
    }

    /** Many appends as the arguments of one call, and its answer as their outcomes. */
    private static final class Batch {
        private final List<SerializedAppend> appends;
        private final List<Member> streams = new ArrayList<>();

        /** For each append, where its streams came to lie in the sorted order. */
        private final int[][] places;

        /** A stream of one of the appends. */
        private record Member(int append, int index, Participant participant) {}

        Batch(List<SerializedAppend> appends) {
            this.appends = appends;
            this.places = new int[appends.size()][];
            for (int a = 0; a < appends.size(); a++) {
                List<Participant> participants = appends.get(a).participants();
                places[a] = new int[participants.size()];
                for (int i = 0; i < participants.size(); i++) {
                    streams.add(new Member(a, i, participants.get(i)));
                }
            }
            streams.sort(Comparator.comparing(member -> member.participant.id()));
            for (int place = 0; place < streams.size(); place++) {
                Member member = streams.get(place);
                places[member.append][member.index] = place;
            }
        }

        void bind(PreparedStatement call) throws SQLException {
            int size = streams.size();
            String[] ids = new String[size];
            long[] expected = new long[size];
            int[] counts = new int[size];
            int[] owners = new int[size];
            for (int i = 0; i < size; i++) {
                Member member = streams.get(i);
                ids[i] = member.participant.id().value();
                expected[i] = expected(member.participant.expected());
                counts[i] = member.participant.events();
                owners[i] = member.append + 1;
            }
            call.setObject(1, ids);
            call.setObject(2, expected);
            call.setObject(3, counts);
            call.setObject(4, owners);
            call.setObject(
                    5, appends.stream().map(a -> a.metadata().orElse(null)).toArray(String[]::new));
            bindEvents(call);
        }

        private void bindEvents(PreparedStatement call) throws SQLException {
            int size = appends.stream().mapToInt(a -> a.entries().size()).sum();
            int[] eventStreams = new int[size];
            int[] offsets = new int[size];
            String[] ids = new String[size];
            String[] types = new String[size];
            String[] payloads = new String[size];
            int i = 0;
            for (int a = 0; a < appends.size(); a++) {
                for (Entry entry : appends.get(a).entries()) {
                    eventStreams[i] = places[a][entry.stream()] + 1;
                    offsets[i] = entry.offset();
                    ids[i] = entry.event().id().toString();
                    types[i] = entry.stored().typeName();
                    payloads[i] = text(entry);
                    i++;
                }
            }
            call.setObject(6, eventStreams);
            call.setObject(7, offsets);
            call.setObject(8, ids);
            call.setObject(9, types);
            call.setObject(10, payloads);
            call.setObject(
                    12,
                    ownMetadata(
                            appends.stream().flatMap(a -> a.entries().stream()).toList()));
        }

        List<AppendOutcome> outcomes(ResultSet answer) throws SQLException {
            Integer[] outcomes = (Integer[]) answer.getArray(1).getArray();
            Integer[] conflictStreams = array(answer, 2, new Integer[0]);
            Long[] conflictVersions = array(answer, 3, new Long[0]);
            Long[] bases = (Long[]) answer.getArray(4).getArray();
            Long[] positions = array(answer, 5, new Long[0]);
            List<AppendOutcome> result = new ArrayList<>(appends.size());
            int event = 0;
            for (int a = 0; a < appends.size(); a++) {
                SerializedAppend append = appends.get(a);
                int events = append.entries().size();
                if (outcomes[a] != CONFLICT && outcomes[a] != BUSY) {
                    EventStreamSlice slice = slice(a, bases, positions, event);
                    result.add(
                            outcomes[a] == FOUND ? new AppendOutcome.Found(slice) : new AppendOutcome.Written(slice));
                } else {
                    Participant participant = streams.get(conflictStreams[a] - 1).participant;
                    result.add(
                            outcomes[a] == BUSY
                                    ? new AppendOutcome.Busy(participant.id())
                                    : new AppendOutcome.Conflict(new VersionConflictException(
                                            participant.id(),
                                            participant.expected(),
                                            StreamVersion.of(conflictVersions[a]))));
                }
                event += events;
            }
            return result;
        }

        private EventStreamSlice slice(int append, Long[] bases, Long[] positions, int firstEvent) {
            long[] ownBases = new long[places[append].length];
            for (int i = 0; i < ownBases.length; i++) {
                ownBases[i] = bases[places[append][i]];
            }
            long[] own = new long[appends.get(append).entries().size()];
            for (int i = 0; i < own.length; i++) {
                own[i] = positions[firstEvent + i];
            }
            return appends.get(append).slice(ownBases, own);
        }

        /** An array that is null where there is nothing to tell. */
        @SuppressWarnings("unchecked") // The type of the column decides, and it is that of ifNull.
        private static <T> T[] array(ResultSet answer, int column, T[] ifNull) throws SQLException {
            Array array = answer.getArray(column);
            return array == null ? ifNull : (T[]) array.getArray();
        }
    }
}
