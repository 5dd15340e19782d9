package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
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
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Engines without functions of ours: an append is a handful of ordered statements in one transaction.
 *
 * <p>Lock all streams in order, compare all, then write, so that a conflict has nothing to undo. The row that gives the
 * positions away comes last and stays locked until the commit, so positions become visible in their order.
 */
abstract class StatementDialect extends Dialect {
    /** How many events of an append one statement looks for. */
    private static final int MAX_STORED = 1_000;

    private final String selectStored;
    private final String lastPosition;
    private final String selectEvent;
    private final String selectCommand;

    StatementDialect(TableNames names) {
        super(names);
        this.selectStored = names.in(newest("""
                SELECT e.stream_key, e.version, e.position, e.event_id
                FROM eventcore_event e%s
                WHERE e.stream_key = ? AND e.version > ? AND e.version <= ?%s
                """.formatted(byStreamAndVersion(), andNotFromCache())));
        this.selectEvent =
                names.in("SELECT e.event_id FROM eventcore_event e WHERE e.position = ?" + andNotFromCache());
        this.selectCommand =
                names.in("SELECT c.command_id FROM eventcore_command c WHERE c.scope = ? AND c.command_id = ?"
                        + andNotFromCache());
        this.lastPosition = names.in("SELECT position FROM eventcore_position WHERE id = 1" + andNotFromCache());
    }

    /**
     * What an append wants of a stream.
     *
     * @param writes whether it writes events to it, or only relies on its version
     * @param createsRow whether the stream may be absent, so that a row is needed that stands for it and can be locked
     */
    record Claim(boolean writes, boolean createsRow) {
        static Claim of(Participant participant) {
            return new Claim(!participant.isGuard(), participant.expected().isMetBy(StreamVersion.NONE));
        }

        Claim and(Claim other) {
            return new Claim(writes || other.writes, createsRow || other.createsRow);
        }
    }

    /**
     * A stream as this transaction has found it.
     *
     * @param key its key; 0 if there is no row, and none is needed
     * @param version its version; 0 if it does not exist
     * @param busy whether another transaction has locked it, so that nothing is known
     */
    record LockedStream(long key, long version, boolean busy) {
        static final LockedStream ABSENT = new LockedStream(0, 0, false);
        static final LockedStream BUSY = new LockedStream(0, 0, true);

        static LockedStream found(long key, long version) {
            return new LockedStream(key, version, false);
        }
    }

    /**
     * Locks streams in the order given.
     *
     * @param claims the streams, each with what is wanted of it
     * @param waits whether to wait for streams that other transactions have locked, or to call them busy
     */
    abstract Map<StreamId, LockedStream> lockStreams(
            Connection connection, SortedMap<StreamId, Claim> claims, boolean waits) throws SQLException;

    /** A version that a locked stream gets. */
    record NewVersion(StreamId streamId, long key, long version) {}

    abstract void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException;

    /** An event as the row that it becomes. */
    record NewRow(long position, long streamKey, long version, Entry entry, Optional<String> metadata) {}

    abstract void insertEvents(Connection connection, List<NewRow> rows) throws SQLException;

    /**
     * Takes positions from the row that gives them away, and keeps it locked.
     *
     * @return the last position before them
     */
    abstract long takePositions(Connection connection, int count) throws SQLException;

    /** The id as well: after the transaction was rolled back, its position goes to another event. */
    @Override
    final Optional<TransactionMark> markOf(SerializedAppend append, EventStreamSlice slice) {
        if (slice.events().isEmpty()) {
            return Optional.of(new TransactionMark(
                    TransactionMark.Kind.GUARDS,
                    connection -> appendJoined(connection, append) instanceof AppendOutcome.Written));
        }
        AppendedEvent event = slice.events().get(0);
        return Optional.of(new TransactionMark(TransactionMark.Kind.EVENT, connection -> {
            try (PreparedStatement query = connection.prepareStatement(selectEvent)) {
                query.setLong(1, event.position().value());
                try (ResultSet row = query.executeQuery()) {
                    return row.next() && uuid(row, 1).equals(event.id());
                }
            }
        }));
    }

