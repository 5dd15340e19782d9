package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.function.LongSupplier;

/** Changes of the deadlines of reactions: with the checkpoint, by operators, and when a reaction is forgotten. */
final class DeadlineChanges {
    /** How much of the text of a failure the table keeps. */
    private static final int LONGEST_FAILURE = 900;

    private final OwnStatements statements;
    private final LongSupplier shiftMicros;
    private final OwnTransactions transactions;
    private final DeadlineTable table;
    private final String lockPartitions;
    private final String end;
    private final String set;
    private final String delete;
    private final String park;
    private final String deleteAll;
    private final String deleteSlots;
    private final String retry;
    private final String retrySlot;
    private final String discard;

    DeadlineChanges(Dialect dialect, OwnStatements statements, DeadlineTable table, LongSupplier shiftMicros) {
        this.statements = statements;
        this.shiftMicros = shiftMicros;
        this.transactions = dialect.transactions();
        this.table = table;
        TableNames names = dialect.names();
        String one = " WHERE name = ? AND version = ? AND position = ? AND part = ?";
        String parked =
                " WHERE name = ? AND version = ? AND state = " + Deadlines.PARKED + " AND position BETWEEN ? AND ?";
        this.lockPartitions = names.in("""
                SELECT number FROM eventcore_projection WHERE name = ? AND version = ? ORDER BY number FOR UPDATE
                """);
        this.end = names.in("""
                DELETE FROM eventcore_deadline WHERE name = ? AND version = ? AND correlation = ? AND position < ?
                """);
        // Replaces rows: an instance of the previous release may have removed the reaction and left its deadlines.
        this.set = names.in(dialect.expressions()
                .replacing(
                        "eventcore_deadline",
                        List.of("name", "version", "position", "part"),
                        List.of("event_id", "due_at", "state", "slot", "correlation", "failure")));
        this.delete = names.in("DELETE FROM eventcore_deadline" + one);
        this.park = names.in("UPDATE eventcore_deadline SET failure = ?, state = " + Deadlines.PARKED + one);
        this.deleteAll = names.in("DELETE FROM eventcore_deadline WHERE name = ? AND version = ?");
        this.deleteSlots =
                names.in("DELETE FROM eventcore_deadline WHERE name = ? AND version = ? AND slot BETWEEN ? AND ?");
        // Due from now on: a round that read the clock earlier does not know the events that have called the deadline
        // off since.
        String now = "(" + dialect.expressions().currentMicros() + " + ?)";
        String pending = "UPDATE eventcore_deadline SET failure = '', state = " + Deadlines.PENDING;
        this.retry = names.in(
                pending + ", due_at = CASE WHEN due_at < " + now + " THEN " + now + " ELSE due_at END" + parked);
        this.retrySlot = names.in(pending + " WHERE name = ? AND version = ? AND state = " + Deadlines.PARKED
                + " AND slot = ? AND failure = ?");
        this.discard = names.in("DELETE FROM eventcore_deadline" + parked);
    }

    /**
     * Carries out changes in their order, those of one kind together, in the transaction that has moved the checkpoint.
     */
    void apply(Connection connection, ProjectionPartition partition, List<DeadlineChange> changes) throws SQLException {
        int done = 0;
        while (done < changes.size()) {
            Class<?> kind = changes.get(done).getClass();
            int until = done;
            while (until < changes.size() && changes.get(until).getClass() == kind) {
                until++;
            }
            applyAlike(connection, partition, changes.subList(done, until));
            done = until;
        }
    }

    private void applyAlike(Connection connection, ProjectionPartition partition, List<DeadlineChange> changes)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(statement(changes.get(0)))) {
            for (DeadlineChange change : changes) {
                Statements.bind(statement, values(partition.projection(), partition.version(), change));
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private String statement(DeadlineChange change) {
        if (change instanceof DeadlineChange.Ended) {
            return end;
        }
        if (change instanceof DeadlineChange.Begun) {
            return set;
        }
        if (change instanceof DeadlineChange.Done) {
            return delete;
        }
        if (change instanceof DeadlineChange.Parked) {
            return park;
        }
        return change instanceof DeadlineChange.Retried ? retrySlot : deleteSlots;
    }

    private static Object[] values(String name, int version, DeadlineChange change) {
        if (change instanceof DeadlineChange.Ended ended) {
            return new Object[] {
                name, version, ended.correlation(), ended.before().value()
            };
        }
        if (change instanceof DeadlineChange.Begun begun) {
            PendingDeadline deadline = begun.deadline();
            return new Object[] {
                name,
                version,
                deadline.position().value(),
                deadline.part(),
                deadline.eventId().toString(),
                Deadlines.micros(deadline.dueAt()),
                Deadlines.PENDING,
                begun.slot(),
                begun.correlation(),
                ""
            };
        }
        if (change instanceof DeadlineChange.Done done) {
            PendingDeadline deadline = done.deadline();
            return new Object[] {name, version, deadline.position().value(), deadline.part()};
        }
        if (change instanceof DeadlineChange.Parked parked) {
            return new Object[] {
                kept(parked.failure()),
                name,
                version,
                parked.deadline().position().value(),
                parked.deadline().part()
            };
        }
        if (change instanceof DeadlineChange.Retried retried) {
            return new Object[] {name, version, retried.slot(), kept(retried.failure())};
        }
        DeadlineSlots slots = ((DeadlineChange.AllForgotten) change).slots();
        return new Object[] {name, version, slots.first(), slots.last()};
    }

    private static String kept(String failure) {
        return failure.length() > LONGEST_FAILURE ? failure.substring(0, LONGEST_FAILURE) : failure;
    }

    int retry(String projection, int version, GlobalPosition from, GlobalPosition to) {
        long shift = shiftMicros.getAsLong();
        return ofParked(
                "Retrying parked deadlines of reaction '" + projection + "'",
                projection,
                version,
                retry,
                shift,
                shift,
                projection,
                version,
                from.value(),
                to.value());
    }

    int discard(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return ofParked(
                "Discarding parked deadlines of reaction '" + projection + "'",
                projection,
                version,
                discard,
                projection,
                version,
                from.value(),
                to.value());
    }

    /**
     * Locks the partitions first, as every transaction that moves a checkpoint does: it may change several deadlines,
     * and in a different order from a single statement.
     */
    private int ofParked(String action, String projection, int version, String change, Object... values) {
        return statements.run(
                action,
                connection -> transactions.run(connection, () -> {
                    Statements.list(connection, lockPartitions, row -> row.getInt(1), projection, version);
                    return Statements.update(connection, change, values);
                }));
    }

    /** Forgets the deadlines of a version; there are none if the tables hold no deadlines. */
    void forget(Connection connection, String projection, int version) throws SQLException {
        if (table.holds(connection)) {
            Statements.update(connection, deleteAll, projection, version);
        }
    }
}
