package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.transfer.TransferRefusedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The statements of a backfill. Each method is one short transaction, which waits only a moment for the locks of other
 * transactions; after that, it rolls back and reports this. It locks rows of tags before rows of names, so that two
 * backfills never wait for each other in a circle.
 */
final class TagFill {
    /** How many events may have come since the last page while appends are kept waiting. */
    private static final int TAIL = 200;

    private final Connections connections;
    private final Dialect dialect;
    private final LogReads log;
    private final TagTables tagTables;
    private final String selectName;
    private final String insertName;
    private final String lockName;
    private final String beginName;
    private final String advanceName;
    private final String completeName;
    private final String selectKeys;
    private final String selectEntries;

    TagFill(Connections connections, Dialect dialect, LogReads log, TagTables tagTables) {
        this.connections = connections;
        this.dialect = dialect;
        this.log = log;
        this.tagTables = tagTables;
        TableNames names = dialect.names();
        String fresh = dialect.expressions().andNotFromCache();
        this.selectName = names.in("SELECT name FROM eventcore_tag_name WHERE name = ?" + fresh);
        this.insertName = names.in("INSERT INTO eventcore_tag_name (name, complete) VALUES (?, ?)");
        this.lockName = names.in("SELECT complete, filled_to, plan FROM eventcore_tag_name WHERE name = ? FOR UPDATE");
        this.beginName = names.in("UPDATE eventcore_tag_name SET complete = ?, filled_to = ?, plan = ? WHERE name = ?");
        this.advanceName = names.in("UPDATE eventcore_tag_name SET filled_to = ? WHERE name = ?");
        this.completeName =
                names.in("UPDATE eventcore_tag_name SET complete = ?, filled_to = ?, plan = '' WHERE name = ?");
        this.selectKeys = names.in(
                "SELECT stream_id, stream_key FROM eventcore_stream WHERE version >= 0" + fresh + " AND stream_id");
        this.selectEntries = names.in("SELECT tag_key, position FROM eventcore_event_tag WHERE position >= ?"
                + " AND position <= ?" + fresh + " AND tag_key");
    }

    /** An event that carries a tag, by the row of the tag. */
    record Entry(String rowId, long position) {}

    /** What the row of a name holds. */
    private record Name(boolean complete, long filledTo, String plan) {
        boolean isUnderway(String wanted) {
            return !complete && plan.equals(wanted);
        }
    }

    /**
     * Makes names incomplete, or finds what an earlier run with the same plan has begun.
     *
     * @return the position up to which all events have their tags of all these names
     */
    GlobalPosition begin(SortedSet<String> names, String plan) throws SQLException {
        return connections.own(connection -> {
            tagTables.check(connection);
            for (String name : names) {
                insert(connection, name);
            }
            return inTransaction(connection, () -> {
                long filledTo = Long.MAX_VALUE;
                for (String name : names) {
                    Name found = lock(connection, name);
                    if (!found.isUnderway(plan)) {
                        Statements.update(connection, beginName, false, 0L, plan, name);
                        filledTo = 0;
                    }
                    filledTo = Math.min(filledTo, found.filledTo());
                }
                return GlobalPosition.of(filledTo);
            });
        });
    }

    private void insert(Connection connection, String name) throws SQLException {
        if (!Statements.list(connection, selectName, row -> row.getString(1), name)
                .isEmpty()) {
            return;
        }
        try {
            Statements.update(connection, insertName, name, true);
        } catch (SQLException e) {
            if (dialect.classify(e) != Failure.DUPLICATE) {
                throw e;
            }
        }
    }

    private Name lock(Connection connection, String name) throws SQLException {
        List<Name> found = Statements.list(
                connection, lockName, row -> new Name(row.getBoolean(1), row.getLong(2), row.getString(3)), name);
        if (found.isEmpty()) {
            throw new TransferRefusedException(
                    "The name '%s' is no longer among those of tags: another backfill is in progress".formatted(name));
        }
        return found.get(0);
    }

    private void checkUnderway(Connection connection, SortedSet<String> names, String plan) throws SQLException {
        for (String name : names) {
            if (!lock(connection, name).isUnderway(plan)) {
                throw new TransferRefusedException(
                        "This backfill no longer adds tags named '%s': another one has ended, or has begun again"
                                .formatted(name));
            }
        }
    }

    /**
     * Adds the missing entries and counts them in the versions of their tags.
     *
     * @param entries in the order of their rows
     * @return the entries that were missing; empty if another transaction has locked one of the tags, and then nothing
     *     has changed
     */
    Optional<List<Entry>> give(List<Entry> entries, SortedSet<String> names, String plan) throws SQLException {
        return unlessBusy(connection -> {
            SortedSet<String> rows = new TreeSet<>(RowIds.ORDER);
            entries.forEach(entry -> rows.add(entry.rowId()));
            Map<String, LockedStream> locked = dialect.imports().lock(connection, rows);
            checkUnderway(connection, names, plan);
            List<Long> keys = new ArrayList<>();
            for (String row : rows) {
                keys.add(locked(locked, row).key());
            }
            Set<NewTagEntry> stored = stored(connection, keys, entries);
            List<Entry> missing = new ArrayList<>();
            List<NewTagEntry> made = new ArrayList<>();
            List<NewVersion> versions = new ArrayList<>();
            for (String row : rows) {
                LockedStream tag = locked(locked, row);
                long version = tag.version();
                for (Entry entry : entries) {
                    NewTagEntry wanted = new NewTagEntry(tag.key(), entry.position());
                    if (entry.rowId().equals(row) && !stored.contains(wanted)) {
                        missing.add(entry);
                        made.add(wanted);
                        version++;
                    }
                }
                if (version > tag.version()) {
                    versions.add(new NewVersion(row, tag.key(), version));
                }
            }
            if (!made.isEmpty()) {
                dialect.imports().updateVersions(connection, versions);
                dialect.imports().insertTagEntries(connection, made);
            }
            return missing;
        });
    }

