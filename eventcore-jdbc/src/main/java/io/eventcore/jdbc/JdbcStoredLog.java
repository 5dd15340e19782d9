package io.eventcore.jdbc;

import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.Imports.ImportedRow;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.StoredLog;
import io.eventcore.transfer.TransferConflictException;
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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The events of a database as they are stored.
 *
 * <p>While an import fills a store, its settings row says so, and no other store starts on these tables. It also hands
 * out no positions, so no running store can append. The end of the import restores both together.
 */
final class JdbcStoredLog implements StoredLog {
    /** What the settings row holds in place of the order strategy, from the first chunk of an import to its end. */
    static final String UNFINISHED = "unfinished-import";

    static final long PAGE_BYTES = 4L * 1024 * 1024;

    private final Connections connections;
    private final Dialect dialect;
    private final LogReads log;
    private final TagTables tagTables;
    private final ExportedTags tags;
    private final Imports imports;
    private final SubjectKeyTable subjectKeys;
    private final boolean uniqueIds;
    private final String lockSettings;
    private final String selectSettings;
    private final String selectAnyTag;
    private final String updateSettings;
    private final String selectAnyStream;
    private final String selectSameId;
    private final String selectPosition;
    private final String selectRegistered;

    /** {@code uniqueIds}: whether the database refuses an event whose id is already stored. */
    JdbcStoredLog(Connections connections, Dialect dialect, boolean uniqueIds) {
        this.uniqueIds = uniqueIds;
        this.connections = connections;
        this.dialect = dialect;
        this.tagTables = new TagTables(dialect, !connections.isRouting());
        this.log = new LogReads(dialect, connections, new Payloads(dialect, PAGE_BYTES), tagTables);
        this.tags = new ExportedTags(dialect);
        this.imports = dialect.imports();
        this.subjectKeys = new SubjectKeyTable(
                dialect.names(), dialect.expressions(), dialect.engine().errors());
        TableNames names = dialect.names();
        String fresh = dialect.expressions().andNotFromCache();
        this.lockSettings = names.in("SELECT order_strategy FROM eventcore_settings WHERE id = 1 FOR UPDATE");
        this.selectSettings = names.in("SELECT order_strategy FROM eventcore_settings WHERE id = 1") + fresh;
        this.selectAnyTag = names.in("SELECT position FROM eventcore_event_tag WHERE 1 = 1") + fresh + " LIMIT 1";
        this.updateSettings = names.in("UPDATE eventcore_settings SET order_strategy = ? WHERE id = 1");
        this.selectAnyStream = names.in("SELECT count(*) FROM eventcore_stream WHERE version > 0");
        this.selectSameId = names.in("SELECT e.position FROM eventcore_event e WHERE e.event_id = ?" + fresh);
        this.selectPosition = names.in("SELECT e.position FROM eventcore_stream s"
                + " JOIN eventcore_event e ON e.stream_key = s.stream_key WHERE s.stream_id = ? AND e.version = ?"
                + fresh);
        this.selectRegistered =
                names.in("SELECT name, version, number FROM eventcore_projection ORDER BY name, version, number");
    }

    @Override
    public List<ProjectionPartition> registered() {
        try {
            return connections.own(connection -> Statements.list(
                    connection,
                    selectRegistered,
                    row -> new ProjectionPartition(row.getString(1), row.getInt(2), row.getInt(3))));
        } catch (SQLException e) {
            throw failed("Looking for projections", e);
        }
    }

    @Override
    public boolean keepsIdsUnique() {
        return uniqueIds;
    }

    @Override
    public Optional<String> refusal(ExportedEvent event) {
        if (!imports.isDoubtful(event)) {
            return Optional.empty();
        }
        try {
            return connections.own(connection -> imports.refusal(connection, event));
        } catch (SQLException e) {
            throw failed("Asking what the database accepts", e);
        }
    }

    @Override
    public Set<UUID> lackingKeys(Set<UUID> keys) {
        Set<UUID> lacking = new HashSet<>(keys);
        try {
            lacking.removeAll(connections.own(connection -> subjectKeys.known(connection, keys)));
        } catch (SQLException e) {
            throw failed("Looking for keys of personal data", e);
        }
        return lacking;
    }

    @Override
    public GlobalPosition settledEnd() {
        try {
            return log.settledEnd();
        } catch (SQLException e) {
            throw failed("Reading how far the log goes", e);
        }
    }

