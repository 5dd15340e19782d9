package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** How far each partition of a projection has come; only the owner of its lease moves it. */
final class ProjectionCheckpoints {
    private final Connections connections;
    private final OwnStatements statements;
    private final OwnTransactions transactions;
    private final SqlErrors errors;
    private final ParkedStreamChanges parkedStreams;
    private final DeadlineChanges deadlineChanges;
    private final String select;
    private final String advance;

    ProjectionCheckpoints(
            Dialect dialect,
            Connections connections,
            OwnStatements statements,
            ParkedStreamChanges parkedStreams,
            DeadlineChanges deadlineChanges) {
        this.connections = connections;
        this.statements = statements;
        this.transactions = dialect.transactions();
        this.errors = dialect.engine().errors();
        this.parkedStreams = parkedStreams;
        this.deadlineChanges = deadlineChanges;
        TableNames names = dialect.names();
        this.select = names.in("""
                SELECT position, seen_position, seen_event_id FROM eventcore_projection
                WHERE name = ? AND version = ? AND number = ?%s
                """.formatted(dialect.expressions().andNotFromCache()));
        this.advance = names.in("""
                UPDATE eventcore_projection SET position = ?, seen_position = ?, seen_event_id = ?, moves = moves + 1
                WHERE name = ? AND version = ? AND number = ? AND token = ? AND owner = ? AND position = ?
                """);
    }

    Checkpoint of(ProjectionPartition partition) {
        return statements
                .first(
                        "Reading the checkpoint of projection '" + partition + "'",
                        select,
                        row -> read(row, 1),
                        partition.projection(),
                        partition.version(),
                        partition.number())
                .orElseThrow(() -> ProjectionPartitions.notRegistered(partition));
    }

    /** Reads three columns; the first has this number. */
    static Checkpoint read(ResultSet row, int first) throws SQLException {
        return new Checkpoint(
                new GlobalPosition(row.getLong(first)),
                new GlobalPosition(row.getLong(first + 1)),
                UUID.fromString(row.getString(first + 2)));
    }

    /** In the caller's transaction if there is one, so that the read model and the checkpoint change together. */
    boolean advance(
            Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked, List<DeadlineChange> deadlines) {
        String action = "Moving the checkpoint of projection '" + lease.partition() + "'";
        if (connections.inCallersTransaction()) {
            try {
                return connections.joinOrOwn(connection -> advance(connection, lease, from, to, parked, deadlines));
            } catch (SQLException e) {
                throw errors.failed(action, e);
            }
        }
        return statements.run(action, connection -> {
            if (parked.isEmpty() && deadlines.isEmpty()) {
                return move(connection, lease, from, to);
            }
            try {
                return transactions.run(connection, () -> {
                    if (!advance(connection, lease, from, to, parked, deadlines)) {
                        throw new NotCurrentException();
                    }
                    return true;
                });
            } catch (NotCurrentException notCurrent) {
                return false;
            }
        });
    }

    private boolean advance(
            Connection connection,
            Lease lease,
            Checkpoint from,
            Checkpoint to,
            List<ParkedChange> parked,
            List<DeadlineChange> deadlines)
            throws SQLException {
        // First, because of its lock: after that, what is found about parked streams changes only by requests of
        // operators.
        boolean done = move(connection, lease, from, to);
        for (ParkedChange change : parked) {
            done = done && parkedStreams.apply(connection, lease.partition(), change);
        }
        if (done) {
            deadlineChanges.apply(connection, lease.partition(), deadlines);
        }
        return done;
    }

    private boolean move(Connection connection, Lease lease, Checkpoint from, Checkpoint to) throws SQLException {
        ProjectionPartition partition = lease.partition();
        int moved = Statements.update(
                connection,
                advance,
                to.position().value(),
                to.seenPosition().value(),
                to.seenEventId().toString(),
                partition.projection(),
                partition.version(),
                partition.number(),
                lease.token(),
                lease.owner(),
                from.position().value());
        return moved == 1;
    }

    /** Rolls back what was done when the rest is refused. */
    private static final class NotCurrentException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