    @Override
    final Optional<TransactionMark> markOf(CommandId id) {
        return Optional.of(new TransactionMark(TransactionMark.Kind.COMMAND, connection -> {
            try (PreparedStatement query = connection.prepareStatement(selectCommand)) {
                query.setString(1, id.scope());
                query.setString(2, id.value());
                try (ResultSet row = query.executeQuery()) {
                    return row.next();
                }
            }
        }));
    }

    @Override
    final String orderStrategy() {
        return "counter-row";
    }

    /** The row is changed by the transaction that appends: what it says is committed, and so is all below. */
    @Override
    final LogEnd logEnd(Connection connection, long after, Mark mark) throws SQLException {
        long last = lastPosition(connection);
        return new LogEnd(last, last >= after, false, LogEnd.ANY);
    }

    @Override
    final Optional<Mark> highestCommitted(Connection connection, long after, long upTo) {
        return Optional.of(new Mark(upTo, Mark.NONE.eventId(), LogEnd.ANY));
    }

    @Override
    final long lastPosition(Connection connection) throws SQLException {
        return queryLong(connection, lastPosition, 0);
    }

    @Override
    final void lockStream(Connection connection, StreamId streamId) throws SQLException {
        lockStreams(connection, new TreeMap<>(Map.of(streamId, new Claim(true, true))), true);
    }