    @Override
    public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
        try {
            // Events first: tags committed together with an event are there when they are looked up afterwards.
            List<ExportedEvent> page = log.export(after, upTo, limit);
            if (page.isEmpty() || !tellsTags()) {
                return page;
            }
            long last = page.get(page.size() - 1).position().value();
            if (!tags.cover(after.value(), last)) {
                long settled = settledBound();
                connections.own(connection -> {
                    tags.load(connection, after.value(), last, Math.min(upTo.value(), settled));
                    return true;
                });
            }
            return connections.own(connection -> tags.of(connection, after.value(), page));
        } catch (SQLException e) {
            throw failed("Reading the log", e);
        }
    }

    /**
     * The position up to which no other event can appear: while an import fills the tables, no other transaction
     * writes.
     */
    private long settledBound() throws SQLException {
        boolean unfinished =
                connections.own(connection -> Statements.list(connection, selectSettings, row -> row.getString(1))
                        .contains(UNFINISHED));
        return unfinished
                ? connections.own(this::last).value()
                : log.settledEnd().value();
    }

    @Override
    public boolean tellsTags() {
        try {
            return connections.own(tagTables::hold);
        } catch (SQLException e) {
            throw failed("Reading the version of the tables", e);
        }
    }

    @Override
    public void requireTags() {
        try {
            connections.own(connection -> {
                tagTables.check(connection);
                return true;
            });
        } catch (SQLException e) {
            throw failed("Reading the version of the tables", e);
        }
    }

    @Override
    public boolean holdsTags() {
        try {
            return tellsTags()
                    && !connections
                            .own(connection -> Statements.list(connection, selectAnyTag, row -> row.getLong(1)))
                            .isEmpty();
        } catch (SQLException e) {
            throw failed("Looking for tags", e);
        }
    }

    @Override
    public Optional<GlobalPosition> positionOf(StreamId streamId, StreamVersion version) {
        try {
            return connections
                    .own(connection -> Statements.list(
                            connection,
                            selectPosition,
                            row -> GlobalPosition.of(row.getLong(1)),
                            streamId.value(),
                            version.value()))
                    .stream()
                    .findFirst();
        } catch (SQLException e) {
            throw failed("Reading a position", e);
        }
    }

    @Override
    public RestoreState beginRestore(GlobalPosition last) {
        if (last.value() > imports.maxPosition()) {
            throw new TransferRefusedException(
                    ("This database keeps positions up to %d, but the log reaches %s: append its events to the store"
                                    + " instead")
                            .formatted(imports.maxPosition(), last));
        }
        try {
            return inTransaction(this::begin);
        } catch (SQLException e) {
            if (dialect.classify(e) == Failure.TIMED_OUT) {
                throw new TransferRefusedException(
                        "Other transactions are writing to the store: stop them first", Failure.redacted(e));
            }
            throw failed("Beginning an import", e);
        }
    }

    private RestoreState begin(Connection connection) throws SQLException {
        if (!isUnfinished(connection)) {
            imports.keepOthersOut(connection);
            GlobalPosition found = last(connection);
            if (found.value() > 0 || Statements.number(connection, selectAnyStream, 0) > 0) {
                return new RestoreState(false, found);
            }
            Statements.update(connection, updateSettings, UNFINISHED);
            imports.takeAwayPositions(connection);
        }
        return new RestoreState(true, last(connection));
    }

    private boolean isUnfinished(Connection connection) throws SQLException {
        return Statements.list(connection, lockSettings, row -> row.getString(1))
                .contains(UNFINISHED);
    }

    private GlobalPosition last(Connection connection) throws SQLException {
        return GlobalPosition.of(dialect.log().highestPosition(connection));
    }

    @Override
    public void restore(GlobalPosition after, List<ExportedEvent> events) {
        try {
            inTransaction(connection -> {
                checkLast(connection, after);
                List<ImportedRow> rows = missing(connection, events);
                imports.insertInPlace(connection, rows);
                insertTags(
                        connection,
                        rows,
                        rows.stream().map(row -> row.event().position().value()).toList());
                return events;
            });
        } catch (SQLException e) {
            throw failed("Restoring events", e);
        }
    }

    /** Checks in a transaction that keeps other imports waiting. */
    private void checkLast(Connection connection, GlobalPosition expected) throws SQLException {
        if (!isUnfinished(connection)) {
            throw new TransferRefusedException("Another import has ended this one");
        }
        GlobalPosition found = last(connection);
        if (!found.equals(expected)) {
            throw new TransferRefusedException(
                    "The import has reached position %s, the store %s: another import is in progress"
                            .formatted(expected, found));
        }
    }

    @Override
    public void endRestore(GlobalPosition last) {
        try {
            inTransaction(connection -> {
                checkLast(connection, last);
                // First: if the database cannot roll this back, a repeated import does it again.
                imports.giveBackPositions(connection, last.value());
                Statements.update(connection, updateSettings, dialect.log().orderStrategy());
                return last;
            });
        } catch (SQLException e) {
            throw failed("Ending an import", e);
        }
    }

    @Override
    public int append(List<ExportedEvent> events) {
        try {
            return inTransaction(connection -> {
                List<ImportedRow> missing = missing(connection, events);
                if (uniqueIds) {
                    checkIds(connection, missing);
                }
                if (!missing.isEmpty()) {
                    insertTags(connection, missing, imports.insertAtEnd(connection, missing));
                }
                return missing.size();
            });
        } catch (SQLException e) {
            throw failed("Appending imported events", e);
        }
    }

    /** Checks before the index does, because the index does not say which event it refuses. */
    private void checkIds(Connection connection, List<ImportedRow> missing) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(selectSameId)) {
            for (ImportedRow row : missing) {
                ExportedEvent event = row.event();
                dialect.types().bind(query, 1, event.id());
                try (ResultSet found = query.executeQuery()) {
                    if (found.next()) {
                        throw new TransferConflictException(
                                event.streamId(),
                                event.version(),
                                "another event, at position %d, has the same id, and this store keeps ids unique"
                                        .formatted(found.getLong(1)));
                    }
                }
            }
        }
    }

    /** Stores the tags of events that were stored in these positions. */
    private void insertTags(Connection connection, List<ImportedRow> rows, List<Long> positions) throws SQLException {
        List<NewTagEntry> entries = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            for (long key : rows.get(i).tagKeys()) {
                entries.add(new NewTagEntry(key, positions.get(i)));
            }
        }
        if (!entries.isEmpty()) {
            imports.insertTagEntries(connection, entries);
        }
        tags.forget();
    }

    /** Locks the tags and streams of events, sets their new versions, and returns the rows of the missing events. */
    private List<ImportedRow> missing(Connection connection, List<ExportedEvent> events) throws SQLException {
        SortedSet<StreamId> streams = new TreeSet<>();
        SortedSet<String> rowIds = new TreeSet<>(RowIds.ORDER);
        for (ExportedEvent event : events) {
            streams.add(event.streamId());
            rowIds.add(event.streamId().value());
            event.tags().forEach(tag -> rowIds.add(tag.rowId()));
        }
        Map<String, LockedStream> locked = imports.lock(connection, rowIds);
        for (String found : locked.keySet()) {
            if (!rowIds.contains(found)) {
                throw ForeignIds.found(found);
            }
        }
        Map<StreamId, List<ExportedEvent>> byStream = new HashMap<>();
        events.forEach(event -> byStream.computeIfAbsent(event.streamId(), id -> new ArrayList<>())
                .add(event));
        List<NewVersion> versions = new ArrayList<>();
        EventsInPlace there = new EventsInPlace(dialect);
        for (StreamId id : streams) {
            LockedStream stream = lockedRow(locked, id.value());
            long last = check(stream, byStream.getOrDefault(id, List.of()), there);
            if (last > stream.version()) {
                versions.add(new NewVersion(id.value(), stream.key(), last));
            }
        }
        there.compare(connection);
        List<ImportedRow> missing = new ArrayList<>();
        Map<String, Long> carried = new TreeMap<>(RowIds.ORDER);
        for (ExportedEvent event : events) {
            LockedStream stream = lockedRow(locked, event.streamId().value());
            if (event.version().value() > stream.version()) {
                List<Long> tagKeys = new ArrayList<>();
                for (EventTag tag : event.tags()) {
                    tagKeys.add(lockedRow(locked, tag.rowId()).key());
                    carried.merge(tag.rowId(), 1L, Long::sum);
                }
                missing.add(new ImportedRow(stream.key(), tagKeys, event));
            }
        }
        for (Map.Entry<String, Long> tag : carried.entrySet()) {
            LockedStream row = lockedRow(locked, tag.getKey());
            versions.add(new NewVersion(tag.getKey(), row.key(), row.version() + tag.getValue()));
        }
        if (!versions.isEmpty()) {
            imports.updateVersions(connection, versions);
        }
        return missing;
    }

    private static LockedStream lockedRow(Map<String, LockedStream> locked, String rowId) throws SQLException {
        LockedStream row = locked.get(rowId);
        if (row == null) {
            throw ForeignIds.missing(rowId);
        }
        return row;
    }

    /**
     * Checks that events continue their stream.
     *
     * @param there collects the events whose place is taken, to compare them with the stored ones
     * @return the version of the stream once all events are stored
     */
    private static long check(LockedStream stream, List<ExportedEvent> events, EventsInPlace there) {
        long version = stream.version();
        for (ExportedEvent event : events) {
            long place = event.version().value();
            if (place <= stream.version()) {
                there.add(stream.key(), event);
            } else if (place == version + 1) {
                version = place;
            } else {
                throw TransferConflictException.hole(event.streamId(), event.version(), version);
            }
        }
        return version;
    }

    private <T> T inTransaction(Connections.Work<T> work) throws SQLException {
        return connections.own(connection -> dialect.transactions().run(connection, () -> work.on(connection)));
    }

    private RuntimeException failed(String action, SQLException e) {
        return SqlErrors.isForbidden(e)
                ? new TransferRefusedException(
                        action + " needs the owner of the tables; this user is not the owner", Failure.redacted(e))
                : dialect.classify(e).toException(action, e);
    }
}
