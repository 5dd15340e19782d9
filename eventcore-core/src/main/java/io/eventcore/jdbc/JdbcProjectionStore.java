package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import javax.sql.DataSource;

/**
 * Leases, checkpoints and parked streams in the tables of the event store.
 *
 * <p>The time that leases run out by is that of the database. Every statement about leases is a transaction of its own
 * and leaves nothing behind in the session, so transaction poolers do no harm. Safe for any number of threads.
 *
 * @since 0.1
 */
public class JdbcProjectionStore implements ProjectionStore {
    private static final int EVERY_VERSION = -1;

    /**
     * A lease that runs out later than this, and than two leases from now, was taken before the clock of the database was
     * set back: if its owner lives it renews it soon, and if not, it would be waited for as long as the clock went back.
     * Instances that are configured otherwise may take longer leases than this one.
     */
    private static final Duration BELIEVABLE = Duration.ofMinutes(1);

    /** How many leases one statement renews. */
    private static final int RENEWED_TOGETHER = 100;

    /** About how many streams one statement asks whether they are parked. */
    private static final int ASKED_TOGETHER = 500;

    private final Dialect dialect;
    private final Connections connections;
    private final ProjectionStatements sql;

    JdbcProjectionStore(Dialect dialect, Connections connections) {
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
    public void register(String projection, int version, int partitions, GlobalPosition from) {
        own("Registering a projection", connection -> {
            NewPartition first = first(connection, projection, version, partitions, from);
            return first.isKnown() || insertFirst(connection, first);
        });
    }

    /**
     * Partitions to be inserted.
     *
     * @param isKnown whether there are such already
     * @param token what the tokens of their leases are greater than
     */
    private record NewPartition(
            String projection,
            int version,
            int partitions,
            boolean isKnown,
            boolean active,
            long token,
            boolean paused,
            long resumes,
            Checkpoint checkpoint) {}

    private NewPartition first(
            Connection connection, String projection, int version, int partitions, GlobalPosition from)
            throws SQLException {
        boolean known = false;
        boolean otherIsActive = false;
        boolean paused = false;
        try (PreparedStatement query = connection.prepareStatement(sql.selectVersions)) {
            query.setString(1, projection);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    known |= row.getInt(1) == version;
                    otherIsActive |= row.getBoolean(2);
                    paused |= row.getBoolean(3);
                }
            }
        }
        boolean active = version != ProjectionPartition.SIDE_EFFECTS && !otherIsActive;
        Checkpoint checkpoint = Checkpoint.START.movedTo(from);
        return new NewPartition(projection, version, partitions, known, active, 0, paused, 0, checkpoint);
    }

    /** All or none: another instance that starts at the same time must not find some of them. */
    private boolean insertFirst(Connection connection, NewPartition partition) throws SQLException {
        try {
            return dialect.transactions().run(connection, () -> insert(connection, partition));
        } catch (SQLException e) {
            if (dialect.classify(e) != Failure.DUPLICATE) {
                throw e;
            }
            // The other instance was first, and has committed: that is what made it a duplicate.
            return false;
        }
    }

    private boolean insert(Connection connection, NewPartition partition) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(sql.insertPartition)) {
            for (int number = 0; number < partition.partitions(); number++) {
                insert.setString(1, partition.projection());
                insert.setInt(2, partition.version());
                insert.setInt(3, number);
                insert.setInt(4, partition.partitions());
                insert.setBoolean(5, partition.active());
                insert.setLong(6, partition.token());
                insert.setLong(7, 0);
                insert.setBoolean(8, partition.paused());
                insert.setLong(9, partition.resumes());
                insert.setLong(10, partition.checkpoint().position().value());
                insert.setLong(11, partition.checkpoint().seenPosition().value());
                insert.setString(12, partition.checkpoint().seenEventId().toString());
                insert.executeUpdate();
            }
            return true;
        }
    }

    @Override
    public boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
        ProjectionPartition one = leases.get(0).partition();
        List<ParkedStream> parked = parkedStreams(one.projection()).stream()
                .filter(stream -> stream.partition().version() == one.version())
                .toList();
        return own(
                "Dividing projection '" + one.projection() + "' anew",
                connection -> dialect.transactions().run(connection, () -> {
                    Optional<NewPartition> merged = lockAll(connection, leases, partitions);
                    if (merged.isEmpty()) {
                        return false;
                    }
                    delete(connection, sql.forgetPartitions, one.projection(), one.version());
                    insert(connection, merged.get());
                    for (ParkedStream stream : parked) {
                        move(connection, stream, partitionOf.applyAsInt(stream.streamId()));
                    }
                    return true;
                }));
    }

    /** What the new partitions begin with; empty if the leases are not exactly those of all old ones at one position. */
    private Optional<NewPartition> lockAll(Connection connection, List<Lease> leases, int partitions)
            throws SQLException {
        ProjectionPartition one = leases.get(0).partition();
        List<PartitionState> old = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(sql.lockPartitions)) {
            query.setString(1, one.projection());
            query.setInt(2, one.version());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    old.add(state(row));
                }
            }
        }
        boolean held = old.stream()
                .allMatch(state -> leases.contains(new Lease(state.partition(), state.owner(), state.token())));
        long positions = old.stream()
                .map(state -> state.checkpoint().position())
                .distinct()
                .count();
        if (!held || old.size() != leases.size() || positions != 1) {
            return Optional.empty();
        }
        return Optional.of(new NewPartition(
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

    private void move(Connection connection, ParkedStream stream, int number) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql.moveParked)) {
            update.setInt(1, number);
            bindStream(update, 2, stream.partition(), stream.streamId());
            update.executeUpdate();
        }
    }

    private static void bindStream(
            PreparedStatement statement, int first, ProjectionPartition partition, StreamId streamId)
            throws SQLException {
        statement.setString(first, partition.projection());
        statement.setInt(first + 1, partition.version());
        statement.setString(first + 2, streamId.value());
    }

    private static void bind(PreparedStatement statement, int first, ProjectionPartition partition)
            throws SQLException {
        statement.setString(first, partition.projection());
        statement.setInt(first + 1, partition.version());
        statement.setInt(first + 2, partition.number());
    }

    @Override
    public void activate(String projection, int version) {
        own("Activating a version of projection '" + projection + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.activate)) {
                update.setInt(1, version);
                update.setString(2, projection);
                return update.executeUpdate();
            }
        });
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
        return own("Taking the lease of projection '" + partition + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.acquire)) {
                update.setString(1, owner);
                update.setLong(2, length.toMillis());
                bind(update, 3, partition);
                update.setInt(6, partitions);
                update.setBoolean(7, false);
                update.setString(8, owner);
                update.setLong(9, 0);
                update.setLong(10, length.multipliedBy(2).plus(BELIEVABLE).toMillis());
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
                bind(update, 3, partition);
                update.executeUpdate();
                return token(connection, partition, owner).orElseThrow(() -> notRegistered(partition));
            }
        });
    }

    private Optional<Lease> token(Connection connection, ProjectionPartition partition, String owner)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql.selectToken)) {
            bind(query, 1, partition);
            query.setString(4, owner);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(new Lease(partition, owner, row.getLong(1))) : Optional.empty();
            }
        }
    }

    @Override
    public boolean renew(List<Lease> leases, Duration length) {
        int renewed = 0;
        for (int from = 0; from < leases.size(); from += RENEWED_TOGETHER) {
            List<Lease> some = leases.subList(from, Math.min(from + RENEWED_TOGETHER, leases.size()));
            renewed += own("Renewing leases", connection -> renew(connection, some, length));
        }
        return renewed == leases.size();
    }

    private int renew(Connection connection, List<Lease> leases, Duration length) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql.renew(leases.size()))) {
            update.setLong(1, length.toMillis());
            for (int i = 0; i < leases.size(); i++) {
                bind(update, 2 + 5 * i, leases.get(i));
            }
            return update.executeUpdate();
        }
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
        bind(statement, first, lease.partition());
        statement.setLong(first + 3, lease.token());
        statement.setString(first + 4, lease.owner());
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
                    return states;
                }
            }
        });
    }

    @Override
    public List<PartitionState> partitions(String projection) {
        return own("Reading the state of projection '" + projection + "'", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.selectPartitionsOf)) {
                query.setLong(1, 0);
                query.setString(2, projection);
                try (ResultSet row = query.executeQuery()) {
                    List<PartitionState> states = new ArrayList<>();
                    while (row.next()) {
                        states.add(state(row));
                    }
                    return states;
                }
            }
        });
    }

    private static PartitionState state(ResultSet row) throws SQLException {
        return new PartitionState(
                new ProjectionPartition(row.getString(1), row.getInt(2), row.getInt(3)),
                row.getInt(12),
                checkpoint(row, 4),
                row.getString(7),
                row.getLong(8),
                row.getInt(14) == 1,
                row.getBoolean(9),
                row.getLong(10),
                row.getString(11),
                row.getBoolean(13));
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
                bind(query, 1, partition);
                try (ResultSet row = query.executeQuery()) {
                    if (!row.next()) {
                        throw notRegistered(partition);
                    }
                    return checkpoint(row, 1);
                }
            }
        });
    }

    /** Marks the transaction that the check begins: what it applies to the read model and what it moves are one. */
    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        Optional<CallersConnection> callers = connections.callersConnection();
        String action = "Checking the lease of projection '" + lease.partition() + "'";
        if (callers.isEmpty()) {
            return own(action, connection -> isCurrent(connection, lease, idleLimit));
        }
        try {
            return callers.get()
                    .write(
                            connection -> new Begun(
                                    isCurrent(connection, lease, idleLimit),
                                    dialect.marks().ofBeginning(connection)),
                            Begun::mark)
                    .current();
        } catch (SQLException e) {
            throw dialect.classify(e).toException(action, e);
        }
    }

    private record Begun(boolean current, Optional<TransactionMark> mark) {}

    private boolean isCurrent(Connection connection, Lease lease, Duration idleLimit) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql.isCurrent)) {
            query.setString(1, Long.toString(idleLimit.toMillis()));
            bind(query, 2, lease.partition());
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        && row.getLong(1) == lease.token()
                        && row.getString(2).equals(lease.owner());
            }
        }
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
                return dialect.transactions().run(connection, () -> {
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
            update.setLong(9, from.position().value());
            return update.executeUpdate() == 1;
        }
    }

    private void apply(Connection connection, ProjectionPartition partition, ParkedChange change) throws SQLException {
        if (change instanceof ParkedChange.Queued more) {
            try (PreparedStatement update = connection.prepareStatement(sql.queueParked)) {
                update.setLong(1, more.events());
                bindStream(update, 2, partition, more.streamId());
                update.executeUpdate();
            }
            return;
        }
        try (PreparedStatement delete = connection.prepareStatement(sql.deleteParked)) {
            bindStream(delete, 1, partition, change.streamId());
            delete.executeUpdate();
        }
        if (change instanceof ParkedChange.Parked now) {
            insert(connection, now.stream());
        }
    }

    private void insert(Connection connection, ParkedStream stream) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(sql.insertParked)) {
            bind(insert, 1, stream.partition());
            insert.setString(4, stream.streamId().value());
            insert.setLong(5, stream.position().value());
            insert.setString(6, stream.typeName());
            insert.setString(7, stream.failure());
            insert.setLong(8, stream.waiting());
            insert.setString(9, stream.request().name());
            insert.executeUpdate();
        }
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection) {
        return parkedStreams(sql.selectParked, query -> {
            query.setString(1, projection);
            query.setString(2, projection);
        });
    }

    @Override
    public List<ParkedStream> parkedStreams(ProjectionPartition partition) {
        return parkedStreams(sql.selectParkedOfPartition, query -> bind(query, 1, partition));
    }

    @Override
    public List<StreamId> parkedIds(ProjectionPartition partition, int limit) {
        return parkedIds(sql.selectParkedIds, query -> {
            bind(query, 1, partition);
            query.setInt(4, limit);
        });
    }

    @Override
    public Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
        Set<StreamId> parked = new HashSet<>();
        List<StreamId> all = List.copyOf(streams);
        for (int from = 0; from < all.size(); from += ASKED_TOGETHER) {
            List<StreamId> some = all.subList(from, Math.min(all.size(), from + ASKED_TOGETHER));
            parked.addAll(parkedIds(sql.selectParkedAmong(some.size()), query -> {
                bind(query, 1, partition);
                for (int i = 0; i < some.size(); i++) {
                    query.setString(4 + i, some.get(i).value());
                }
            }));
        }
        return parked;
    }

    private List<StreamId> parkedIds(String statement, Binding binding) {
        return own("Reading the ids of parked streams", connection -> {
            try (PreparedStatement query = connection.prepareStatement(statement)) {
                binding.to(query);
                try (ResultSet row = query.executeQuery()) {
                    List<StreamId> ids = new ArrayList<>();
                    while (row.next()) {
                        ids.add(StreamId.of(row.getString(1)));
                    }
                    return ids;
                }
            }
        });
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection, GlobalPosition after, int limit) {
        return parkedStreams(sql.selectParkedAfter, query -> {
            query.setString(1, projection);
            query.setLong(2, after.value());
            query.setInt(3, limit);
        });
    }

    @Override
    public List<ParkedStream> parkedStreamsAt(String projection, GlobalPosition position) {
        return parkedStreams(sql.selectParkedAt, query -> {
            query.setString(1, projection);
            query.setLong(2, position.value());
        });
    }

    @Override
    public Optional<ParkedStream> parkedStream(String projection, int version, StreamId streamId) {
        return parkedStreams(
                        sql.selectParkedStream,
                        query -> bindStream(query, 1, new ProjectionPartition(projection, version, 0), streamId))
                .stream()
                .findFirst();
    }

    @Override
    public List<ParkedStream> requestedStreams(int ofEachPartition) {
        return parkedStreams(sql.selectRequested, query -> query.setInt(1, ofEachPartition));
    }

    @Override
    public boolean hasParkedStreams(String projection, int version, GlobalPosition upTo) {
        return own("Looking for parked streams", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.hasParked)) {
                query.setString(1, projection);
                query.setInt(2, version);
                query.setLong(3, upTo.value());
                try (ResultSet row = query.executeQuery()) {
                    return row.next() && row.getInt(1) == 1;
                }
            }
        });
    }

    @Override
    public List<ParkedCount> parkedCounts() {
        return own("Counting parked streams", connection -> {
            try (PreparedStatement query = connection.prepareStatement(sql.countParked);
                    ResultSet row = query.executeQuery()) {
                List<ParkedCount> counts = new ArrayList<>();
                while (row.next()) {
                    counts.add(new ParkedCount(row.getString(1), row.getInt(2), row.getInt(3)));
                }
                return counts;
            }
        });
    }

    @Override
    public int requestAll(String projection, ParkedStream.Request request) {
        return own("Asking for the parked streams of projection '" + projection + "'", connection -> {
            try (PreparedStatement update = connection.prepareStatement(sql.requestAllParked)) {
                update.setString(1, request.name());
                update.setString(2, projection);
                update.executeUpdate();
            }
            // Some drivers report only the rows whose values have changed.
            try (PreparedStatement query = connection.prepareStatement(sql.countParkedOf)) {
                query.setString(1, projection);
                try (ResultSet row = query.executeQuery()) {
                    return row.next() ? row.getInt(1) : 0;
                }
            }
        });
    }

    /** Binds the values of a statement. */
    private interface Binding {
        void to(PreparedStatement statement) throws SQLException;
    }

    private List<ParkedStream> parkedStreams(String statement, Binding binding) {
        return own("Reading parked streams", connection -> {
            try (PreparedStatement query = connection.prepareStatement(statement)) {
                binding.to(query);
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
                new ProjectionPartition(row.getString(1), row.getInt(2), row.getInt(3)),
                StreamId.of(row.getString(4)),
                GlobalPosition.of(row.getLong(5)),
                row.getString(6),
                row.getString(7),
                row.getLong(8),
                ParkedStream.Request.valueOf(row.getString(9)));
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
        return !parkedStreams(sql.selectParkedByStream, query -> {
                    query.setString(1, projection);
                    query.setString(2, streamId.value());
                })
                .isEmpty();
    }

    @Override
    public void forget(String projection) {
        forget(projection, EVERY_VERSION);
    }

    @Override
    public void forgetVersion(String projection, int version) {
        forget(projection, version);
    }

    private void forget(String projection, int version) {
        own(
                "Forgetting projection '" + projection + "'",
                connection -> dialect.transactions().run(connection, () -> {
                    delete(connection, sql.forgetParked, projection, version);
                    delete(connection, sql.forgetPartitions, projection, version);
                    return true;
                }));
    }

    private static void delete(Connection connection, String statement, String projection, int version)
            throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(statement)) {
            delete.setString(1, projection);
            delete.setInt(2, version);
            delete.setInt(3, version);
            delete.executeUpdate();
        }
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
