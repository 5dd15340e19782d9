package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
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
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** PostgreSQL: an append is one call of a function. */
final class PostgreSqlAppends implements Appends {
    /** The outcomes of the append functions; any other outcome means written. */
    static final int CONFLICT = 1;

    static final int FOUND = 2;
    static final int BUSY = 3;

    /** How an expectation that is not an exact version is passed to the append functions. */
    private static final long ANY = -1;

    private static final long STREAM_EXISTS = -2;

    private final OwnTransactions transactions;
    private final String append;
    private final String appendEvent;
    private final String appendBatch;
    private final String appendTaggedEvent;
    private final String appendTagged;
    private final String appendBatchTagged;
    private final String lockStream;

    PostgreSqlAppends(TableNames names, OwnTransactions transactions) {
        this.transactions = transactions;
        this.append = names.in("""
                SELECT outcome, conflict_stream, conflict_version, base_versions, positions
                FROM eventcore_append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.appendEvent = names.in("SELECT eventcore_append_event(?, ?, ?, ?, ?, ?, ?)");
        this.appendBatch = names.in("""
                SELECT outcomes, conflict_streams, conflict_versions, base_versions, positions
                FROM eventcore_append_batch(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.appendTaggedEvent = names.in("SELECT eventcore_append_tagged_event(?, ?, ?, ?, ?, ?, ?, ?, ?)");
        this.appendTagged = names.in("""
                SELECT outcome, conflict_row, conflict_item, conflict_version, base_versions, positions
                FROM eventcore_append_tagged(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.appendBatchTagged = names.in("""
                SELECT outcomes, conflict_rows, conflict_items, conflict_versions, base_versions, positions
                FROM eventcore_append_batch_tagged(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """);
        this.lockStream = names.in("SELECT eventcore_lock_stream(?)");
    }

    @Override
    public AppendResult appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        return appendAlone(connection, append, true);
    }

    private AppendResult appendAlone(Connection connection, SerializedAppend append, boolean waits)
            throws SQLException {
        if (append.isTagged()) {
            AppendResult quick =
                    PostgreSqlTaggedEvent.fits(append) ? appendTaggedEvent(connection, append, waits) : null;
            return quick == null ? appendTagged(connection, append, false, waits) : quick;
        }
        AppendResult quick = isSingleEvent(append) ? appendEvent(connection, append, waits) : null;
        return quick == null ? append(connection, append, false, waits) : quick;
    }

    private static boolean isSingleEvent(SerializedAppend append) {
        return append.entries().size() == 1
                && append.participants().size() == 1
                && append.participants().get(0).expected() instanceof ExpectedVersion.Exactly;
    }

    /** The written event; null if the stream is not as expected. */
    private @Nullable AppendResult appendEvent(Connection connection, SerializedAppend append, boolean waits)
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
                transactions.checkCommit(call.getWarnings());
                return refused ? null : new AppendResult.Written(append.sliceAsExpected(new long[] {position}));
            }
        }
    }

    /** The written event; null if a row is not as expected. */
    private @Nullable AppendResult appendTaggedEvent(Connection connection, SerializedAppend append, boolean waits)
            throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(appendTaggedEvent)) {
            PostgreSqlTaggedEvent.bind(call, append, waits);
            try (ResultSet answer = call.executeQuery()) {
                AppendResult written = PostgreSqlTaggedEvent.outcome(answer, append);
                transactions.checkCommit(call.getWarnings());
                return written;
            }
        }
    }

    @Override
    public AppendResult appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        return append.isTagged()
                ? appendTagged(connection, append, true, true)
                : append(connection, append, true, true);
    }

    private AppendResult append(Connection connection, SerializedAppend append, boolean joined, boolean waits)
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
                AppendResult outcome = outcome(append, answer);
                if (!joined) {
                    transactions.checkCommit(call.getWarnings());
                }
                return outcome;
            }
        }
    }

    private AppendResult appendTagged(Connection connection, SerializedAppend append, boolean joined, boolean waits)
            throws SQLException {
        PostgreSqlTaggedCall tagged = new PostgreSqlTaggedCall(List.of(append));
        try (PreparedStatement call = connection.prepareStatement(appendTagged)) {
            tagged.bindOne(call, joined, waits);
            try (ResultSet answer = call.executeQuery()) {
                AppendResult outcome = tagged.outcome(answer);
                if (!joined) {
                    transactions.checkCommit(call.getWarnings());
                }
                return outcome;
            }
        }
    }

    @Override
    public List<AppendResult> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException {
        try {
            // A single append is cheaper with the statement for single appends, unless it would have to wait.
            return appends.size() == 1
                    ? List.of(appendAlone(connection, appends.get(0), false))
                    : appendBatch(connection, appends, false);
        } catch (SQLException e) {
            if (!SqlErrors.LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
            // Another transaction is at work on one of the streams, and nothing is written: find out which stream, and
            // write the other appends.
            PostgreSqlTransactions.beginAgain(connection);
            return appendBatchOneByOne(connection, appends);
        }
    }

    private List<AppendResult> appendBatchOneByOne(Connection connection, List<SerializedAppend> appends)
            throws SQLException {
        try {
            return appendBatch(connection, appends, true);
        } catch (SQLException e) {
            if (!SqlErrors.LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
            // The lock is on a table, not on a row, for example because of a change of its definition.
            PostgreSqlTransactions.beginAgain(connection);
            return Collections.nCopies(appends.size(), new AppendResult.Busy(Optional.empty()));
        }
    }

    private List<AppendResult> appendBatch(Connection connection, List<SerializedAppend> appends, boolean oneByOne)
            throws SQLException {
        if (appends.stream().anyMatch(SerializedAppend::isTagged)) {
            return appendBatchTagged(connection, appends, oneByOne);
        }
        PostgreSqlBatch batch = new PostgreSqlBatch(appends);
        try (PreparedStatement call = connection.prepareStatement(appendBatch)) {
            batch.bind(call);
            call.setBoolean(11, oneByOne);
            try (ResultSet answer = call.executeQuery()) {
                answer.next();
                List<AppendResult> outcomes = batch.outcomes(answer);
                transactions.checkCommit(call.getWarnings());
                return outcomes;
            }
        }
    }

    private List<AppendResult> appendBatchTagged(
            Connection connection, List<SerializedAppend> appends, boolean oneByOne) throws SQLException {
        PostgreSqlTaggedCall batch = new PostgreSqlTaggedCall(appends);
        try (PreparedStatement call = connection.prepareStatement(appendBatchTagged)) {
            batch.bindAll(call, oneByOne);
            try (ResultSet answer = call.executeQuery()) {
                List<AppendResult> outcomes = batch.outcomes(answer);
                transactions.checkCommit(call.getWarnings());
                return outcomes;
            }
        }
    }

    @Override
    public void lockRow(Connection connection, String rowId) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(lockStream)) {
            lock.setString(1, rowId);
            lock.executeQuery().close();
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

    static long expected(ExpectedVersion expected) {
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

    /** The metadata that single events have in place of the metadata of their append; empty if no event has its own. */
    static String[] ownMetadata(List<Entry> entries) {
        return entries.stream().noneMatch(entry -> entry.ownMetadata().isPresent())
                ? new String[0]
                : entries.stream()
                        .map(entry -> entry.ownMetadata().orElse(null))
                        .toArray(String[]::new);
    }

    static String text(Entry entry) {
        return new String(entry.stored().payload(), StandardCharsets.UTF_8);
    }

    private static AppendResult outcome(SerializedAppend append, ResultSet answer) throws SQLException {
        if (answer.getInt(1) == CONFLICT) {
            Participant participant = append.participants().get(answer.getInt(2) - 1);
            StreamVersion actual = StreamVersion.of(answer.getLong(3));
            return new AppendResult.Conflict(
                    new VersionConflictException(participant.id(), participant.expected(), actual));
        }
        if (append.entries().isEmpty()) {
            return new AppendResult.Written(append.slice(new long[0], new long[0]));
        }
        EventStreamSlice slice = append.slice(longs(answer, 4), longs(answer, 5));
        return answer.getInt(1) == FOUND ? new AppendResult.Found(slice) : new AppendResult.Written(slice);
    }

    private static long[] longs(ResultSet row, int column) throws SQLException {
        Long[] boxed = (Long[]) row.getArray(column).getArray();
        long[] values = new long[boxed.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = boxed[i];
        }
        return values;
    }
}
