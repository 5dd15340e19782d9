package io.eventcore.jdbc;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlineCounts;
import io.eventcore.projection.DeadlineLook;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedCount;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;

/**
 * Leases, checkpoints, parked streams and deadlines in the tables of the event store, provided by {@link JdbcDatabase}.
 *
 * <p>Leases run out and deadlines fall due by the clock of the database. Every statement about leases is a transaction
 * of its own and leaves nothing in the session, so transaction poolers do no harm. Safe for any number of threads.
 *
 * @since 0.1
 */
public class JdbcProjectionStore implements ProjectionStore {
    private final Connections connections;
    private final ParkedStreams parked;
    private final ParkedStreamChanges parkedChanges;
    private final ProjectionPartitions partitions;
    private final NewPartitions newPartitions;
    private final ProjectionLeases leases;
    private final ProjectionCheckpoints checkpoints;
    private final OwnStatements statements;
    private final DeadlineTable deadlineTable;
    private final Deadlines deadlines;
    private final DeadlineChanges deadlineChanges;

    JdbcProjectionStore(Dialect dialect, Connections connections) {
        this(dialect, connections, () -> 0);
    }

    /** @param shiftMicros is added to the clock of the database for deadlines: 0 except in tests */
    JdbcProjectionStore(Dialect dialect, Connections connections, LongSupplier shiftMicros) {
        this.connections = connections;
        OwnStatements statements =
                new OwnStatements(connections, dialect.engine().errors());
        this.parked = new ParkedStreams(dialect, statements);
        this.parkedChanges = new ParkedStreamChanges(dialect, statements);
        this.deadlineTable = new DeadlineTable(dialect, !connections.isRouting());
        DeadlineChanges deadlineChanges = new DeadlineChanges(dialect, statements, deadlineTable, shiftMicros);
        this.deadlines = new Deadlines(dialect, statements, shiftMicros);
        this.deadlineChanges = deadlineChanges;
        this.statements = statements;
        this.partitions = new ProjectionPartitions(dialect, statements, parkedChanges, deadlineChanges);
        this.newPartitions = new NewPartitions(dialect, statements, partitions, parkedChanges);
        this.leases = new ProjectionLeases(dialect, connections, statements);
        this.checkpoints = new ProjectionCheckpoints(dialect, connections, statements, parkedChanges, deadlineChanges);
    }

    @Override
    public void register(String projection, int version, int partitionCount, GlobalPosition from) {
        newPartitions.register(projection, version, partitionCount, from);
    }

    @Override
    public boolean repartition(List<Lease> held, int partitionCount, ToIntFunction<StreamId> partitionOf) {
        return newPartitions.divideAnew(held, partitionCount, partitionOf);
    }

    @Override
    public void activate(String projection, int version) {
        partitions.activate(projection, version);
    }

    @Override
    public boolean activateIfReached(String projection, int version, GlobalPosition position) {
        return partitions.activateIfReached(projection, version, position);
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, int partitionCount, String owner, Duration length) {
        return leases.acquire(partition, partitionCount, owner, length);
    }

    @Override
    public Lease seize(ProjectionPartition partition, String owner, Duration length) {
        return leases.seize(partition, owner, length);
    }

    @Override
    public boolean renew(List<Lease> held, Duration length) {
        return leases.renew(held, length);
    }

    @Override
    public void release(Lease lease) {
        leases.release(lease);
    }

    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        return leases.isCurrent(lease, idleLimit);
    }

    @Override
    public List<PartitionState> partitions() {
        return partitions.all();
    }

    @Override
    public List<PartitionState> partitions(String projection) {
        return partitions.of(projection);
    }

    @Override
    public Checkpoint checkpoint(ProjectionPartition partition) {
        return checkpoints.of(partition);
    }

    @Override
    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> changes) {
        return checkpoints.advance(lease, from, to, changes, List.of());
    }

    @Override
    public boolean advance(
            Lease lease,
            Checkpoint from,
            Checkpoint to,
            List<ParkedChange> changes,
            List<DeadlineChange> changedDeadlines) {
        return checkpoints.advance(lease, from, to, changes, changedDeadlines);
    }

    /** @throws SchemaException if the tables hold no deadlines; it names the script that adds them */
    @Override
    public void checkDeadlines() {
        statements.run("Looking for the table of deadlines", connection -> {
            deadlineTable.check(connection);
            return true;
        });
    }

    @Override
    public DeadlineLook nextDeadline(DeadlineSlots slots) {
        return deadlines.next(slots);
    }

    @Override
    public List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit) {
        return deadlines.due(slots, asOf, limit);
    }

    @Override
    public DeadlineCounts deadlineCounts(String projection, int version) {
        return deadlines.counts(projection, version);
    }

    @Override
    public List<PendingDeadline> deadlines(
            String projection, int version, boolean setAside, DeadlinePlace after, int limit) {
        return deadlines.of(projection, version, setAside, after, limit);
    }

    @Override
    public int retryParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return deadlineChanges.retry(projection, version, from, to);
    }

    @Override
    public int discardParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return deadlineChanges.discard(projection, version, from, to);
    }

    @Override
    public List<ParkedStream> parkedStreams() {
        return parked.of("");
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection) {
        return parked.of(projection);
    }

    @Override
    public List<ParkedStream> parkedStreams(ProjectionPartition partition) {
        return parked.of(partition);
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection, GlobalPosition after, int limit) {
        return parked.after(projection, after, limit);
    }

    @Override
    public List<ParkedStream> parkedStreamsAt(String projection, GlobalPosition position) {
        return parked.at(projection, position);
    }

    @Override
    public Optional<ParkedStream> parkedStream(String projection, int version, StreamId streamId) {
        return parked.find(projection, version, streamId);
    }

    @Override
    public List<StreamId> parkedIds(ProjectionPartition partition, int limit) {
        return parked.ids(partition, limit);
    }

    @Override
    public Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
        return parked.among(partition, streams);
    }

    @Override
    public List<ParkedStream> requestedStreams(int ofEachPartition) {
        return parked.requested(ofEachPartition);
    }

    @Override
    public boolean hasParkedStreams(String projection, int version, GlobalPosition upTo) {
        return parked.exist(projection, version, upTo);
    }

    @Override
    public List<ParkedCount> parkedCounts() {
        return parked.counts();
    }

    @Override
    public int requestAll(String projection, ParkedStream.Request request) {
        return parkedChanges.requestAll(projection, request);
    }

    @Override
    public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
        return parkedChanges.request(projection, streamId, request);
    }

    @Override
    public void setPaused(String projection, boolean paused) {
        partitions.setPaused(projection, paused);
    }

    @Override
    public void clearFailures(String projection) {
        partitions.clearFailures(projection);
    }

    @Override
    public void recordFailure(Lease lease, String failure) {
        partitions.recordFailure(lease, failure);
    }

    @Override
    public void forget(String projection) {
        partitions.forget(projection);
    }

    @Override
    public void forgetVersion(String projection, int version) {
        partitions.forgetVersion(projection, version);
    }

    @Override
    public boolean joinsCallersTransaction() {
        return connections.inCallersTransaction();
    }
}
