package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.CanonicalJson;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stores snapshots in the tables of a {@link JdbcEventStore}; provided by {@link JdbcDatabase}.
 *
 * <p>It reads a snapshot within the caller's transaction, and stores one outside it. Safe for any number of threads and
 * processes.
 *
 * @since 0.1
 */
public class JdbcSnapshotStore implements SnapshotStore {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final TypeReference<LinkedHashMap<String, Long>> VERSIONS = new TypeReference<>() {};

    private final Connections connections;
    private final Dialect dialect;
    private final String select;
    private final String update;
    private final String insert;
    private final String delete;
    private final String deleteAll;

    JdbcSnapshotStore(Connections connections, Dialect dialect) {
        this.connections = connections;
        this.dialect = dialect;
        TableNames names = dialect.names();
        this.select = names.in("""
                SELECT state_version, versions, position, state FROM eventcore_snapshot WHERE snapshot_key = ?%s
                """.formatted(dialect.expressions().andNotFromCache()));
        // Unless the stored one is ahead: a later version, a higher position, or more events up to the same position.
        this.update = names.in("""
                UPDATE eventcore_snapshot
                SET state_version = ?, position = ?, events = ?, versions = ?, state = ?, command_type = ?, saved_at = %s
                WHERE snapshot_key = ?
                  AND (state_version < ? OR (state_version = ? AND (position < ? OR (position = ? AND events <= ?))))
                """.formatted(dialect.expressions().currentTime()));
        this.insert = names.in("""
                INSERT INTO eventcore_snapshot
                    (state_version, position, events, versions, state, command_type, snapshot_key, saved_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, %s)
                """.formatted(dialect.expressions().currentTime()));
        this.delete = names.in("DELETE FROM eventcore_snapshot WHERE snapshot_key = ?");
        this.deleteAll = names.in("DELETE FROM eventcore_snapshot WHERE command_type = ?");
    }

    @Override
    public Optional<StoredSnapshot> find(SnapshotKey key) {
        String hash = hash(key);
        try {
            return connections.joinOrOwn(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(select)) {
                    statement.setString(1, hash);
                    try (ResultSet row = statement.executeQuery()) {
                        return row.next()
                                ? Optional.of(new StoredSnapshot(
                                        row.getInt(1),
                                        versions(row.getString(2)),
                                        GlobalPosition.of(row.getLong(3)),
                                        row.getString(4)))
                                : Optional.empty();
                    }
                }
            });
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Reading a snapshot", e);
        }
    }

    @Override
    public void save(SnapshotKey key, StoredSnapshot snapshot) {
        String hash = hash(key);
        try {
            connections.own(connection -> update(connection, key, hash, snapshot)
                    || insert(connection, key, hash, snapshot)
                    // Another transaction was first, and its snapshot may be behind this one.
                    || update(connection, key, hash, snapshot));
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Storing a snapshot", e);
        }
    }

    private boolean update(Connection connection, SnapshotKey key, String hash, StoredSnapshot snapshot)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(update)) {
            bind(statement, key, hash, snapshot);
            statement.setInt(8, snapshot.version());
            statement.setInt(9, snapshot.version());
            statement.setLong(10, snapshot.position().value());
            statement.setLong(11, snapshot.position().value());
            statement.setLong(12, snapshot.events());
            return statement.executeUpdate() == 1;
        }
    }

    private boolean insert(Connection connection, SnapshotKey key, String hash, StoredSnapshot snapshot)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            bind(statement, key, hash, snapshot);
            statement.executeUpdate();
            return true;
        } catch (SQLException e) {
            if (dialect.classify(e) == Failure.DUPLICATE) {
                return false;
            }
            throw e;
        }
    }

    private static void bind(PreparedStatement statement, SnapshotKey key, String hash, StoredSnapshot snapshot)
            throws SQLException {
        statement.setInt(1, snapshot.version());
        statement.setLong(2, snapshot.position().value());
        statement.setLong(3, snapshot.events());
        statement.setString(4, json(snapshot.versions()));
        statement.setString(5, snapshot.state());
        statement.setString(6, key.commandType());
        statement.setString(7, hash);
    }

    @Override
    public void delete(SnapshotKey key) {
        execute(delete, hash(key));
    }

    @Override
    public void deleteAll(String commandType) {
        execute(deleteAll, Objects.requireNonNull(commandType, "commandType"));
    }

    private void execute(String sql, String parameter) {
        try {
            connections.own(connection -> {
                try (PreparedStatement statement = connection.prepareStatement(sql)) {
                    statement.setString(1, parameter);
                    return statement.executeUpdate();
                }
            });
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Deleting snapshots", e);
        }
    }

    /** A key may be longer than a database accepts for an index. */
    private static String hash(SnapshotKey key) {
        return CanonicalJson.hash(key.commandType() + '\n' + key.inputs());
    }

    private static String json(Map<StreamId, StreamVersion> versions) {
        Map<String, Long> texts = new LinkedHashMap<>();
        versions.forEach((id, version) -> texts.put(id.value(), version.value()));
        return MAPPER.writeValueAsString(texts);
    }

    private static Map<StreamId, StreamVersion> versions(String json) {
        Map<StreamId, StreamVersion> versions = new LinkedHashMap<>();
        MAPPER.readValue(json, VERSIONS)
                .forEach((id, version) -> versions.put(StreamId.of(id), StreamVersion.of(version)));
        return versions;
    }
}
