package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The partitions of projections and of their versions: which exist, and in what state. */
final class ProjectionPartitions {
    static final String COLUMNS = """
            name, version, number, position, seen_position, seen_event_id, owner, token, paused, resumes,
                failure, partitions, active""";

    private final OwnStatements statements;
    private final ParkedStreamChanges parkedStreams;
    private final DeadlineChanges deadlines;
    private final WholeProjections whole;
    private final String selectVersions;
    private final String selectAll;
    private final String selectOf;
    private final String activate;
    private final String setPaused;
    private final String clearFailures;
    private final String recordFailure;
    private final String delete;

    ProjectionPartitions(
            Dialect dialect, OwnStatements statements, ParkedStreamChanges parkedStreams, DeadlineChanges deadlines) {
        this.statements = statements;
        this.parkedStreams = parkedStreams;
        this.deadlines = deadlines;
        this.whole = new WholeProjections(dialect, statements);
        TableNames names = dialect.names();
        String later = dialect.expressions().nowPlusMillis();
        String fresh = dialect.expressions().andNotFromCache();
        this.selectVersions =
                names.in("SELECT version, active, paused, position FROM eventcore_projection WHERE name = ?" + fresh);
        String state = """
                SELECT %s, CASE WHEN owner = '' OR good_until <= %s THEN 1 ELSE 0 END
                FROM eventcore_projection
                """.formatted(COLUMNS, later);
        this.selectAll = names.in(state + "ORDER BY name, version, number");
        this.selectOf = names.in(state + "WHERE name = ?\nORDER BY version, number");
        this.activate = names.in("""
                UPDATE eventcore_projection SET active = CASE WHEN version = ? THEN TRUE ELSE FALSE END WHERE name = ?
                """);
        this.setPaused = names.in("UPDATE eventcore_projection SET paused = ? WHERE name = ?");
        this.clearFailures =
                names.in("UPDATE eventcore_projection SET failure = '', resumes = resumes + 1 WHERE name = ?");
        this.recordFailure = names.in("""
                UPDATE eventcore_projection SET failure = ?
                WHERE name = ? AND version = ? AND number = ? AND token = ? AND owner = ?
                """);
        this.delete = names.in("DELETE FROM eventcore_projection WHERE name = ? AND version = ?");
    }

    static IllegalArgumentException notRegistered(ProjectionPartition partition) {
        return new IllegalArgumentException("Partition '" + partition + "' is not registered");
    }

    /** A part of a version, as far as a change of the whole projection needs to know it. */
    record Part(int version, boolean active, boolean paused, GlobalPosition position) {}

    List<Part> parts(Connection connection, String projection) throws SQLException {
        return Statements.list(
                connection,
                selectVersions,
                row -> new Part(
                        row.getInt(1), row.getBoolean(2), row.getBoolean(3), new GlobalPosition(row.getLong(4))),
                projection);
    }

    List<PartitionState> all() {
        return statements.list("Reading the state of the projections", selectAll, ProjectionPartitions::state, 0L);
    }

    List<PartitionState> of(String projection) {
        return statements.list(
                "Reading the state of projection '" + projection + "'",
                selectOf,
                ProjectionPartitions::state,
                0L,
                projection);
    }

    /** Reads the columns, and then whether the lease is free. */
    static PartitionState state(ResultSet row) throws SQLException {
        return new PartitionState(
                new ProjectionPartition(row.getString(1), row.getInt(2), row.getInt(3)),
                row.getInt(12),
                ProjectionCheckpoints.read(row, 4),
                row.getString(7),
                row.getLong(8),
                row.getInt(14) == 1,
                row.getBoolean(9),
                row.getLong(10),
                row.getString(11),
                row.getBoolean(13));
    }

    void activate(String projection, int version) {
        whole.change("Activating a version of projection '" + projection + "'", projection, connection -> {
            partsToActivate(connection, projection, version);
            return makeActive(connection, projection, version);
        });
    }

    boolean activateIfReached(String projection, int version, GlobalPosition position) {
        return whole.change("Activating a version of projection '" + projection + "'", projection, connection -> {
            List<Part> parts = partsToActivate(connection, projection, version);
            boolean isNewer = parts.stream().filter(Part::active).allMatch(part -> part.version() < version);
            boolean hasReached = parts.stream()
                    .filter(part -> part.version() == version)
                    .allMatch(part -> part.position().compareTo(position) >= 0);
            return isNewer && hasReached && makeActive(connection, projection, version);
        });
    }

    /** The parts of all versions, if this version exists and can be active. */
    private List<Part> partsToActivate(Connection connection, String projection, int version) throws SQLException {
        List<Part> parts = parts(connection, projection);
        if (version == ProjectionPartition.SIDE_EFFECTS
                || parts.stream().noneMatch(part -> part.version() == version)) {
            throw new IllegalArgumentException(
                    "Version " + version + " of projection '" + projection + "' cannot be active");
        }
        return parts;
    }

    private boolean makeActive(Connection connection, String projection, int version) throws SQLException {
        Statements.update(connection, activate, version, projection);
        return true;
    }

    void setPaused(String projection, boolean paused) {
        whole.change((paused ? "Pausing" : "Resuming") + " projection '" + projection + "'", projection, connection -> {
            if (paused && parts(connection, projection).isEmpty()) {
                throw new IllegalArgumentException("Projection '" + projection + "' is not registered");
            }
            Statements.update(connection, setPaused, paused, projection);
            return true;
        });
    }

    void clearFailures(String projection) {
        whole.change(
                "Resuming projection '" + projection + "'",
                projection,
                connection -> Statements.update(connection, clearFailures, projection) > 0);
    }

    void recordFailure(Lease lease, String failure) {
        ProjectionPartition partition = lease.partition();
        statements.update(
                "Storing the failure of projection '" + partition + "'",
                recordFailure,
                failure,
                partition.projection(),
                partition.version(),
                partition.number(),
                lease.token(),
                lease.owner());
    }

    /** Forgets all versions, with their parked streams and their deadlines. */
    void forget(String projection) {
        whole.change("Removing projection '" + projection + "'", projection, connection -> {
            for (int version : versions(parts(connection, projection))) {
                forget(connection, projection, version);
            }
            return true;
        });
    }

    /** Forgets a version, with its parked streams and its deadlines. */
    void forgetVersion(String projection, int version) {
        whole.change("Removing a version of projection '" + projection + "'", projection, connection -> {
            if (parts(connection, projection).stream().anyMatch(part -> part.version() == version && part.active())) {
                throw new IllegalStateException("Version " + version + " of projection '" + projection
                        + "' is active: activate another one before you remove it");
            }
            forget(connection, projection, version);
            return true;
        });
    }

    private void forget(Connection connection, String projection, int version) throws SQLException {
        parkedStreams.forget(connection, projection, version);
        deadlines.forget(connection, projection, version);
        delete(connection, projection, version);
    }

    private static SortedSet<Integer> versions(List<Part> parts) {
        return parts.stream().map(Part::version).collect(Collectors.toCollection(TreeSet::new));
    }

    void delete(Connection connection, String projection, int version) throws SQLException {
        Statements.update(connection, delete, projection, version);
    }
}
