package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.jdbc.EventWrites.NewRow;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.StreamLocks.Claim;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
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
final class StatementAppends implements Appends {
    private final OwnTransactions transactions;
    private final StreamLocks locks;
    private final EventWrites writes;
    private final RepeatedAppends repeated;

    StatementAppends(OwnTransactions transactions, StreamLocks locks, EventWrites writes, RepeatedAppends repeated) {
        this.transactions = transactions;
        this.locks = locks;
        this.writes = writes;
        this.repeated = repeated;
    }

    @Override
    public void lockStream(Connection connection, StreamId streamId) throws SQLException {
        locks.lock(connection, new TreeMap<>(Map.of(streamId, new Claim(true, true))), true);
    }

    @Override
    public AppendResult appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        return transactions.run(connection, () -> appendJoined(connection, append));
    }

    @Override
    public AppendResult appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        return append(connection, List.of(append), true).get(0);
    }

    @Override
    public List<AppendResult> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException {
        return transactions.run(connection, () -> append(connection, appends, false));
    }

    private List<AppendResult> append(Connection connection, List<SerializedAppend> appends, boolean waits)
            throws SQLException {
        SortedMap<StreamId, Claim> claims = claims(appends);
        Map<StreamId, LockedStream> locked = locks.lock(connection, claims, waits);
        checkIds(claims, locked);
        List<@Nullable AppendResult> outcomes = new ArrayList<>(appends.size());
        List<SerializedAppend> accepted = new ArrayList<>(appends.size());
        for (SerializedAppend append : appends) {
            Optional<AppendResult> refusal = refusal(append, locked);
            outcomes.add(refusal.isPresent() ? repeatedOr(refusal.get(), connection, append, locked) : null);
            if (refusal.isEmpty()) {
                accepted.add(append);
            }
        }
        Iterator<AppendResult> written = write(connection, accepted, locked).iterator();
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
        if (stream == null || stream.key() == LockedStream.ABSENT.key()) {
            throw ForeignIds.missing(id);
        }
        return stream;
    }

    /** What was refused may be a repetition of what is stored. */
    private AppendResult repeatedOr(
            AppendResult refusal, Connection connection, SerializedAppend append, Map<StreamId, LockedStream> locked)
            throws SQLException {
        if (refusal instanceof AppendResult.Conflict) {
            Optional<long[]> positions = repeated.positions(connection, append, locked);
            if (positions.isPresent()) {
                return new AppendResult.Found(append.sliceAsExpected(positions.get()));
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

    private static Optional<AppendResult> refusal(SerializedAppend append, Map<StreamId, LockedStream> locked) {
        for (Participant participant : append.participants()) {
            LockedStream stream = locked.getOrDefault(participant.id(), LockedStream.ABSENT);
            if (stream.busy()) {
                return Optional.of(new AppendResult.Busy(participant.id()));
            }
            StreamVersion actual = StreamVersion.of(stream.version());
            if (!participant.expected().isMetBy(actual)) {
                return Optional.of(new AppendResult.Conflict(
                        new VersionConflictException(participant.id(), participant.expected(), actual)));
            }
        }
        return Optional.empty();
    }

    private List<AppendResult> write(
            Connection connection, List<SerializedAppend> appends, Map<StreamId, LockedStream> locked)
            throws SQLException {
        List<NewVersion> versions = new ArrayList<>();
        int events = 0;
        for (SerializedAppend append : appends) {
            events += append.entries().size();
            for (Participant participant : append.participants()) {
                if (!participant.isGuard()) {
                    LockedStream stream = row(locked, participant.id());
                    versions.add(
                            new NewVersion(participant.id(), stream.key(), stream.version() + participant.events()));
                }
            }
        }
        List<AppendResult> outcomes = new ArrayList<>(appends.size());
        if (events == 0) {
            appends.forEach(append -> outcomes.add(new AppendResult.Written(append.slice(new long[0], new long[0]))));
            return outcomes;
        }
        writes.updateVersions(connection, versions);
        long position = writes.takePositions(connection, events);
        List<NewRow> rows = new ArrayList<>(events);
        for (SerializedAppend append : appends) {
            long[] bases = bases(append, locked);
            long[] positions = new long[append.entries().size()];
            for (int i = 0; i < positions.length; i++) {
                Entry entry = append.entries().get(i);
                positions[i] = ++position;
                long key = row(locked, entry.event().streamId()).key();
                rows.add(new NewRow(
                        position, key, bases[entry.stream()] + entry.offset(), entry, append.metadata(entry)));
            }
            outcomes.add(new AppendResult.Written(append.slice(bases, positions)));
        }
        writes.insertEvents(connection, rows);
        return outcomes;
    }

    private static long[] bases(SerializedAppend append, Map<StreamId, LockedStream> locked) {
        return append.participants().stream()
                .mapToLong(participant -> locked.getOrDefault(participant.id(), LockedStream.ABSENT)
                        .version())
                .toArray();
    }
}