    @Override
    final AppendOutcome appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        return inOwnTransaction(connection, () -> appendJoined(connection, append));
    }

    @Override
    final AppendOutcome appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        return append(connection, List.of(append), true).get(0);
    }

    @Override
    final List<AppendOutcome> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException {
        return inOwnTransaction(connection, () -> append(connection, appends, false));
    }

    private List<AppendOutcome> append(Connection connection, List<SerializedAppend> appends, boolean waits)
            throws SQLException {
        SortedMap<StreamId, Claim> claims = claims(appends);
        Map<StreamId, LockedStream> locked = lockStreams(connection, claims, waits);
        checkIds(claims, locked);
        List<@Nullable AppendOutcome> outcomes = new ArrayList<>(appends.size());
        List<SerializedAppend> accepted = new ArrayList<>(appends.size());
        for (SerializedAppend append : appends) {
            Optional<AppendOutcome> refusal = refusal(append, locked);
            outcomes.add(refusal.isPresent() ? repeatedOr(refusal.get(), connection, append, locked) : null);
            if (refusal.isEmpty()) {
                accepted.add(append);
            }
        }
        Iterator<AppendOutcome> written = write(connection, accepted, locked).iterator();
        outcomes.replaceAll(outcome -> outcome == null ? written.next() : outcome);
        return outcomes;
    }

    /** Whether every row that was found is one that was asked for, and those that had to be created are there. */
    private static void checkIds(SortedMap<StreamId, Claim> claims, Map<StreamId, LockedStream> locked)
            throws SQLException {
        for (StreamId found : locked.keySet()) {
            if (!claims.containsKey(found)) {
                throw ForeignIds.found(found);
            }
        }
        for (Map.Entry<StreamId, Claim> claim : claims.entrySet()) {
            if (claim.getValue().createsRow() && !locked.containsKey(claim.getKey())) {
                throw ForeignIds.missing(claim.getKey());
            }
        }
    }

    /** The row of a stream that is written. */
    private static LockedStream row(Map<StreamId, LockedStream> locked, StreamId id) throws SQLException {
        LockedStream stream = locked.get(id);
        if (stream == null || stream.key == LockedStream.ABSENT.key) {
            throw ForeignIds.missing(id);
        }
        return stream;
    }

    /** What was refused may be a repetition of what is stored. */
    private AppendOutcome repeatedOr(
            AppendOutcome refusal, Connection connection, SerializedAppend append, Map<StreamId, LockedStream> locked)
            throws SQLException {
        if (refusal instanceof AppendOutcome.Conflict) {
            Optional<long[]> positions = storedPositions(connection, append, locked);
            if (positions.isPresent()) {
                return new AppendOutcome.Found(append.sliceAsExpected(positions.get()));
            }
        }
        return refusal;
    }

    private static SortedMap<StreamId, Claim> claims(List<SerializedAppend> appends) {
        SortedMap<StreamId, Claim> claims = new TreeMap<>();
        for (SerializedAppend append : appends) {
            for (Participant participant : append.participants()) {
                claims.merge(participant.id(), Claim.of(participant), Claim::and);
            }
        }
        return claims;
    }

    private static Optional<AppendOutcome> refusal(SerializedAppend append, Map<StreamId, LockedStream> locked) {
        for (Participant participant : append.participants()) {
            LockedStream stream = locked.getOrDefault(participant.id(), LockedStream.ABSENT);
            if (stream.busy) {
                return Optional.of(new AppendOutcome.Busy(participant.id()));
            }
            StreamVersion actual = StreamVersion.of(stream.version);
            if (!participant.expected().isMetBy(actual)) {
                return Optional.of(new AppendOutcome.Conflict(
                        new VersionConflictException(participant.id(), participant.expected(), actual)));
            }
        }
        return Optional.empty();
    }

    private List<AppendOutcome> write(
            Connection connection, List<SerializedAppend> appends, Map<StreamId, LockedStream> locked)
            throws SQLException {
        List<NewVersion> versions = new ArrayList<>();
        int events = 0;
        for (SerializedAppend append : appends) {
            events += append.entries().size();
            for (Participant participant : append.participants()) {
                if (!participant.isGuard()) {
                    LockedStream stream = row(locked, participant.id());
                    versions.add(new NewVersion(participant.id(), stream.key, stream.version + participant.events()));
                }
            }
        }
        List<AppendOutcome> outcomes = new ArrayList<>(appends.size());
        if (events == 0) {
            appends.forEach(append -> outcomes.add(new AppendOutcome.Written(append.slice(new long[0], new long[0]))));
            return outcomes;
        }
        updateVersions(connection, versions);
        long position = takePositions(connection, events);
        List<NewRow> rows = new ArrayList<>(events);
        for (SerializedAppend append : appends) {
            long[] bases = bases(append, locked);
            long[] positions = new long[append.entries().size()];
            for (int i = 0; i < positions.length; i++) {
                Entry entry = append.entries().get(i);
                positions[i] = ++position;
                long key = row(locked, entry.event().streamId()).key;
                rows.add(new NewRow(
                        position, key, bases[entry.stream()] + entry.offset(), entry, append.metadata(entry)));
            }
            outcomes.add(new AppendOutcome.Written(append.slice(bases, positions)));
        }
        insertEvents(connection, rows);
        return outcomes;
    }

    private static long[] bases(SerializedAppend append, Map<StreamId, LockedStream> locked) {
        return append.participants().stream()
                .mapToLong(participant -> locked.getOrDefault(participant.id(), LockedStream.ABSENT).version)
                .toArray();
    }

    /**
     * Sets the parameters of a row: position, stream key, event id, version, type, payload, metadata.
     *
     * @param before how many parameters come before them
     * @return how many parameters are set now
     */
    final int bind(PreparedStatement insert, int before, NewRow row) throws SQLException {
        insert.setLong(before + 1, row.position);
        insert.setLong(before + 2, row.streamKey);
        bind(insert, before + 3, row.entry.event().id());
        insert.setLong(before + 4, row.version);
        insert.setString(before + 5, row.entry.stored().typeName());
        insert.setString(before + 6, new String(row.entry.stored().payload(), StandardCharsets.UTF_8));
        if (row.metadata.isPresent()) {
            insert.setString(before + 7, row.metadata.get());
        } else {
            insert.setNull(before + 7, Types.VARCHAR);
        }
        return before + 7;
    }

    /** A query that sees what is committed, in a transaction of whatever isolation. */
    String newest(String query) {
        return query;
    }

    /** A hint to find events by stream and version, for an engine that may lock all that it looks through. */
    String byStreamAndVersion() {
        return "";
    }

    /** Where the events of an append stand, if all of them are stored already in the places it expected. */
    private Optional<long[]> storedPositions(
            Connection connection, SerializedAppend append, Map<StreamId, LockedStream> locked) throws SQLException {
        if (append.entries().isEmpty() || !append.isRefusedTheSecondTime()) {
            return Optional.empty();
        }
        Map<Place, Integer> wanted = new HashMap<>();
        for (int i = 0; i < append.entries().size(); i++) {
            Entry entry = append.entries().get(i);
            LockedStream stream = locked.getOrDefault(entry.event().streamId(), LockedStream.ABSENT);
            long version = append.expectedPlace(entry).orElseThrow().value();
            if (stream.version < version) {
                return Optional.empty();
            }
            wanted.put(new Place(stream.key, version), i);
        }
        long[] positions = new long[append.entries().size()];
        for (List<StreamPart> parts : statementsFor(partsOf(append, locked))) {
            if (!findIn(connection, parts, append, wanted, positions)) {
                return Optional.empty();
            }
        }
        return Optional.of(positions);
    }

    /** Where an event stands in its stream. */
    private record Place(long streamKey, long version) {}

    /** The places that an append expects for its events, as parts of streams of a bounded size. */
    private static List<StreamPart> partsOf(SerializedAppend append, Map<StreamId, LockedStream> locked) {
        List<StreamPart> parts = new ArrayList<>();
        for (Participant participant : append.participants()) {
            if (!participant.isGuard() && participant.expected() instanceof ExpectedVersion.Exactly exactly) {
                long key = locked.getOrDefault(participant.id(), LockedStream.ABSENT).key;
                long after = exactly.version().value();
                long upTo = after + participant.events();
                for (; after < upTo; after += MAX_STORED) {
                    parts.add(new StreamPart(key, after, Math.min(upTo, after + MAX_STORED)));
                }
            }
        }
        return parts;
    }

    /** Parts in as few statements as may be, each of a bounded number of parts and of rows. */
    private List<List<StreamPart>> statementsFor(List<StreamPart> parts) {
        List<List<StreamPart>> statements = new ArrayList<>();
        int from = 0;
        long rows = 0;
        for (int i = 0; i < parts.size(); i++) {
            long more = parts.get(i).upTo() - parts.get(i).after();
            if (i - from == partsAtOnce() || (i > from && rows + more > MAX_STORED)) {
                statements.add(parts.subList(from, i));
                from = i;
                rows = 0;
            }
            rows += more;
        }
        statements.add(parts.subList(from, parts.size()));
        return statements;
    }

    /** Whether the events of an append stand in these parts; sets their positions. */
    private boolean findIn(
            Connection connection,
            List<StreamPart> parts,
            SerializedAppend append,
            Map<Place, Integer> wanted,
            long[] positions)
            throws SQLException {
        long missing = 0;
        try (PreparedStatement select = connection.prepareStatement(unionOfLocking(parts.size()))) {
            int parameter = 0;
            for (StreamPart part : parts) {
                select.setLong(++parameter, part.streamKey());
                select.setLong(++parameter, part.after());
                select.setLong(++parameter, part.upTo());
                missing += part.upTo() - part.after();
            }
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    Integer index = wanted.get(new Place(row.getLong(1), row.getLong(2)));
                    if (index == null
                            || !uuid(row, 4)
                                    .equals(append.entries().get(index).event().id())) {
                        return false;
                    }
                    positions[index] = row.getLong(3);
                    missing--;
                }
            }
        }
        return missing == 0;
    }

    /** In brackets: a lock that a query asks for is one for its own rows only. */
    private String unionOfLocking(int branches) {
        return branches == 1
                ? selectStored
                : String.join(" UNION ALL ", Collections.nCopies(branches, "(" + selectStored + ")"));
    }
}
