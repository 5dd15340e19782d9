package io.eventcore.memory;

import io.eventcore.internal.Nanos;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** A partition of a projection: its lease, its checkpoint and its parked streams. Guarded by the lock of the store. */
final class PartitionInMemory {
    private final ProjectionPartition partition;
    private final int partitions;
    private final LongSupplier nanoTime;

    /** As committed, and as a transaction that has not ended leaves it; the same without one. */
    private Progress committed;

    private Progress newest;
    private String owner = "";
    private long token;
    private long goodUntil;
    private boolean active;
    private boolean paused;
    private long resumes;
    private String failure = "";

    /** How far it has come, and what it has left behind on the way. */
    record Progress(Checkpoint checkpoint, ParkedInMemory parked) {
        private static final Progress NONE = new Progress(Checkpoint.START, ParkedInMemory.NONE);
    }

    /** @param partitions into how many parts the projection is divided */
    PartitionInMemory(ProjectionPartition partition, int partitions, LongSupplier nanoTime) {
        this.partition = partition;
        this.partitions = partitions;
        this.nanoTime = nanoTime;
        this.committed = Progress.NONE;
        this.newest = committed;
    }

    /** Begins after a position, as what others of its projection are. */
    void begin(Checkpoint from, boolean isActive, boolean isPaused) {
        replace(new Progress(from, ParkedInMemory.NONE));
        active = isActive;
        paused = isPaused;
    }

    /** Continues from partitions that are all at one position, without their parked streams. */
    void takeOver(List<PartitionInMemory> old) {
        Checkpoint checkpoint = Checkpoint.START;
        for (PartitionInMemory one : old) {
            if (one.checkpoint().seenPosition().compareTo(checkpoint.seenPosition()) >= 0) {
                checkpoint = one.checkpoint();
            }
            token = Math.max(token, one.token);
            resumes = Math.max(resumes, one.resumes);
            active = one.active;
            paused = one.paused;
        }
        replace(new Progress(checkpoint, ParkedInMemory.NONE));
    }

    ProjectionPartition partition() {
        return partition;
    }

    /** The number of partitions of the projection. */
    int partitions() {
        return partitions;
    }

    Checkpoint checkpoint() {
        return committed.checkpoint();
    }

    ParkedInMemory parked() {
        return committed.parked();
    }

    /** Changes what is parked, while no transaction is under way. */
    void park(ParkedInMemory parked) {
        replace(new Progress(committed.checkpoint(), parked));
    }

    private void replace(Progress progress) {
        committed = progress;
        newest = progress;
    }

    /** A move of the checkpoint that is neither final nor undone; empty if it is refused. */
    Optional<MemoryTransaction.Step> advance(Checkpoint from, Checkpoint to, List<ParkedChange> changes) {
        Progress before = newest;
        if (!before.checkpoint().equals(from)) {
            return Optional.empty();
        }
        return before.parked().after(changes).map(parked -> {
            newest = new Progress(to, parked);
            return new Advance(before, newest);
        });
    }

    boolean isFree() {
        return owner.isEmpty() || goodUntil - nanoTime.getAsLong() <= 0;
    }

    boolean isLentUnder(Lease lease) {
        return partition.equals(lease.partition()) && token == lease.token() && owner.equals(lease.owner());
    }

    /** Whether an owner that divides the projection like this may take the lease. */
    boolean isToBeHadBy(String newOwner, int dividedInto) {
        return partitions == dividedInto && !paused && (isFree() || owner.equals(newOwner));
    }

    Lease lendTo(String newOwner, Duration length) {
        owner = newOwner;
        keepFor(length);
        return new Lease(partition, newOwner, ++token);
    }

    /** Makes the lease valid for this long from now. */
    void keepFor(Duration length) {
        goodUntil = nanoTime.getAsLong() + Nanos.of(length);
    }

    void giveBack() {
        owner = "";
    }

    boolean isActive() {
        return active;
    }

    void activate(boolean isActive) {
        active = isActive;
    }

    boolean isPaused() {
        return paused;
    }

    void pause(boolean isPaused) {
        paused = isPaused;
    }

    void fail(String why) {
        failure = why;
    }

    void resume() {
        failure = "";
        resumes++;
    }

    PartitionState state() {
        return new PartitionState(
                partition, partitions, checkpoint(), owner, token, isFree(), paused, resumes, failure, active);
    }

    /** Progress on its way. */
    private final class Advance implements MemoryTransaction.Step {
        private final Progress before;
        private final Progress after;

        private Advance(Progress before, Progress after) {
            this.before = before;
            this.after = after;
        }

        @Override
        public void commit() {
            committed = after;
        }

        @Override
        public void undo() {
            newest = before;
        }
    }
}
