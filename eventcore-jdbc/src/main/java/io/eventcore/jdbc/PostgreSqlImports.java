package io.eventcore.jdbc;

import io.eventcore.jdbc.EventWrites.NewTagEntry;
import io.eventcore.jdbc.EventWrites.NewVersion;
import io.eventcore.jdbc.StreamLocks.LockedStream;
import io.eventcore.transfer.ExportedEvent;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;

/**
 * PostgreSQL: a sequence hands out the positions; a sequence that was never asked counts as restarted, and no append
 * goes past it.
 */
final class PostgreSqlImports implements Imports {
    /** Classes of SQLState. */
    private static final String DATA_EXCEPTION = "22";

    private static final String LIMIT_EXCEEDED = "54";

    /** Every server reads JSON up to this depth, even with the smallest stack that can be set. */
    private static final int SURE_DEPTH = 200;

    private static final String PATIENCE = "SET LOCAL lock_timeout = '10s'";

    private final String lockStreams;
    private final String selectStreams;
    private final String updateStreams;
    private final String announce;
    private final String insertInPlace;
    private final String insertAtEnd;
    private final String insertTagEntries;
    private final String lockTables;
    private final String holdEvents;
    private final String takeAway;
    private final String giveBack;
    private final String tryPayload;

    PostgreSqlImports(TableNames names) {
        this.lockStreams = names.in("""
                SELECT count(eventcore_lock_stream(s.id)::text)
                FROM (SELECT u.id FROM unnest(?::text[]) WITH ORDINALITY AS u(id, o) ORDER BY u.o OFFSET 0) s
                """);
        this.selectStreams =
                names.in("SELECT stream_id, stream_key, version FROM eventcore_stream WHERE stream_id = ANY (?)");
        this.updateStreams = names.in("""
                UPDATE eventcore_stream s SET version = u.version
                FROM unnest(?::bigint[], ?::bigint[]) AS u(stream_key, version)
                WHERE s.stream_key = u.stream_key
                """);
        this.announce = names.in("SELECT count(pg_advisory_xact_lock_shared(eventcore_announcement())::text)");
        String insert = """
                INSERT INTO eventcore_event (position, stream_key, recorded_at, event_id, version, type, payload, metadata)
                SELECT %s, u.stream_key, u.recorded_at::timestamptz, u.event_id::uuid, u.version, u.type,
                       u.payload::json, u.metadata::json
                FROM (
                    SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::text[],
                                         ?::text[], ?::text[])
                        WITH ORDINALITY AS e(position, stream_key, recorded_at, event_id, version, type, payload,
                                             metadata, o)
                    ORDER BY e.o
                ) u
                """;
        this.insertInPlace = names.in(insert.formatted("u.position"));
        this.insertAtEnd = names.in(insert.formatted("nextval('eventcore_position')") + " RETURNING position");
        this.insertTagEntries = names.in("INSERT INTO eventcore_event_tag (tag_key, position)"
                + " SELECT u.tag_key, u.position FROM unnest(?::bigint[], ?::bigint[]) AS u(tag_key, position)");
        // In the order in which an append locks them.
        this.lockTables = names.in("LOCK TABLE eventcore_stream, eventcore_event IN SHARE ROW EXCLUSIVE MODE");
        // Readers continue. No writer of events takes this lock while it waits for a tag, so it is never part of a
        // deadlock.
        this.holdEvents = names.in("LOCK TABLE eventcore_event IN SHARE MODE");
        // Unlike setval alone, a restart is undone with its transaction, and so is what is set after it.
        this.takeAway = names.in("ALTER SEQUENCE eventcore_position RESTART WITH 1");
        this.giveBack = names.in("SELECT setval('eventcore_position', greatest(?, 1), true)");
        this.tryPayload = "SELECT count(CAST(CAST(? AS text) AS json)::text)";
    }

