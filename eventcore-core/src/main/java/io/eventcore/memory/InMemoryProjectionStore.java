package io.eventcore.memory;

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
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Leases, checkpoints, parked streams and deadlines in memory, with the contract of the database store.
 *
 * <p>Inside a Spring transaction a checkpoint is moved when it commits and stays where it was when it rolls back, also to
 * a savepoint; until then the lease of its partition cannot change hands, as a database would lock the row. Time is the monotonic clock of
 * the process; deadlines fall due by its system clock, unless another one is given. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryProjectionStore implements ProjectionStore {
    private final LongSupplier nanoTime;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final TransactionScope transactions =
            TransactionScope.ofSpring(lock, TransactionScope.CommitOrder.AFTER_THE_EVENTS);
    private final TransactionLocks<ProjectionPartition> locks =
            new TransactionLocks<>("Partition", lock, TransactionLocks.PATIENCE);
    private final Map<String, TreeMap<Integer, DeadlinesInMemory>> deadlines = new HashMap<>();
    private final TreeMap<ProjectionPartition, PartitionInMemory> rows =
            new TreeMap<>(Comparator.comparing(ProjectionPartition::projection)
                    .thenComparing(ProjectionPartition::version)
                    .thenComparing(ProjectionPartition::number));

    /** A store without projections. */
    public InMemoryProjectionStore() {
        this(System::nanoTime, Clock.systemUTC());
    }

    /**
     * A store with another clock.
     *
     * @param nanoTime a clock that never goes back, in nanoseconds
     */
    public InMemoryProjectionStore(LongSupplier nanoTime) {
        this(nanoTime, Clock.systemUTC());
    }

    /**
     * A store with other clocks.
     *
     * @param nanoTime the clock of leases, which never goes back, in nanoseconds
     * @param clock the clock by which deadlines fall due; the one that the store of events records them by
     */
    public InMemoryProjectionStore(LongSupplier nanoTime, Clock clock) {
        this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public void register(String projection, int version, int partitions, GlobalPosition from) {
        run(() -> {
            List<PartitionInMemory> others = rowsOf(projection);
            if (others.stream().anyMatch(row -> row.partition().version() == version)) {
                return;
            }
            boolean active = version != ProjectionPartition.SIDE_EFFECTS
                    && others.stream().noneMatch(PartitionInMemory::isActive);
            boolean paused = others.stream().anyMatch(PartitionInMemory::isPaused);
            for (int number = 0; number < partitions; number++) {
                newRow(new ProjectionPartition(projection, version, number), partitions)
                        .begin(Checkpoint.START.movedTo(from), active, paused);
            }
        });
    }

    private PartitionInMemory newRow(ProjectionPartition partition, int partitions) {
        PartitionInMemory row = new PartitionInMemory(partition, partitions, nanoTime);
        rows.put(partition, row);
        return row;
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
        return locked(() -> Optional.ofNullable(rows.get(partition))
                .filter(row -> !isLocked(row) && row.isToBeHadBy(owner, partitions))
                .map(row -> {
                    row.fail("");
                    return row.lendTo(owner, length);
                }));
    }

    @Override
    public boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
        return locked(() -> {
            ProjectionPartition one = leases.get(0).partition();
            List<PartitionInMemory> old = rowsOf(one.projection(), one.version());
            boolean allHeld = old.size() == leases.size()
                    && old.stream()
                            .allMatch(row -> !isLocked(row) && leases.stream().anyMatch(row::isLentUnder));
            long positions = old.stream()
                    .map(row -> row.checkpoint().position())
                    .distinct()
                    .count();
            if (!allHeld || positions != 1) {
                return false;
            }
            old.forEach(row -> rows.remove(row.partition()));
            for (int number = 0; number < partitions; number++) {
                newRow(new ProjectionPartition(one.projection(), one.version(), number), partitions)
                        .takeOver(old);
            }
            old.forEach(row -> row.parked().all().forEach(stream -> {
                int number = partitionOf.applyAsInt(stream.streamId());
                PartitionInMemory now = row(new ProjectionPartition(one.projection(), one.version(), number));
                now.park(now.parked().with(stream.in(now.partition())));
            }));
            return true;
        });
    }

    @Override
    public void activate(String projection, int version) {
        run(() -> {
            requireVersion(projection, version);
            makeActive(projection, version);
        });
    }

    private void makeActive(String projection, int version) {
        rowsOf(projection).forEach(row -> row.activate(row.partition().version() == version));
    }

    private void requireVersion(String projection, int version) {
        if (version == ProjectionPartition.SIDE_EFFECTS
                || rowsOf(projection, version).isEmpty()) {
            throw new IllegalArgumentException(
                    "Version " + version + " of projection '" + projection + "' cannot be active");
        }
    }

    @Override
    public boolean activateIfReached(String projection, int version, GlobalPosition position) {
        return locked(() -> {
            awaitTransactions(rowsOf(projection, version));
            requireVersion(projection, version);
            boolean isNewer = rowsOf(projection).stream()
                    .filter(PartitionInMemory::isActive)
                    .allMatch(row -> row.partition().version() < version);
            boolean done = isNewer
                    && rowsOf(projection, version).stream()
                            .allMatch(row -> row.checkpoint().position().compareTo(position) >= 0);
            if (done) {
                makeActive(projection, version);
            }
            return done;
        });
    }

    /** Waits until no transaction has moved the checkpoint of one of these and not ended, as a database does. */
    private void awaitTransactions(List<PartitionInMemory> awaited) {
        locks.acquire(
                null,
                awaited.stream()
                        .collect(Collectors.toMap(
                                PartitionInMemory::partition, row -> TransactionLocks.Mode.EXCLUSIVE)));
    }

    @Override
    public Lease seize(ProjectionPartition partition, String owner, Duration length) {
        return locked(() -> {
            locks.acquire(null, Map.of(partition, TransactionLocks.Mode.EXCLUSIVE));
            return row(partition).lendTo(owner, length);
        });
    }

    @Override
    public boolean renew(List<Lease> leases, Duration length) {
        return locked(() -> {
            List<PartitionInMemory> held =
                    leases.stream().flatMap(lease -> heldUnder(lease).stream()).toList();
            held.forEach(row -> row.keepFor(length));
            return held.size() == leases.size();
        });
    }

    @Override
    public void release(Lease lease) {
        run(() -> heldUnder(lease).ifPresent(PartitionInMemory::giveBack));
    }

    @Override
    public List<PartitionState> partitions() {
        return locked(() -> rows.values().stream().map(PartitionInMemory::state).toList());
    }

    @Override
    public Checkpoint checkpoint(ProjectionPartition partition) {
        return locked(() -> row(partition).checkpoint());
    }

    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        return locked(() -> heldUnder(lease).isPresent());
    }

    @Override
    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
        return advance(lease, from, to, parked, List.of());
    }

    @Override
    public boolean advance(
            Lease lease,
            Checkpoint from,
            Checkpoint to,
            List<ParkedChange> parked,
            List<DeadlineChange> deadlineChanges) {
        MemoryTransaction transaction = transactions.current();
        return locked(() -> {
            Optional<MemoryTransaction.Step> step = heldUnder(lease)
                    .filter(row -> !locks.isHeldByAnother(row.partition(), transaction))
                    .flatMap(row -> row.advance(from, to, parked));
            step.ifPresent(made -> end(lease.partition(), with(made, lease.partition(), deadlineChanges), transaction));
            return step.isPresent();
        });
    }

    /** A step that changes deadlines too, when it is made to last. */
    private MemoryTransaction.Step with(
            MemoryTransaction.Step made, ProjectionPartition partition, List<DeadlineChange> changes) {
        if (changes.isEmpty()) {
            return made;
        }
        return new MemoryTransaction.Step() {
            @Override
            public void commit() {
                made.commit();
                deadlinesOf(partition.projection(), partition.version()).change(changes);
            }

            @Override
            public void undo() {
                made.undo();
            }
        };
    }

    private DeadlinesInMemory deadlinesOf(String projection, int version) {
        return deadlines
                .computeIfAbsent(projection, name -> new TreeMap<>())
                .computeIfAbsent(version, number -> new DeadlinesInMemory(clock));
    }

    @Override
    public void checkDeadlines() {
        // They are always kept.
    }

    @Override
    public DeadlineLook nextDeadline(DeadlineSlots slots) {
        return locked(() -> new DeadlineLook(
                clock.instant(),
                deadlinesOf(slots.projection(), slots.version()).next(slots)));
    }

    @Override
    public List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit) {
        return locked(() -> deadlinesOf(slots.projection(), slots.version()).due(slots, asOf, limit));
    }

    @Override
    public DeadlineCounts deadlineCounts(String projection, int version) {
        return locked(() -> deadlinesOf(projection, version).counts(clock.instant()));
    }

    @Override
    public List<PendingDeadline> deadlines(
            String projection, int version, boolean parked, DeadlinePlace after, int limit) {
        return locked(() -> deadlinesOf(projection, version)
                .after(parked, after)
                .limit(limit)
                .toList());
    }

    @Override
    public int retryParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return locked(() -> deadlinesOf(projection, version).retry(from, to));
    }

    @Override
    public int discardParkedDeadlines(String projection, int version, GlobalPosition from, GlobalPosition to) {
        return locked(() -> deadlinesOf(projection, version).discard(from, to));
    }

    private void end(
            ProjectionPartition partition, MemoryTransaction.Step made, @Nullable MemoryTransaction transaction) {
        if (transaction == null) {
            made.commit();
        } else {
            locks.acquire(transaction, Map.of(partition, TransactionLocks.Mode.EXCLUSIVE));
            transaction.add(made);
        }
    }

    @Override
    public List<ParkedStream> parkedStreams(String projection) {
        return locked(() -> parkedStreams().stream()
                .filter(stream -> stream.partition().projection().equals(projection))
                .toList());
    }

    @Override
    public Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
        return locked(() -> {
            PartitionInMemory row = rows.get(partition);
            return row == null
                    ? Set.<StreamId>of()
                    : streams.stream().filter(row.parked()::contains).collect(Collectors.toSet());
        });
    }

    @Override
    public List<ParkedStream> parkedStreams() {
        return locked(() -> rows.values().stream()
                .flatMap(row -> row.parked().all().stream())
                .sorted(Comparator.comparing(
                                (ParkedStream stream) -> stream.partition().projection())
                        .thenComparing(stream -> stream.partition().version())
                        .thenComparing(ParkedStream::position))
                .toList());
    }

    @Override
    public void setPaused(String projection, boolean paused) {
        run(() -> {
            List<PartitionInMemory> known = rowsOf(projection);
            if (paused && known.isEmpty()) {
                throw new IllegalArgumentException("Projection '" + projection + "' is not registered");
            }
            known.forEach(row -> row.pause(paused));
        });
    }

    @Override
    public void clearFailures(String projection) {
        run(() -> rowsOf(projection).forEach(PartitionInMemory::resume));
    }

    @Override
    public void recordFailure(Lease lease, String failure) {
        run(() -> heldUnder(lease).ifPresent(row -> row.fail(failure)));
    }

    /** Waits for the transaction that changes the stream, as a database does. */
    @Override
    public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
        ParkedStream.Request wanted = request.orRefused();
        return locked(() -> {
            List<PartitionInMemory> before = rowsParking(projection, streamId);
            awaitTransactions(before);
            List<PartitionInMemory> parking = rowsParking(projection, streamId);
            parking.retainAll(before);
            parking.forEach(row -> row.park(row.parked().asking(streamId, wanted)));
            return !parking.isEmpty();
        });
    }

    private List<PartitionInMemory> rowsParking(String projection, StreamId streamId) {
        return rowsOf(projection).stream()
                .filter(row -> row.parked().contains(streamId))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    @Override
    public void forget(String projection) {
        run(() -> {
            rows.values().removeAll(rowsOf(projection));
            deadlines.remove(projection);
        });
    }

    @Override
    public void forgetVersion(String projection, int version) {
        run(() -> {
            List<PartitionInMemory> forgotten = rowsOf(projection, version);
            if (forgotten.stream().anyMatch(PartitionInMemory::isActive)) {
                throw new IllegalStateException("Version " + version + " of projection '" + projection
                        + "' is active: activate another one before you remove it");
            }
            rows.values().removeAll(forgotten);
            deadlines.getOrDefault(projection, new TreeMap<>()).remove(version);
        });
    }

    @Override
    public boolean joinsCallersTransaction() {
        return transactions.isActive();
    }

    /** Whether a transaction has moved its checkpoint and not ended. */
    private boolean isLocked(PartitionInMemory row) {
        return locks.isHeldByAnother(row.partition(), null);
    }

    private void run(Runnable action) {
        locked(() -> {
            action.run();
            return true;
        });
    }

    private <T extends @Nullable Object> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    private PartitionInMemory row(ProjectionPartition partition) {
        PartitionInMemory row = rows.get(partition);
        if (row == null) {
            throw new IllegalArgumentException("Partition '" + partition + "' is not registered");
        }
        return row;
    }

    private Optional<PartitionInMemory> heldUnder(Lease lease) {
        return Optional.ofNullable(rows.get(lease.partition())).filter(row -> row.isLentUnder(lease));
    }

    private List<PartitionInMemory> rowsOf(String projection) {
        return rows.values().stream()
                .filter(row -> row.partition().projection().equals(projection))
                .toList();
    }

    private List<PartitionInMemory> rowsOf(String projection, int version) {
        return rowsOf(projection).stream()
                .filter(row -> row.partition().version() == version)
                .toList();
    }
}
