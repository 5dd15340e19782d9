package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** The partitions of projections and of their versions: which there are, and in what state. */
final class ProjectionPartitions {
    private static final String COLUMNS = """
            name, version, number, position, seen_position, seen_event_id, owner, token, paused, resumes,
                failure, partitions, active""";

    private final OwnStatements statements;
    private final OwnTransactions transactions;
    private final SqlErrors errors;
    private final ParkedStreams parkedStreams;
    private final WholeProjections whole;
    private final String insert;
    private final String selectVersions;
    private final String lock;
    private final String selectAll;
    private final String selectOf;
    private final String activate;
    private final String setPaused;
    private final String clearFailures;
    private final String recordFailure;
    private final String delete;

    ProjectionPartitions(Dialect dialect, OwnStatements statements, ParkedStreams parkedStreams) {
        this.statements = statements;
        this.transactions = dialect.transactions();
        this.errors = dialect.engine().errors();
        this.parkedStreams = parkedStreams;
        this.whole = new WholeProjections(dialect, statements);
        TableNames names = dialect.names();
        String later = dialect.expressions().nowPlusMillis();
        String fresh = dialect.expressions().andNotFromCache();
        this.insert = names.in("""
                INSERT INTO eventcore_projection (name, version, number, partitions, active, token, owner, good_until, paused,
                    resumes, position, seen_position, seen_event_id, moves, failure)
                VALUES (?, ?, ?, ?, ?, ?, '', %s, ?, ?, ?, ?, ?, 0, '')
                """.formatted(later));
        this.selectVersions =
                names.in("SELECT version, active, paused, position FROM eventcore_projection WHERE name = ?" + fresh);
        this.lock = names.in("""
                SELECT %s, 0
                FROM eventcore_projection
                WHERE name = ? AND version = ?
                ORDER BY number
                FOR UPDATE
                """.formatted(COLUMNS));
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

    void register(String projection, int version, int partitions, GlobalPosition from) {
        statements.run("Registering a projection", connection -> {
            NewPartitions first = first(connection, projection, version, partitions, from);
            return first.areKnown() || insertFirst(connection, first.projection(), version, partitions, from);
        });
    }

    /**
     * Partitions to be inserted.
     *
     * @param areKnown whether there are some already
     * @param token what the tokens of their leases are greater than
     */
    private record NewPartitions(
            String projection,
            int version,
            int partitions,
            boolean areKnown,
            boolean active,
            long token,
            boolean paused,
            long resumes,
            Checkpoint checkpoint) {}

    /** What a part of a version is and does, as far as a change of the whole projection has to know. */
    private record Part(int version, boolean active, boolean paused, GlobalPosition position) {}

    private List<Part> parts(Connection connection, String projection) throws SQLException {
        return Statements.list(
                connection,
                selectVersions,
                row -> new Part(
                        row.getInt(1), row.getBoolean(2), row.getBoolean(3), new GlobalPosition(row.getLong(4))),
                projection);
    }

    private NewPartitions first(
            Connection connection, String projection, int version, int partitions, GlobalPosition from)
            throws SQLException {
        List<Part> known = parts(connection, projection);
        boolean otherIsActive = known.stream().anyMatch(Part::active);
        return new NewPartitions(
                projection,
                version,
                partitions,
                known.stream().anyMatch(part -> part.version() == version),
                version != ProjectionPartition.SIDE_EFFECTS && !otherIsActive,
                0,
                known.stream().anyMatch(Part::paused),
                0,
                Checkpoint.START.movedTo(from));
    }

    /**
     * All or none: another instance that starts at the same time must not find some of them. While the other versions are
     * locked, none of them is paused.
     */
    private boolean insertFirst(
            Connection connection, String projection, int version, int partitions, GlobalPosition from)
            throws SQLException {
        try {
            return whole.change(
                    connection,
                    projection,
                    () -> insert(connection, first(connection, projection, version, partitions, from)));
        } catch (SQLException e) {
            if (errors.classify(e) != Failure.DUPLICATE) {
                throw e;
            }
            // The other instance was first, and has committed: that is what made it a duplicate.
            return false;
        }
    }

    private boolean insert(Connection connection, NewPartitions added) throws SQLException {
        for (int number = 0; number < added.partitions(); number++) {
            Statements.update(
                    connection,
                    insert,
                    added.projection(),
                    added.version(),
                    number,
                    added.partitions(),
                    added.active(),
                    added.token(),
                    0L,
                    added.paused(),
                    added.resumes(),
                    added.checkpoint().position().value(),
                    added.checkpoint().seenPosition().value(),
                    added.checkpoint().seenEventId().toString());
        }
        return true;
    }

    boolean divideAnew(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
        ProjectionPartition one = leases.get(0).partition();
        return statements.run(
                "Dividing projection '" + one.projection() + "' anew",
                connection -> transactions.run(connection, () -> {
                    Optional<NewPartitions> merged = lockAll(connection, leases, partitions);
                    if (merged.isEmpty()) {
                        return false;
                    }
                    delete(connection, one.projection(), one.version());
                    insert(connection, merged.get());
                    parkedStreams.divideAnew(connection, one.projection(), one.version(), partitionOf);
                    return true;
                }));
    }

    /** What the new partitions begin with; empty if the leases are not exactly those of all old ones at one position. */
    private Optional<NewPartitions> lockAll(Connection connection, List<Lease> leases, int partitions)
            throws SQLException {
        ProjectionPartition one = leases.get(0).partition();
        List<PartitionState> old =
                Statements.list(connection, lock, ProjectionPartitions::state, one.projection(), one.version());
        boolean held = old.stream()
                .allMatch(state -> leases.contains(new Lease(state.partition(), state.owner(), state.token())));
        long positions = old.stream()
                .map(state -> state.checkpoint().position())
                .distinct()
                .count();
        if (!held || old.size() != leases.size() || positions != 1) {
            return Optional.empty();
        }
        return Optional.of(new NewPartitions(
                one.projection(),
                one.version(),
                partitions,
                true,
                old.get(0).active(),
                old.stream().mapToLong(PartitionState::token).max().orElseThrow(),
                old.get(0).paused(),
                old.stream().mapToLong(PartitionState::resumes).max().orElseThrow(),
                old.stream()
                        .map(PartitionState::checkpoint)
                        .max(Comparator.comparing(Checkpoint::seenPosition))
                        .orElseThrow()));
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

    private static PartitionState state(ResultSet row) throws SQLException {
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

    /** The parts of all versions, if this one is there and can be active. */
    private List<Part> partsToActivate(Connection connection, String projection, int version) throws SQLException {
        List<Part> parts = parts(connection, projection);
        if (version == ProjectionPartition.SIDE_EFFECTS
                || parts.stream().noneMatch(part -> part.version() == version)) {
            throw new IllegalArgumentException(
                    "Version " + version + " of projection '" + projection + "' is none that can be active");
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
                "Noting the failure of projection '" + partition + "'",
                recordFailure,
                failure,
                partition.projection(),
                partition.version(),
                partition.number(),
                lease.token(),
                lease.owner());
    }

    /** Forgets all versions, with the streams that they have parked. */
    void forget(String projection) {
        whole.change("Forgetting projection '" + projection + "'", projection, connection -> {
            for (int version : versions(parts(connection, projection))) {
                forget(connection, projection, version);
            }
            return true;
        });
    }

    /** Forgets a version, with the streams that it has parked. */
    void forgetVersion(String projection, int version) {
        whole.change("Forgetting a version of projection '" + projection + "'", projection, connection -> {
            if (parts(connection, projection).stream().anyMatch(part -> part.version() == version && part.active())) {
                throw new IllegalStateException("Version " + version + " of projection '" + projection
                        + "' is active: activate another one before it is forgotten");
            }
            forget(connection, projection, version);
            return true;
        });
    }

    private void forget(Connection connection, String projection, int version) throws SQLException {
        parkedStreams.forget(connection, projection, version);
        delete(connection, projection, version);
    }

    private static SortedSet<Integer> versions(List<Part> parts) {
        return parts.stream().map(Part::version).collect(Collectors.toCollection(TreeSet::new));
    }

    private void delete(Connection connection, String projection, int version) throws SQLException {
        Statements.update(connection, delete, projection, version);
    }
}
