package io.eventcore.jdbc;

import io.eventcore.projection.Lease;
import io.eventcore.projection.ProjectionPartition;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Who runs which partition of a projection, and until when: by the clock of the database, and by a token that grows with
 * each owner.
 */
final class ProjectionLeases {
    /**
     * A lease that runs out later than this, and later than two leases from now, was taken before the clock of the
     * database was set back. If its owner lives, it renews the lease soon; if not, other instances would wait for it as
     * long as the clock went back. Instances with a different configuration may take longer leases than this one.
     */
    private static final Duration BELIEVABLE = Duration.ofMinutes(1);

    /** How many leases one statement renews. */
    private static final int RENEWED_TOGETHER = 100;

    private final Connections connections;
    private final OwnStatements statements;
    private final TransactionMarks marks;
    private final SqlErrors errors;
    private final String acquire;
    private final String seize;
    private final String selectToken;
    private final String renew;
    private final String release;
    private final String selectOwner;

    ProjectionLeases(Dialect dialect, Connections connections, OwnStatements statements) {
        this.connections = connections;
        this.statements = statements;
        this.marks = dialect.marks();
        this.errors = dialect.engine().errors();
        TableNames names = dialect.names();
        String later = dialect.expressions().nowPlusMillis();
        String fresh = dialect.expressions().andNotFromCache();
        this.acquire = names.in("""
                UPDATE eventcore_projection SET token = token + 1, owner = ?, good_until = %s, failure = ''
                WHERE name = ? AND version = ? AND number = ? AND partitions = ? AND paused = ?
                    AND (owner = '' OR owner = ? OR good_until <= %s OR good_until > %s)
                """.formatted(later, later, later));
        this.seize = names.in("""
                UPDATE eventcore_projection SET token = token + 1, owner = ?, good_until = %s
                WHERE name = ? AND version = ? AND number = ?
                """.formatted(later));
        this.selectToken = names.in(
                "SELECT token FROM eventcore_projection WHERE name = ? AND version = ? AND number = ? AND owner = ?"
                        + fresh);
        this.renew = names.in("UPDATE eventcore_projection SET good_until = %s WHERE ".formatted(later));
        this.release = names.in("""
                UPDATE eventcore_projection SET owner = ''
                WHERE name = ? AND version = ? AND number = ? AND token = ? AND owner = ?
                """);
        this.selectOwner = names.in("""
                SELECT token, owner, %s FROM eventcore_projection WHERE name = ? AND version = ? AND number = ?%s
                """.formatted(dialect.expressions().endedWhenIdleFor(), fresh));
    }

    Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
        return statements.run(taking(partition), connection -> {
            int taken = Statements.update(
                    connection,
                    acquire,
                    owner,
                    length.toMillis(),
                    partition.projection(),
                    partition.version(),
                    partition.number(),
                    partitions,
                    false,
                    owner,
                    0L,
                    length.multipliedBy(2).plus(BELIEVABLE).toMillis());
            return taken == 1 ? token(connection, partition, owner) : Optional.empty();
        });
    }

    Lease seize(ProjectionPartition partition, String owner, Duration length) {
        return statements.run(taking(partition), connection -> {
            Statements.update(
                    connection,
                    seize,
                    owner,
                    length.toMillis(),
                    partition.projection(),
                    partition.version(),
                    partition.number());
            return token(connection, partition, owner).orElseThrow(() -> ProjectionPartitions.notRegistered(partition));
        });
    }

    private static String taking(ProjectionPartition partition) {
        return "Taking the lease of projection '" + partition + "'";
    }

    private Optional<Lease> token(Connection connection, ProjectionPartition partition, String owner)
            throws SQLException {
        return Statements.list(
                        connection,
                        selectToken,
                        row -> new Lease(partition, owner, row.getLong(1)),
                        partition.projection(),
                        partition.version(),
                        partition.number(),
                        owner)
                .stream()
                .findFirst();
    }

    boolean renew(List<Lease> leases, Duration length) {
        int renewed = 0;
        for (int from = 0; from < leases.size(); from += RENEWED_TOGETHER) {
            List<Lease> some = leases.subList(from, Math.min(from + RENEWED_TOGETHER, leases.size()));
            renewed += statements.update("Renewing leases", renew(some.size()), renewal(some, length));
        }
        return renewed == leases.size();
    }

    private String renew(int leases) {
        String one = "(name = ? AND version = ? AND number = ? AND token = ? AND owner = ?)";
        return renew + String.join(" OR ", Collections.nCopies(leases, one));
    }

    private static Object[] renewal(List<Lease> leases, Duration length) {
        List<Object> values = new ArrayList<>();
        values.add(length.toMillis());
        for (Lease lease : leases) {
            ProjectionPartition partition = lease.partition();
            values.addAll(List.of(
                    partition.projection(), partition.version(), partition.number(), lease.token(), lease.owner()));
        }
        return values.toArray();
    }

    void release(Lease lease) {
        ProjectionPartition partition = lease.partition();
        statements.update(
                "Returning the lease of projection '" + partition + "'",
                release,
                partition.projection(),
                partition.version(),
                partition.number(),
                lease.token(),
                lease.owner());
    }

    /**
     * Marks the transaction that the check begins: its changes to the read model and to the checkpoint belong together.
     */
    boolean isCurrent(Lease lease, Duration idleLimit) {
        Optional<CallersConnection> callers = connections.callersConnection();
        String action = "Checking the lease of projection '" + lease.partition() + "'";
        if (callers.isEmpty()) {
            return statements.run(action, connection -> isCurrent(connection, lease, idleLimit));
        }
        try {
            return callers.get()
                    .write(
                            connection ->
                                    new Begun(isCurrent(connection, lease, idleLimit), marks.ofBeginning(connection)),
                            Begun::mark)
                    .current();
        } catch (SQLException e) {
            throw errors.failed(action, e);
        }
    }

    private record Begun(boolean current, Optional<TransactionMark> mark) {}

    private boolean isCurrent(Connection connection, Lease lease, Duration idleLimit) throws SQLException {
        ProjectionPartition partition = lease.partition();
        return Statements.list(
                        connection,
                        selectOwner,
                        row -> row.getLong(1) == lease.token()
                                && row.getString(2).equals(lease.owner()),
                        // The setting is an int, so it limits a longer lease to 24 days.
                        Long.toString(Math.min(idleLimit.toMillis(), Integer.MAX_VALUE)),
                        partition.projection(),
                        partition.version(),
                        partition.number())
                .contains(true);
    }
}
