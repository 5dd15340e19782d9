package io.eventcore.test.contract;

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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * A projection store that passes everything on to another one. Override what should be different.
 *
 * <p>As thread-safe as the store behind it.
 *
 * @since 0.1
 */
public abstract class ForwardingProjectionStore implements ProjectionStore {
    private final ProjectionStore delegate;

    /** Passes everything on to this store. */
    protected ForwardingProjectionStore(ProjectionStore delegate) {
        this.delegate = Objects.requireNonNull(delegate, "delegate");
    }

    /** The store behind this one. */
    protected final ProjectionStore delegate() {
        return delegate;
    }

    @Override
    public void register(String projection, int version, int partitions, GlobalPosition from) {
        delegate.register(projection, version, partitions, from);
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
        return delegate.acquire(partition, partitions, owner, length);
    }

    @Override
    public boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
        return delegate.repartition(leases, partitions, partitionOf);
    }

    @Override
    public void activate(String projection, int version) {
        delegate.activate(projection, version);
    }

    @Override
    public boolean activateIfReached(String projection, int version, GlobalPosition position) {
        return delegate.activateIfReached(projection, version, position);
    }

    @Override
    public void forgetVersion(String projection, int version) {
        delegate.forgetVersion(projection, version);
    }

    @Override
    public Lease seize(ProjectionPartition partition, String owner, Duration length) {
        return delegate.seize(partition, owner, length);
    }

    @Override
    public boolean renew(List<Lease> leases, Duration length) {
        return delegate.renew(leases, length);
    }

    @Override
    public void release(Lease lease) {
        delegate.release(lease);
    }

    @Override
    public List<PartitionState> partitions() {
        return delegate.partitions();
    }

    @Override
    public Checkpoint checkpoint(ProjectionPartition partition) {
        return delegate.checkpoint(partition);
    }

    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        return delegate.isCurrent(lease, idleLimit);
    }

    @Override
    public void checkDeadlines() {
        delegate.checkDeadlines();
    }

    @Override
    public boolean advance(
            Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked, List<DeadlineChange> deadlines) {
        return delegate.advance(lease, from, to, parked, deadlines);
    }

    @Override
    public DeadlineLook nextDeadline(DeadlineSlots slots) {
        return delegate.nextDeadline(slots);
    }

    @Override
    public List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit) {
        return delegate.dueDeadlines(slots, asOf, limit);
    }

    @Override
    public DeadlineCounts deadlineCounts(String projection, int version) {
        return delegate.deadlineCounts(projection, version);
    }

    @Override
    public List<PendingDeadline> deadlines(
            String projection, int version, boolean parked, DeadlinePlace after, int limit) {
        return delegate.deadlines(projection, version, parked, after, limit);
    }

    @Override
    public int retryParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return delegate.retryParkedDeadlines(projection, version, from, to);
    }

    @Override
    public int discardParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return delegate.discardParkedDeadlines(projection, version, from, to);
    }

    @Override
    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
        return delegate.advance(lease, from, to, parked);
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection) {
        return delegate.parkedStreams(projection);
    }

    @Override
    public List<ParkedStream> parkedStreams() {
        return delegate.parkedStreams();
    }

    @Override
    public void setPaused(String projection, boolean paused) {
        delegate.setPaused(projection, paused);
    }

    @Override
    public void clearFailures(String projection) {
        delegate.clearFailures(projection);
    }

    @Override
    public void recordFailure(Lease lease, String failure) {
        delegate.recordFailure(lease, failure);
    }

    @Override
    public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
        return delegate.request(projection, streamId, request);
    }

    @Override
    public void forget(String projection) {
        delegate.forget(projection);
    }

    @Override
    public boolean joinsCallersTransaction() {
        return delegate.joinsCallersTransaction();
    }

    @Override
    public List<PartitionState> partitions(String projection) {
        return delegate.partitions(projection);
    }

    @Override
    public List<ParkedStream> parkedStreams(ProjectionPartition partition) {
        return delegate.parkedStreams(partition);
    }

    @Override
    public List<StreamId> parkedIds(ProjectionPartition partition, int limit) {
        return delegate.parkedIds(partition, limit);
    }

    @Override
    public Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
        return delegate.parkedAmong(partition, streams);
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection, GlobalPosition after, int limit) {
        return delegate.parkedStreams(projection, after, limit);
    }

    @Override
    public List<ParkedStream> parkedStreamsAt(String projection, GlobalPosition position) {
        return delegate.parkedStreamsAt(projection, position);
    }

    @Override
    public Optional<ParkedStream> parkedStream(String projection, int version, StreamId streamId) {
        return delegate.parkedStream(projection, version, streamId);
    }

    @Override
    public boolean hasParkedStreams(String projection, int version, GlobalPosition upTo) {
        return delegate.hasParkedStreams(projection, version, upTo);
    }

    @Override
    public List<ParkedCount> parkedCounts() {
        return delegate.parkedCounts();
    }

    @Override
    public List<ParkedStream> requestedStreams(int ofEachPartition) {
        return delegate.requestedStreams(ofEachPartition);
    }

    @Override
    public int requestAll(String projection, ParkedStream.Request request) {
        return delegate.requestAll(projection, request);
    }
}
