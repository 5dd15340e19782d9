package io.eventcore.jdbc;

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
import java.sql.Types;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Engines without functions of ours: an append is a handful of ordered statements in one transaction.
 *
 * <p>Lock all streams in order, compare all, then write, so that a conflict has nothing to undo. The row that gives the
 * positions away comes last and stays locked until the commit, so positions become visible in their order.
 */
abstract class StatementDialect extends Dialect {
    private final String lockStream;
    private final String insertStream;
    private final String updateStream;
    private final String selectStored;
    private final String lastPosition;
    private final String insertEvent;

    StatementDialect(TableNames names) {
        super(names);
        this.lockStream = names.in("SELECT stream_key, version FROM eventcore_stream WHERE stream_id = ? FOR UPDATE");
        this.insertStream = names.in("INSERT INTO eventcore_stream (stream_id, version) VALUES (?, 0)");
        this.updateStream = names.in("UPDATE eventcore_stream SET version = ? WHERE stream_key = ?");
        this.selectStored = names.in("""
                SELECT e.position, e.event_id
                FROM eventcore_event e
                JOIN eventcore_stream s ON s.stream_key = e.stream_key
                WHERE s.stream_id = ? AND e.version = ?
                """);
        this.lastPosition = names.in("SELECT position FROM eventcore_position WHERE id = 1");
        this.insertEvent = names.in("""
                INSERT INTO eventcore_event
                    (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
                VALUES (?, ?, CURRENT_TIMESTAMP(6), ?, ?, ?, ?, ?)
                """);
    }

    /**
     * Takes positions from the row that gives them away, and keeps it locked.
     *
     * @return the last position before them
     */
    abstract long takePositions(Connection connection, int count) throws SQLException;

    @Override
    final String orderStrategy() {
        return "counter-row";
    }

    @Override
    final long lastPosition(Connection connection) throws SQLException {
        return queryLong(connection, lastPosition, 0);
    }

    @Override
    final AppendOutcome appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        connection.setAutoCommit(false);
        try {
            int before = connection.getTransactionIsolation();
            if (before != Connection.TRANSACTION_READ_COMMITTED) {
                connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            }
            try {
                return inTransaction(connection, append);
            } finally {
                if (before != Connection.TRANSACTION_READ_COMMITTED) {
                    connection.setTransactionIsolation(before);
                }
            }
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private AppendOutcome inTransaction(Connection connection, SerializedAppend append) throws SQLException {
        boolean written = false;
        try {
            AppendOutcome outcome = appendJoined(connection, append);
            written = outcome instanceof AppendOutcome.Written;
            if (written) {
                connection.commit();
            }
            return outcome;
        } finally {
            if (!written) {
                connection.rollback();
            }
        }
    }

    @Override
    final AppendOutcome appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        List<Participant> participants = append.participants();
        long[] keys = new long[participants.size()];
        long[] versions = new long[participants.size()];
        for (int i = 0; i < keys.length; i++) {
            Participant participant = participants.get(i);
            LockedStream stream = lock(connection, participant);
            keys[i] = stream.key;
            versions[i] = stream.version;
            if (!participant.expected().isMetBy(StreamVersion.of(stream.version))) {
                return repeatedOrConflict(connection, append, participant, stream.version);
            }
        }
        return new AppendOutcome.Written(append.slice(versions, write(connection, append, keys, versions)));
    }

    private AppendOutcome repeatedOrConflict(
            Connection connection, SerializedAppend append, Participant participant, long actual) throws SQLException {
        Optional<long[]> positions = storedPositions(connection, append);
        if (positions.isEmpty()) {
            return new AppendOutcome.Conflict(
                    new VersionConflictException(participant.id(), participant.expected(), StreamVersion.of(actual)));
        }
        return new AppendOutcome.Written(append.sliceAsExpected(positions.get()));
    }

    /** A stream whose row this transaction has locked; key 0 if there is no row, and none is needed. */
    private record LockedStream(long key, long version) {}

    private LockedStream lock(Connection connection, Participant participant) throws SQLException {
        LockedStream found = selectForUpdate(connection, participant);
        boolean absenceMatters =
                !participant.isGuard() || participant.expected().isMetBy(StreamVersion.NONE);
        if (found != null || !absenceMatters) {
            return found == null ? new LockedStream(0, 0) : found;
        }
        try (PreparedStatement insert = connection.prepareStatement(insertStream)) {
            insert.setString(1, participant.id().value());
            insert.executeUpdate();
        } catch (SQLException e) {
            if (classify(e) != Failure.DUPLICATE) {
                throw e;
            }
            // Somebody else created it between our two statements, and it is there for us to lock.
        }
        found = selectForUpdate(connection, participant);
        if (found == null) {
            throw new SQLException("Stream row vanished while it was locked", "40001");
        }
        return found;
    }

    private @Nullable LockedStream selectForUpdate(Connection connection, Participant participant) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(lockStream)) {
            select.setString(1, participant.id().value());
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? new LockedStream(row.getLong(1), row.getLong(2)) : null;
            }
        }
    }

    private long[] write(Connection connection, SerializedAppend append, long[] keys, long[] versions)
            throws SQLException {
        List<Entry> entries = append.entries();
        if (entries.isEmpty()) {
            return new long[0];
        }
        try (PreparedStatement update = connection.prepareStatement(updateStream)) {
            for (int i = 0; i < keys.length; i++) {
                Participant participant = append.participants().get(i);
                if (!participant.isGuard()) {
                    update.setLong(1, versions[i] + participant.events());
                    update.setLong(2, keys[i]);
                    update.executeUpdate();
                }
            }
        }
        long position = takePositions(connection, entries.size());
        long[] positions = new long[entries.size()];
        try (PreparedStatement insert = connection.prepareStatement(insertEvent)) {
            for (int i = 0; i < positions.length; i++) {
                Entry entry = entries.get(i);
                positions[i] = ++position;
                insert.setLong(1, position);
                insert.setLong(2, keys[entry.stream()]);
                insert.setObject(3, entry.event().id());
                insert.setLong(4, versions[entry.stream()] + entry.offset());
                insert.setString(5, entry.stored().typeName());
                insert.setString(6, new String(entry.stored().payload(), StandardCharsets.UTF_8));
                if (append.metadata().isPresent()) {
                    insert.setString(7, append.metadata().get());
                } else {
                    insert.setNull(7, Types.VARCHAR);
                }
                insert.addBatch();
            }
            insert.executeBatch();
        }
        return positions;
    }

    /** Where the events of an append stand, if all of them are stored already in the places it expected. */
    private Optional<long[]> storedPositions(Connection connection, SerializedAppend append) throws SQLException {
        List<Entry> entries = append.entries();
        long[] positions = new long[entries.size()];
        try (PreparedStatement select = connection.prepareStatement(selectStored)) {
            for (int i = 0; i < positions.length; i++) {
                Entry entry = entries.get(i);
                Optional<StreamVersion> place = append.expectedPlace(entry);
                if (place.isEmpty()) {
                    return Optional.empty();
                }
                select.setString(1, entry.event().streamId().value());
                select.setLong(2, place.get().value());
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next() || !uuid(row, 2).equals(entry.event().id())) {
                        return Optional.empty();
                    }
                    positions[i] = row.getLong(1);
                }
            }
        }
        return positions.length == 0 ? Optional.empty() : Optional.of(positions);
    }
}