    @Override
    public Map<String, LockedStream> lock(Connection connection, SortedSet<String> rowIds) throws SQLException {
        String[] ids = rowIds.toArray(String[]::new);
        query(connection, lockStreams, (Object) ids);
        Map<String, LockedStream> locked = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(selectStreams)) {
            query.setObject(1, ids);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    locked.put(row.getString(1), LockedStream.found(row.getLong(2), row.getLong(3)));
                }
            }
        }
        return locked;
    }

    @Override
    public void updateVersions(Connection connection, List<NewVersion> versions) throws SQLException {
        update(
                connection,
                updateStreams,
                versions.stream().mapToLong(NewVersion::key).toArray(),
                versions.stream().mapToLong(NewVersion::version).toArray());
    }

    @Override
    public void insertInPlace(Connection connection, List<ImportedRow> rows) throws SQLException {
        try (PreparedStatement insert = insert(connection, insertInPlace, rows)) {
            insert.executeUpdate();
        }
    }

    @Override
    public List<Long> insertAtEnd(Connection connection, List<ImportedRow> rows) throws SQLException {
        query(connection, announce);
        List<Long> positions = new ArrayList<>(rows.size());
        try (PreparedStatement insert = insert(connection, insertAtEnd, rows);
                ResultSet row = insert.executeQuery()) {
            while (row.next()) {
                positions.add(row.getLong(1));
            }
        }
        // The sequence hands them out in the order of the rows.
        Collections.sort(positions);
        return positions;
    }

    @Override
    public void insertTagEntries(Connection connection, List<NewTagEntry> entries) throws SQLException {
        update(
                connection,
                insertTagEntries,
                entries.stream().mapToLong(NewTagEntry::tagKey).toArray(),
                entries.stream().mapToLong(NewTagEntry::position).toArray());
    }

    private static PreparedStatement insert(Connection connection, String sql, List<ImportedRow> rows)
            throws SQLException {
        PreparedStatement insert = connection.prepareStatement(sql);
        bind(
                insert,
                rows.stream().mapToLong(row -> row.event().position().value()).toArray(),
                rows.stream().mapToLong(ImportedRow::streamKey).toArray(),
                rows.stream().map(row -> row.event().recordedAt().toString()).toArray(String[]::new),
                rows.stream().map(row -> row.event().id().toString()).toArray(String[]::new),
                rows.stream().mapToLong(row -> row.event().version().value()).toArray(),
                rows.stream().map(row -> row.event().typeName()).toArray(String[]::new),
                rows.stream().map(ImportedRow::payload).toArray(String[]::new),
                rows.stream().map(row -> row.metadata().orElse(null)).toArray(String[]::new));
        return insert;
    }

    @Override
    public void keepOthersOut(Connection connection) throws SQLException {
        Statements.execute(connection, PATIENCE);
        Statements.execute(connection, lockTables);
    }

    @Override
    public void holdAppends(Connection connection) throws SQLException {
        Statements.execute(connection, holdEvents);
    }

    @Override
    public void takeAwayPositions(Connection connection) throws SQLException {
        Statements.execute(connection, takeAway);
    }

    @Override
    public void giveBackPositions(Connection connection, long last) throws SQLException {
        Statements.execute(connection, PATIENCE);
        Statements.execute(connection, takeAway);
        query(connection, giveBack, last);
    }

    /** The type json accepts JSON only, and not at any depth. */
    @Override
    public boolean isDoubtful(ExportedEvent event) {
        int depth = event.jsonDepth();
        return depth < 0 || depth > SURE_DEPTH;
    }

    @Override
    public Optional<String> refusal(Connection connection, ExportedEvent event) throws SQLException {
        try {
            query(connection, tryPayload, new String(event.payload(), StandardCharsets.UTF_8));
            return Optional.empty();
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (state.startsWith(DATA_EXCEPTION)) {
                return Optional.of("PostgreSQL stores only JSON, and does not accept its payload as JSON (SQLState %s)"
                        .formatted(state));
            }
            if (state.startsWith(LIMIT_EXCEEDED)) {
                return Optional.of(
                        "its payload is nested more deeply than this PostgreSQL reads (max_stack_depth, SQLState %s)"
                                .formatted(state));
            }
            throw e;
        }
    }

    /** The key of an announcement holds no higher one. */
    @Override
    public long maxPosition() {
        return 281_474_976_710_655L;
    }

    private static void query(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            bind(query, values);
            query.executeQuery().close();
        }
    }

    private static void update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            bind(update, values);
            update.executeUpdate();
        }
    }

    private static void bind(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }
}
