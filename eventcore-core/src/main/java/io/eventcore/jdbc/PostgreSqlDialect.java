package io.eventcore.jdbc;

import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PostgreSQL: an append is one call of a function, the order is kept by announcing appends in flight. */
final class PostgreSqlDialect extends Dialect {
    /** The outcome of an append function that has written nothing; the others are written now or before. */
    private static final int CONFLICT = 1;

    /** How the append functions are told an expectation that is no exact version. */
    private static final long ANY = -1;

    private static final long STREAM_EXISTS = -2;

    /** Waiting was cut short (55P03, 57014), or the transaction is broken already and must be repeated (25P02). */
    private static final Set<String> TRANSIENT = Set.of("25P02", "55P03", "57014");

    /** The server or an administrator ended the session. */
    private static final Set<String> SESSION_ENDED = Set.of("25P03", "57P01", "57P02", "57P03", "57P05");

    private final String append;
    private final String lastPosition;
    private final String inFlight;
    private final String selectStreams;

    PostgreSqlDialect(TableNames names) {
        super(names);
        this.append = names.in("""
                SELECT outcome, conflict_stream, conflict_version, base_versions, positions
                FROM eventcore_append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.lastPosition = names.in("SELECT pg_sequence_last_value('eventcore_position')");
        this.inFlight = names.in("SELECT eventcore_in_flight()");
        this.selectStreams = names.in("""
                SELECT s.stream_id, s.stream_key, s.version, %s
                FROM unnest(?::text[], ?::bigint[]) AS u(stream_id, after_version)
                JOIN eventcore_stream s ON s.stream_id = u.stream_id
                LEFT JOIN LATERAL (
                    SELECT %s
                    FROM eventcore_event e
                    WHERE e.stream_key = s.stream_key AND e.version > u.after_version
                    ORDER BY e.version
                    LIMIT ?
                ) e ON true
                """.formatted(EventRow.COLUMNS, EventRow.COLUMNS));
    }

    @Override
    String schemaScript() {
        return "schema-postgresql.sql";
    }

    @Override
    String orderStrategy() {
        return "in-flight-lock";
    }

    @Override
    Failure classify(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        if (TRANSIENT.contains(state)) {
            return Failure.TRANSIENT;
        }
        return SESSION_ENDED.contains(state) ? Failure.CONNECTION_LOST : Failure.bySqlState(state);
    }

    @Override
    AppendOutcome appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        return append(connection, append, false);
    }

    @Override
    AppendOutcome appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        return append(connection, append, true);
    }

    private AppendOutcome append(Connection connection, SerializedAppend append, boolean joined) throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(this.append)) {
            bindParticipants(call, append.participants());
            bindEntries(call, append.entries());
            call.setString(9, append.metadata().orElse(null));
            call.setBoolean(10, joined);
            try (ResultSet answer = call.executeQuery()) {
                answer.next();
                return outcome(append, answer);
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
            payloads[i] = new String(entry.stored().payload(), StandardCharsets.UTF_8);
        }
        call.setObject(4, streams);
        call.setObject(5, offsets);
        call.setObject(6, ids);
        call.setObject(7, types);
        call.setObject(8, payloads);
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
        return new AppendOutcome.Written(append.slice(longs(answer, 4), longs(answer, 5)));
    }

    private static long[] longs(ResultSet row, int column) throws SQLException {
        Long[] boxed = (Long[]) row.getArray(column).getArray();
        long[] values = new long[boxed.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = boxed[i];
        }
        return values;
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
    String matchesRegex(String expression) {
        return expression + " ~ ?";
    }

    @Override
    PreparedStatement selectStreams(Connection connection, Map<StreamId, StreamVersion> streamsAfter, int limit)
            throws SQLException {
        String[] ids = new String[streamsAfter.size()];
        long[] after = new long[ids.length];
        int i = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
            ids[i] = stream.getKey().value();
            after[i++] = stream.getValue().value();
        }
        PreparedStatement statement = connection.prepareStatement(selectStreams);
        statement.setObject(1, ids);
        statement.setObject(2, after);
        statement.setInt(3, limit);
        return statement;
    }

    /** A column of type json arrives as its UTF-8 text: no need to make a string of it. */
    @Override
    byte[] utf8(ResultSet row, int column) throws SQLException {
        return row.getBytes(column);
    }

    @Override
    Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp.toInstant();
    }
}
