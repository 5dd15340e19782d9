package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** Creates the partitions of a version of a projection: the first ones, and those that replace others. */
final class NewPartitions {
    private final OwnStatements statements;
    private final OwnTransactions transactions;
    private final SqlErrors errors;
    private final WholeProjections whole;
    private final ProjectionPartitions known;
    private final ParkedStreamChanges parkedStreams;
    private final String insert;
    private final String lock;

    NewPartitions(
            Dialect dialect, OwnStatements statements, ProjectionPartitions known, ParkedStreamChanges parkedStreams) {
        this.statements = statements;
        this.transactions = dialect.transactions();
        this.errors = dialect.engine().errors();
        this.whole = new WholeProjections(dialect, statements);
        this.known = known;
        this.parkedStreams = parkedStreams;
        TableNames names = dialect.names();
        this.insert = names.in("""
                INSERT INTO eventcore_projection (name, version, number, partitions, active, token, owner, good_until, paused,
                    resumes, position, seen_position, seen_event_id, moves, failure)
                VALUES (?, ?, ?, ?, ?, ?, '', %s, ?, ?, ?, ?, ?, 0, '')
                """.formatted(dialect.expressions().nowPlusMillis()));
        this.lock = names.in("""
                SELECT %s, 0
                FROM eventcore_projection
                WHERE name = ? AND version = ?
                ORDER BY number
                FOR UPDATE
                """.formatted(ProjectionPartitions.COLUMNS));
    }

    /**
     * What to insert.
     *
     * @param areKnown whether the version already has partitions
     * @param token the tokens of the new leases are greater than this
     */
    private record Rows(
            String projection,
            int version,
            int partitions,
            boolean areKnown,
            boolean active,
            long token,
            boolean paused,
            long resumes,
            Checkpoint checkpoint) {}

    void register(String projection, int version, int partitions, GlobalPosition from) {
        statements.run("Registering a projection", connection -> {
            Rows first = first(connection, projection, version, partitions, from);
            return first.areKnown() || insertFirst(connection, first.projection(), version, partitions, from);
        });
    }

    private Rows first(Connection connection, String projection, int version, int partitions, GlobalPosition from)
            throws SQLException {
        List<ProjectionPartitions.Part> parts = known.parts(connection, projection);
        boolean otherIsActive = parts.stream().anyMatch(ProjectionPartitions.Part::active);
        return new Rows(
                projection,
                version,
                partitions,
                parts.stream().anyMatch(part -> part.version() == version),
                version != ProjectionPartition.SIDE_EFFECTS && !otherIsActive,
                0,
                parts.stream().anyMatch(ProjectionPartitions.Part::paused),
                0,
                Checkpoint.START.movedTo(from));
    }

    /**
     * All or none: another instance that starts at the same time must not find only some of them. While the other
     * versions are locked, none of them is paused.
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
            // The other instance was first and has committed; otherwise there would be no duplicate.
            return false;
        }
    }

    private boolean insert(Connection connection, Rows added) throws SQLException {
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
                "Changing the partitions of projection '" + one.projection() + "' anew",
                connection -> transactions.run(connection, () -> {
                    Optional<Rows> merged = lockAll(connection, leases, partitions);
                    if (merged.isEmpty()) {
                        return false;
                    }
                    known.delete(connection, one.projection(), one.version());
                    insert(connection, merged.get());
                    parkedStreams.divideAnew(connection, one.projection(), one.version(), partitionOf);
                    return true;
                }));
    }

    /**
     * What the new partitions begin with; empty unless the leases are exactly those of all old partitions, all at one
     * position.
     */
    private Optional<Rows> lockAll(Connection connection, List<Lease> leases, int partitions) throws SQLException {
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
        return Optional.of(new Rows(
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
}
