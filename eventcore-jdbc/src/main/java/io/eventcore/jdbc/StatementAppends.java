package io.eventcore.jdbc;

import io.eventcore.Boundary.Guard;
import io.eventcore.BoundaryConflictException;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.EventWrites.NewRow;
import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.StreamLocks.Claim;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.serialization.internal.MovedGuards;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
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
 * For engines without functions of ours: an append is a handful of ordered statements in one transaction.
 *
 * <p>It locks all streams and tags in order, compares all of them, looks at what has come to those that moved, and then
 * writes, so that a conflict has nothing to undo. The row that hands out the positions comes last and stays locked
 * until the commit, so positions become visible in order.
 */
final class StatementAppends implements Appends {
    private final OwnTransactions transactions;
    private final StreamLocks locks;
    private final EventWrites writes;
    private final BoundaryLooks looks;
    private final RepeatedAppends repeated;

    StatementAppends(
            OwnTransactions transactions,
            StreamLocks locks,
            EventWrites writes,
            BoundaryLooks looks,
            RepeatedAppends repeated) {
        this.transactions = transactions;
        this.locks = locks;
        this.writes = writes;
        this.looks = looks;
        this.repeated = repeated;
    }

    @Override
    public void lockRow(Connection connection, String rowId) throws SQLException {
        locks.lock(connection, new TreeMap<>(Map.of(rowId, new Claim(true, true))), true);
    }

    @Override
    public AppendResult appendAlone(Connection connection, SerializedAppend append) throws SQLException {
        return transactions.run(
                connection,
                () -> append(connection, List.of(append), true, false).get(0));
    }

    @Override
    public AppendResult appendJoined(Connection connection, SerializedAppend append) throws SQLException {
        return append(connection, List.of(append), true, true).get(0);
    }

    @Override
    public List<AppendResult> appendBatch(Connection connection, List<SerializedAppend> appends) throws SQLException {
        return transactions.run(connection, () -> append(connection, appends, false, false));
    }

    private List<AppendResult> append(
            Connection connection, List<SerializedAppend> appends, boolean waits, boolean joined) throws SQLException {
        SortedMap<String, Claim> claims = claims(appends);
        Map<String, LockedStream> locked = locks.lock(connection, claims, waits);
        checkIds(claims, locked);
        List<@Nullable AppendResult> outcomes = new ArrayList<>(appends.size());
        List<SerializedAppend> accepted = new ArrayList<>(appends.size());
        for (SerializedAppend append : appends) {
            Optional<AppendResult> refusal = refusal(connection, append, locked, joined);
            outcomes.add(refusal.isPresent() ? repeatedOr(refusal.get(), connection, append, locked) : null);
            if (refusal.isEmpty()) {
                accepted.add(append);
            }
        }
        Iterator<AppendResult> written = write(connection, accepted, locked).iterator();
        outcomes.replaceAll(outcome -> outcome == null ? written.next() : outcome);
        return outcomes;
    }

    /** Fails if a found row was not asked for, or a row that had to be created is missing. */
    private static void checkIds(SortedMap<String, Claim> claims, Map<String, LockedStream> locked)
            throws SQLException {
        for (String found : locked.keySet()) {
            if (!claims.containsKey(found)) {
                throw ForeignIds.found(found);
            }
        }
        for (Map.Entry<String, Claim> claim : claims.entrySet()) {
            if (claim.getValue().createsRow() && !locked.containsKey(claim.getKey())) {
                throw ForeignIds.missing(claim.getKey());
            }
        }
    }

    /** The row of a stream or a tag to write. */
    private static LockedStream row(Map<String, LockedStream> locked, String id) throws SQLException {
        LockedStream stream = locked.get(id);
        if (stream == null || stream.key() == LockedStream.ABSENT.key()) {
            throw ForeignIds.missing(id);
        }
        return stream;
    }

    /** A refused append may be a repetition of a stored one. */
    private AppendResult repeatedOr(
            AppendResult refusal, Connection connection, SerializedAppend append, Map<String, LockedStream> locked)
            throws SQLException {
        if (refusal instanceof AppendResult.Conflict) {
            return repeated.find(connection, append, locked).orElse(refusal);
        }
        return refusal;
    }

    private static SortedMap<String, Claim> claims(List<SerializedAppend> appends) {
        SortedMap<String, Claim> claims = new TreeMap<>(RowIds.ORDER);
        for (SerializedAppend append : appends) {
            for (AppendRow row : AppendRow.of(append)) {
                claims.merge(row.id(), Claim.of(row), Claim::and);
            }
        }
        return claims;
    }

