package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionCountException;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * Leases, checkpoints and parked streams in the tables of the event store.
 *
 * <p>The time that leases run out by is that of the database. Every statement about leases is a transaction of its own
 * and leaves nothing behind in the session, so transaction poolers do no harm. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class JdbcProjectionStore implements ProjectionStore {
    private final Dialect dialect;
    private final Connections connections;
    private final ProjectionStatements sql;

    private JdbcProjectionStore(Dialect dialect, Connections connections) {
        this.dialect = dialect;
        this.connections = connections;
        this.sql = new ProjectionStatements(dialect);
    }

    /**
     * The store in the tables with the default names.
     *
     * @throws SchemaException if the tables are missing or of another version
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcProjectionStore in(DataSource dataSource) {
        return in(dataSource, "", TableNames.DEFAULT_PREFIX);
    }

    /**
     * The store in tables with names of the caller's choice, those of the event store.
     *
     * @param schema the schema of the tables; empty for the one the connections are in
     * @param tablePrefix what the names of the tables begin with
     * @throws IllegalArgumentException if schema or prefix are not acceptable
     * @throws SchemaException if the tables are missing or of another version
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcProjectionStore in(DataSource dataSource, String schema, String tablePrefix) {
        return in(dataSource, schema, tablePrefix, JdbcSchema::check);
    }

    /**
     * As {@link #in(DataSource, String, String)} without a look at the tables: for those that are created later.
     *
     * @param schema the schema of the tables; empty for the one the connections are in
     * @param tablePrefix what the names of the tables begin with
     * @throws IllegalArgumentException if schema or prefix are not acceptable
     * @throws UnsupportedDatabaseException if the database is of a kind that is not supported
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public static JdbcProjectionStore withoutSchemaCheck(DataSource dataSource, String schema, String tablePrefix) {
        return in(dataSource, schema, tablePrefix, JdbcSchema::trust);
    }

    private static JdbcProjectionStore in(
            DataSource dataSource, String schema, String tablePrefix, Function<JdbcSchema, Dialect> look) {
        Connections connections = new Connections(Objects.requireNonNull(dataSource, "dataSource"));
        Dialect dialect = look.apply(new JdbcSchema(connections, new TableNames(schema, tablePrefix)));
        return new JdbcProjectionStore(dialect, connections);
    }

    @Override
    public void register(String projection, int partitions) {
        own("Registering a projection", connection -> {
            int known = count(connection, projection);
            if (known == 0) {
                insert(connection, projection, partitions);
                known = count(connection, projection);
            }
            if (known != partitions) {
                throw new PartitionCountException(projection, known, partitions);
            }
            return known;
        });
    }

    private int count(Connection connection, String projection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql.countPartitions)) {
            query.setString(1, projection);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /** All or none: another instance that starts at the same time must not find some of them. */
    private void insert(Connection connection, String projection, int partitions) throws SQLException {
        try {
            dialect.inOwnTransaction(connection, () -> {
                try (PreparedStatement insert = connection.prepareStatement(sql.insertPartition)) {
                    for (int number = 0; number < partitions; number++) {
                        insert.setString(1, projection);
                        insert.setInt(2, number);
                        insert.setLong(3, 0);
                        insert.setBoolean(4, false);
                        insert.setString(5, Checkpoint.NO_EVENT.toString());
                        insert.executeUpdate();
                    }
                    return partitions;
                }
            });
        } catch (SQLException e) {
            if (dialect.classify(e) != Failure.DUPLICATE) {
                throw e;
            }
            // The other instance was first, and has committed: that is what made it a duplicate.
        }
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, String owner, Duration length) {
        return own("Taking the lease of projection '" + partition + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.acquire)) {
                update.setString(1, owner);
                update.setLong(2, length.toMillis());
                update.setString(3, partition.projection());
                update.setInt(4, partition.number());
                update.setBoolean(5, false);
                update.setLong(6, 0);
                return update.executeUpdate() == 1 ? token(connection, partition, owner) : Optional.empty();
            }
        });
    }

    @Override
    public Lease seize(ProjectionPartition partition, String owner, Duration length) {
        return own("Taking the lease of projection '" + partition + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.seize)) {
                update.setString(1, owner);
                update.setLong(2, length.toMillis());
                update.setString(3, partition.projection());
                update.setInt(4, partition.number());
                update.executeUpdate();
                return token(connection, partition, owner).orElseThrow(() -> notRegistered(partition));
            }
        });
    }

    private Optional<Lease> token(Connection connection, ProjectionPartition partition, String owner)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql.selectToken)) {
            query.setString(1, partition.projection());
            query.setInt(2, partition.number());
            query.setString(3, owner);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(new Lease(partition, owner, row.getLong(1))) : Optional.empty();
            }
        }
    }

    @Override
    public void renew(String owner, Duration length) {
        own("Renewing leases", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.renew)) {
                update.setLong(1, length.toMillis());
                update.setString(2, owner);
                return update.executeUpdate();
            }
        });
    }

    @Override
    public void release(Lease lease) {
        own("Giving back the lease of projection '" + lease.partition() + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.release)) {
                bind(update, 1, lease);
                return update.executeUpdate();
            }
        });
    }

    private static void bind(PreparedStatement statement, int first, Lease lease) throws SQLException {
        statement.setString(first, lease.partition().projection());
        statement.setInt(first + 1, lease.partition().number());
        statement.setLong(first + 2, lease.token());
        statement.setString(first + 3, lease.owner());
    }

    @Override
    public List<PartitionState> partitions() {
        return own("Reading the state of the projections", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.selectPartitions)) {
                query.setLong(1, 0);
                try (ResultSet row = query.executeQuery()) {
                    List<PartitionState> states = new ArrayList<>();
                    while (row.next()) {
                        states.add(state(row));
                    }
                    return counted(states);
                }
            }
        });
    }

    private static PartitionState state(ResultSet row) throws SQLException {
        return new PartitionState(
                new ProjectionPartition(row.getString(1), row.getInt(2)),
                1,
                checkpoint(row, 3),
                row.getString(6),
                row.getLong(7),
                row.getInt(11) == 1,
                row.getBoolean(8),
                row.getLong(9),
                row.getString(10));
    }

    /** The states with the number of partitions in each, which is the number of rows. */
    private static List<PartitionState> counted(List<PartitionState> states) {
        Map<String, List<PartitionState>> projections = states.stream()
                .collect(Collectors.groupingBy(
                        state -> state.partition().projection(), LinkedHashMap::new, Collectors.toList()));
        return projections.values().stream()
                .flatMap(partitions -> partitions.stream().map(state -> state.of(partitions.size())))
                .toList();
    }

    private static Checkpoint checkpoint(ResultSet row, int first) throws SQLException {
        return new Checkpoint(
                new GlobalPosition(row.getLong(first)),
                new GlobalPosition(row.getLong(first + 1)),
                UUID.fromString(row.getString(first + 2)));
    }

    @Override
    public Checkpoint checkpoint(ProjectionPartition partition) {
        return own("Reading the checkpoint of projection '" + partition + "'", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.selectCheckpoint)) {
                query.setString(1, partition.projection());
                query.setInt(2, partition.number());
                try (ResultSet row = query.executeQuery()) {
                    if (!row.next()) {
                        throw notRegistered(partition);
                    }
                    return checkpoint(row, 1);
                }
            }
        });
    }

    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        return joined("Checking the lease of projection '" + lease.partition() + "'", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.isCurrent)) {
                query.setString(1, Long.toString(idleLimit.toMillis()));
                query.setString(2, lease.partition().projection());
                query.setInt(3, lease.partition().number());
                try (ResultSet row = query.executeQuery()) {
                    return row.next()
                            && row.getLong(1) == lease.token()
                            && row.getString(2).equals(lease.owner());
                }
            }
        });
    }

    @Override
    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
        String action = "Moving the checkpoint of projection '" + lease.partition() + "'";
        if (joinsCallersTransaction()) {
            return joined(action, connection -> advance(connection, lease, from, to, parked));
        }
        return own(action, connection -> {
            if (parked.isEmpty()) {
                return move(connection, lease, from, to);
            }
            try {
                return dialect.inOwnTransaction(connection, () -> {
                    if (!advance(connection, lease, from, to, parked)) {
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
            Connection connection, Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked)
            throws SQLException {
        for (ParkedChange change : parked) {
            apply(connection, lease.partition(), change);
        }
        return move(connection, lease, from, to);
    }

    private boolean move(Connection connection, Lease lease, Checkpoint from, Checkpoint to) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql.advance)) {
            update.setLong(1, to.position().value());
            update.setLong(2, to.seenPosition().value());
            update.setString(3, to.seenEventId().toString());
            bind(update, 4, lease);
            update.setLong(8, from.position().value());
            return update.executeUpdate() == 1;
        }
    }

    private void apply(Connection connection, ProjectionPartition partition, ParkedChange change) throws SQLException {
        if (change instanceof ParkedChange.Queued more) {
            try (PreparedStatement update = connection.prepareStatement(sql.queueParked)) {
                update.setLong(1, more.events());
                update.setString(2, partition.projection());
                update.setString(3, more.streamId().value());
                update.executeUpdate();
            }
            return;
        }
        try (PreparedStatement delete = connection.prepareStatement(sql.deleteParked)) {
            delete.setString(1, partition.projection());
            delete.setString(2, change.streamId().value());
            delete.executeUpdate();
        }
        if (change instanceof ParkedChange.Parked now) {
            insert(connection, now.stream());
        }
    }

    private void insert(Connection connection, ParkedStream stream) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(sql.insertParked)) {
            insert.setString(1, stream.partition().projection());
            insert.setInt(2, stream.partition().number());
            insert.setString(3, stream.streamId().value());
            insert.setLong(4, stream.position().value());
            insert.setString(5, stream.typeName());
            insert.setString(6, stream.failure());
            insert.setLong(7, stream.waiting());
            insert.setString(8, stream.request().name());
            insert.executeUpdate();
        }
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection) {
        return own("Reading parked streams", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.selectParked)) {
                query.setString(1, projection);
                query.setString(2, projection);
                try (ResultSet row = query.executeQuery()) {
                    List<ParkedStream> streams = new ArrayList<>();
                    while (row.next()) {
                        streams.add(parkedStream(row));
                    }
                    return streams;
                }
            }
        });
    }

    private static ParkedStream parkedStream(ResultSet row) throws SQLException {
        return new ParkedStream(
                new ProjectionPartition(row.getString(1), row.getInt(2)),
                StreamId.of(row.getString(3)),
                GlobalPosition.of(row.getLong(4)),
                row.getString(5),
                row.getString(6),
                row.getLong(7),
                ParkedStream.Request.valueOf(row.getString(8)));
    }

    @Override
    public List<ParkedStream> parkedStreams() {
        return parkedStreams("");
    }

    @Override
    public void setPaused(String projection, boolean paused) {
        own((paused ? "Pausing" : "Resuming") + " projection '" + projection + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.setPaused)) {
                update.setBoolean(1, paused);
                update.setString(2, projection);
                return update.executeUpdate();
            }
        });
    }

    @Override
    public void clearFailures(String projection) {
        own("Resuming projection '" + projection + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.clearFailures)) {
                update.setString(1, projection);
                return update.executeUpdate();
            }
        });
    }

    @Override
    public void recordFailure(Lease lease, String failure) {
        own("Noting the failure of projection '" + lease.partition() + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.recordFailure)) {
                update.setString(1, failure);
                bind(update, 2, lease);
                return update.executeUpdate();
            }
        });
    }

    @Override
    public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
        own("Asking for a parked stream of projection '" + projection + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.requestParked)) {
                update.setString(1, request.name());
                update.setString(2, projection);
                update.setString(3, streamId.value());
                return update.executeUpdate();
            }
        });
        return parkedStreams(projection).stream()
                .anyMatch(stream -> stream.streamId().equals(streamId));
    }

    @Override
    public void forget(String projection) {
        own(
                "Forgetting projection '" + projection + "'",
                connection -> dialect.inOwnTransaction(connection, () -> {
                    for (String statement : List.of(sql.forgetParked, sql.forgetPartitions)) {
                        try (PreparedStatement delete = connection.prepareStatement(statement)) {
                            delete.setString(1, projection);
                            delete.executeUpdate();
                        }
                    }
                    return true;
                }));
    }

    @Override
    public boolean joinsCallersTransaction() {
        return connections.inCallersTransaction();
    }

    private static IllegalArgumentException notRegistered(ProjectionPartition partition) {
        return new IllegalArgumentException("Partition '" + partition + "' is not registered");
    }

    private <T> T own(String action, Connections.Work<T> work) {
        try {
            return connections.own(work);
        } catch (SQLException e) {
            throw dialect.classify(e).toException(action, e);
        }
    }

    private <T> T joined(String action, Connections.Work<T> work) {
        try {
            return connections.joinOrOwn(work);
        } catch (SQLException e) {
            throw dialect.classify(e).toException(action, e);
        }
    }

    /** Takes back what was done about parked streams when the checkpoint turns out to be somebody else's to move. */
    private static final class NotCurrentException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