    private static LockedStream locked(Map<String, LockedStream> locked, String row) throws SQLException {
        LockedStream found = locked.get(row);
        if (found == null) {
            throw ForeignIds.missing(row);
        }
        return found;
    }

    /** The stored entries of these tags, in the stretch of the log that these entries cover. */
    private Set<NewTagEntry> stored(Connection connection, List<Long> keys, List<Entry> within) throws SQLException {
        Set<NewTagEntry> found = new HashSet<>();
        if (keys.isEmpty()) {
            return found;
        }
        try (PreparedStatement query = connection.prepareStatement(selectEntries + Statements.in(keys.size()))) {
            query.setLong(1, within.stream().mapToLong(Entry::position).min().orElse(0));
            query.setLong(2, within.stream().mapToLong(Entry::position).max().orElse(0));
            for (int i = 0; i < keys.size(); i++) {
                query.setLong(i + 3, keys.get(i));
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    found.add(new NewTagEntry(row.getLong(1), row.getLong(2)));
                }
            }
        }
        return found;
    }

    /** Stores that all events up to a position have their tags. */
    boolean advance(SortedSet<String> names, String plan, GlobalPosition filledTo) throws SQLException {
        return unlessBusy(connection -> {
                    checkUnderway(connection, names, plan);
                    for (String name : names) {
                        Statements.update(connection, advanceName, filledTo.value(), name);
                    }
                    return true;
                })
                .isPresent();
    }

    /**
     * Makes names complete, if no event lacks its tags. Appends wait during this check, so that none can come between
     * the check and the end: no transaction holds what an append waits for, and this one does not wait for a tag.
     *
     * @param filledTo the position up to which all events have their tags
     * @param entries returns the tags that events carry
     * @return whether the names are complete now; false if events without their tags have come, or so many events that
     *     the check would take long; empty if another transaction that has appended does not end
     */
    Optional<Boolean> complete(
            SortedSet<String> names,
            String plan,
            GlobalPosition filledTo,
            StoredEvent.Decoder decoder,
            Function<List<StoredEvent>, List<Entry>> entries)
            throws SQLException {
        return unlessBusy(connection -> {
            dialect.imports().holdAppends(connection);
            Optional<List<StoredEvent>> tail = log.tail(connection, filledTo, TAIL, decoder);
            if (tail.isEmpty() || !areStored(connection, entries.apply(tail.get()))) {
                return false;
            }
            long end = tail.get().stream()
                    .mapToLong(event -> event.position().value())
                    .max()
                    .orElse(filledTo.value());
            checkUnderway(connection, names, plan);
            for (String name : names) {
                Statements.update(connection, completeName, true, end, name);
            }
            return true;
        });
    }

    private boolean areStored(Connection connection, List<Entry> entries) throws SQLException {
        if (entries.isEmpty()) {
            return true;
        }
        SortedSet<String> rows = new TreeSet<>(RowIds.ORDER);
        entries.forEach(entry -> rows.add(entry.rowId()));
        Map<String, Long> keys = new HashMap<>();
        List<String> asked = List.copyOf(rows);
        try (PreparedStatement query = connection.prepareStatement(selectKeys + Statements.in(asked.size()))) {
            for (int i = 0; i < asked.size(); i++) {
                query.setString(i + 1, asked.get(i));
            }
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    keys.put(row.getString(1), row.getLong(2));
                }
            }
        }
        Set<NewTagEntry> stored = stored(connection, List.copyOf(keys.values()), entries);
        return entries.stream()
                .allMatch(entry -> keys.containsKey(entry.rowId())
                        && stored.contains(new NewTagEntry(keys.getOrDefault(entry.rowId(), 0L), entry.position())));
    }

    /** Empty if another transaction held a lock for more than a moment; then nothing was changed. */
    private <T> Optional<T> unlessBusy(Connections.Work<T> work) throws SQLException {
        try {
            return Optional.of(connections.own(connection -> inTransaction(connection, () -> {
                LockTimeouts.Restore before = dialect.engine().lockTimeouts().shorten(connection);
                boolean done = false;
                try {
                    T result = work.on(connection);
                    done = true;
                    return result;
                } finally {
                    restore(connection, before, done);
                }
            })));
        } catch (SQLException e) {
            Failure failure = dialect.classify(e);
            if (failure == Failure.TIMED_OUT || failure == Failure.TRANSIENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A session that cannot be reset must not be reused; the earlier failure is the one to report. */
    private static void restore(Connection connection, LockTimeouts.Restore before, boolean done) throws SQLException {
        try {
            before.restore();
        } catch (SQLException e) {
            connection.abort(Runnable::run);
            if (done) {
                throw e;
            }
        }
    }

    private <T> T inTransaction(Connection connection, OwnTransactions.Work<T> work) throws SQLException {
        return dialect.transactions().run(connection, work);
    }
}