    private Optional<AppendResult> refusal(
            Connection connection, SerializedAppend append, Map<String, LockedStream> locked, boolean joined)
            throws SQLException {
        List<AppendRow> rows = AppendRow.of(append);
        for (AppendRow row : rows) {
            LockedStream found = locked.getOrDefault(row.id(), LockedStream.ABSENT);
            if (found.busy()) {
                return Optional.of(new AppendResult.Busy(row.id()));
            }
        }
        for (AppendRow row : rows) {
            long version = locked.getOrDefault(row.id(), LockedStream.ABSENT).version();
            if (!row.expected().isMetBy(StreamVersion.of(version))) {
                return Optional.of(new AppendResult.Conflict(row.conflict(version)));
            }
        }
        for (AppendRow row : rows) {
            LockedStream found = locked.getOrDefault(row.id(), LockedStream.ABSENT);
            for (Guard guard : row.guards()) {
                if (looks.findConflict(connection, row, found, guard, joined)) {
                    return Optional.of(new AppendResult.Conflict(new BoundaryConflictException(
                            row.id(), StreamVersion.of(guard.seen().version()), StreamVersion.of(found.version()))));
                }
            }
        }
        return Optional.empty();
    }

    private List<AppendResult> write(
            Connection connection, List<SerializedAppend> appends, Map<String, LockedStream> locked)
            throws SQLException {
        int events = 0;
        SortedMap<String, Integer> counts = new TreeMap<>(RowIds.ORDER);
        for (SerializedAppend append : appends) {
            events += append.entries().size();
            for (AppendRow row : AppendRow.of(append)) {
                if (row.events() > 0) {
                    // Several events may carry one tag.
                    counts.merge(row.id(), row.events(), Integer::sum);
                }
            }
        }
        List<AppendResult> outcomes = new ArrayList<>(appends.size());
        if (events == 0) {
            writes.keep(connection, relied(appends, locked));
            appends.forEach(append -> outcomes.add(
                    new AppendResult.Written(append.slice(new long[0], new long[0]), moved(append, locked))));
            return outcomes;
        }
        List<NewVersion> versions = new ArrayList<>(counts.size());
        for (Map.Entry<String, Integer> count : counts.entrySet()) {
            LockedStream row = row(locked, count.getKey());
            versions.add(new NewVersion(count.getKey(), row.key(), row.version() + count.getValue()));
        }
        writes.updateVersions(connection, versions);
        long position = writes.takePositions(connection, events);
        List<NewRow> rows = new ArrayList<>(events);
        List<NewTagEntry> tagEntries = new ArrayList<>();
        for (SerializedAppend append : appends) {
            long[] bases = bases(append, locked);
            long[] positions = new long[append.entries().size()];
            for (int i = 0; i < positions.length; i++) {
                Entry entry = append.entries().get(i);
                positions[i] = ++position;
                long key = row(locked, entry.event().streamId().value()).key();
                rows.add(new NewRow(
                        position, key, bases[entry.stream()] + entry.offset(), entry, append.metadata(entry)));
                for (int tag : entry.tags()) {
                    tagEntries.add(new NewTagEntry(
                            row(locked, append.tagRows().get(tag).rowId()).key(), position));
                }
            }
            outcomes.add(new AppendResult.Written(append.slice(bases, positions), moved(append, locked)));
        }
        writes.insertEvents(connection, rows);
        if (!tagEntries.isEmpty()) {
            writes.insertTagEntries(connection, tagEntries);
        }
        return outcomes;
    }

    /** The existing rows that appends without events rely on. */
    private static List<NewVersion> relied(List<SerializedAppend> appends, Map<String, LockedStream> locked) {
        SortedMap<String, NewVersion> relied = new TreeMap<>(RowIds.ORDER);
        for (SerializedAppend append : appends) {
            for (AppendRow row : AppendRow.of(append)) {
                LockedStream found = locked.getOrDefault(row.id(), LockedStream.ABSENT);
                if (found.key() != LockedStream.ABSENT.key()) {
                    relied.put(row.id(), new NewVersion(row.id(), found.key(), found.version()));
                }
            }
        }
        return List.copyOf(relied.values());
    }

    private static List<String> moved(SerializedAppend append, Map<String, LockedStream> locked) {
        return MovedGuards.of(
                append, row -> locked.getOrDefault(row, LockedStream.ABSENT).version());
    }

    private static long[] bases(SerializedAppend append, Map<String, LockedStream> locked) {
        return append.participants().stream()
                .mapToLong(participant -> locked.getOrDefault(participant.id().value(), LockedStream.ABSENT)
                        .version())
                .toArray();
    }
}
