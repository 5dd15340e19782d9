package io.eventcore.memory;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.internal.Nanos;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.Comparator;
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
 * Leases, checkpoints and parked streams in memory, with the contract of the database store.
 *
 * <p>Inside a Spring transaction a checkpoint is moved when it commits and stays where it was when it rolls back, also to
 * a savepoint; until then the lease of its partition cannot change hands, as a database would lock the row. Time is the monotonic clock of
 * the process. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryProjectionStore implements ProjectionStore {
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final TransactionScope transactions =
            TransactionScope.ofSpring(lock, TransactionScope.Turn.AFTER_THE_EVENTS);
    private final TransactionLocks<ProjectionPartition> locks =
            new TransactionLocks<>("Partition", lock, TransactionLocks.PATIENCE);
    private final TreeMap<ProjectionPartition, Row> rows =
            new TreeMap<>(Comparator.comparing(ProjectionPartition::projection)
                    .thenComparing(ProjectionPartition::version)
                    .thenComparing(ProjectionPartition::number));

    /** A store that knows no projection. */
    public InMemoryProjectionStore() {
        this(System::nanoTime);
    }

    /**
     * A store with another clock.
     *
     * @param nanoTime a clock that never goes back, in nanoseconds
     */
    public InMemoryProjectionStore(LongSupplier nanoTime) {
        this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
    }

    @Override
    public void register(String projection, int version, int partitions, GlobalPosition from) {
        locked(() -> {
            List<Row> others = rowsOf(projection);
            if (others.stream().noneMatch(row -> row.partition.version() == version)) {
                boolean active = version != ProjectionPartition.SIDE_EFFECTS
                        && others.stream().noneMatch(row -> row.active);
                boolean paused = others.stream().anyMatch(row -> row.paused);
                for (int number = 0; number < partitions; number++) {
                    Row row = new Row(new ProjectionPartition(projection, version, number), partitions);
                    row.checkpoint = Checkpoint.START.movedTo(from);
                    row.active = active;
                    row.paused = paused;
                    rows.put(row.partition, row);
                }
            }
            return true;
        });
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, int partitions, String owner, Duration length) {
        return locked(() -> Optional.ofNullable(rows.get(partition))
                .filter(row -> row.partitions == partitions)
                .filter(row -> !isLocked(row) && !row.paused && (row.isFree() || row.owner.equals(owner)))
                .map(row -> row.lendTo(owner, length)));
    }

    @Override
    public boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
        return locked(() -> {
            ProjectionPartition one = leases.get(0).partition();
            List<Row> old = rowsOf(one.projection(), one.version());
            boolean allHeld = old.size() == leases.size()
                    && old.stream()
                            .allMatch(row -> !isLocked(row) && leases.stream().anyMatch(row::isLentUnder));
            long positions = old.stream()
                    .map(row -> row.checkpoint.position())
                    .distinct()
                    .count();
            if (!allHeld || positions != 1) {
                return false;
            }
            old.forEach(row -> rows.remove(row.partition));
            for (int number = 0; number < partitions; number++) {
                Row row = new Row(new ProjectionPartition(one.projection(), one.version(), number), partitions);
                row.takeOver(old);
                rows.put(row.partition, row);
            }
            for (Row row : old) {
                row.parked.values().forEach(stream -> {
                    int number = partitionOf.applyAsInt(stream.streamId());
                    ProjectionPartition now = new ProjectionPartition(one.projection(), one.version(), number);
                    row(now).parked.put(stream.streamId(), in(now, stream));
                });
            }
            return true;
        });
    }

    private static ParkedStream in(ProjectionPartition partition, ParkedStream stream) {
        return new ParkedStream(
                partition,
                stream.streamId(),
                stream.position(),
                stream.typeName(),
                stream.failure(),
                stream.waiting(),
                stream.request());
    }

    @Override
    public void activate(String projection, int version) {
        locked(() -> {
            rowsOf(projection).forEach(row -> row.active = row.partition.version() == version);
            return true;
        });
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
            List<Row> held =
                    leases.stream().flatMap(lease -> heldUnder(lease).stream()).toList();
            held.forEach(row -> row.goodUntil = until(length));
            return held.size() == leases.size();
        });
    }

    @Override
    public void release(Lease lease) {
        locked(() -> {
            rows.values().stream().filter(row -> row.isLentUnder(lease)).forEach(row -> row.owner = "");
            return true;
        });
    }

    @Override
    public List<PartitionState> partitions() {
        return locked(() -> rows.values().stream().map(Row::state).toList());
    }

    @Override
    public Checkpoint checkpoint(ProjectionPartition partition) {
        return locked(() -> row(partition).checkpoint);
    }

    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        return locked(() -> heldUnder(lease).isPresent());
    }

    @Override
    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
        MemoryTransaction transaction = transactions.current();
        return locked(() -> {
            Row row = heldUnder(lease).orElse(null);
            if (row == null
                    || locks.isHeldByAnother(row.partition, transaction)
                    || !row.newestCheckpoint().equals(from)) {
                return false;
            }
            Advance advance = new Advance(row, to, List.copyOf(parked));
            if (transaction == null) {
                advance.commit();
            } else {
                locks.acquire(transaction, Map.of(row.partition, TransactionLocks.Mode.EXCLUSIVE));
                row.uncommitted = to;
                transaction.add(advance);
            }
            return true;
        });
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
            Row row = rows.get(partition);
            return row == null
                    ? Set.<StreamId>of()
                    : streams.stream().filter(row.parked::containsKey).collect(Collectors.toSet());
        });
    }

    @Override
    public List<ParkedStream> parkedStreams() {
        return locked(() -> rows.values().stream()
                .flatMap(row -> row.parked.values().stream())
                .sorted(Comparator.comparing(
                                (ParkedStream stream) -> stream.partition().projection())
                        .thenComparing(stream -> stream.partition().version())
                        .thenComparing(ParkedStream::position))
                .toList());
    }

    @Override
    public void setPaused(String projection, boolean paused) {
        locked(() -> {
            rowsOf(projection).forEach(row -> row.paused = paused);
            return true;
        });
    }

    @Override
    public void clearFailures(String projection) {
        locked(() -> {
            rowsOf(projection).forEach(row -> {
                row.failure = "";
                row.resumes++;
            });
            return true;
        });
    }

    @Override
    public void recordFailure(Lease lease, String failure) {
        locked(() -> {
            rows.values().stream().filter(row -> row.isLentUnder(lease)).forEach(row -> row.failure = failure);
            return true;
        });
    }

    @Override
    public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
        return locked(() -> {
            List<Row> parking = rowsOf(projection).stream()
                    .filter(row -> row.parked.containsKey(streamId))
                    .toList();
            parking.forEach(row -> row.parked.computeIfPresent(streamId, (id, stream) -> asking(stream, request)));
            return !parking.isEmpty();
        });
    }

    private static ParkedStream asking(ParkedStream stream, ParkedStream.Request request) {
        return new ParkedStream(
                stream.partition(),
                stream.streamId(),
                stream.position(),
                stream.typeName(),
                stream.failure(),
                stream.waiting(),
                request);
    }

    @Override
    public void forget(String projection) {
        locked(() -> rows.values().removeAll(rowsOf(projection)));
    }

    @Override
    public void forgetVersion(String projection, int version) {
        locked(() -> rows.values().removeAll(rowsOf(projection, version)));
    }

    @Override
    public boolean joinsCallersTransaction() {
        return transactions.isActive();
    }

    /** Whether a transaction has moved its checkpoint and not ended. */
    private boolean isLocked(Row row) {
        return locks.isHeldByAnother(row.partition, null);
    }

    private <T extends @Nullable Object> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    private Row row(ProjectionPartition partition) {
        Row row = rows.get(partition);
        if (row == null) {
            throw new IllegalArgumentException("Partition '" + partition + "' is not registered");
        }
        return row;
    }

    private Optional<Row> heldUnder(Lease lease) {
        return Optional.ofNullable(rows.get(lease.partition())).filter(row -> row.isLentUnder(lease));
    }

    private List<Row> rowsOf(String projection) {
        return rows.values().stream()
                .filter(row -> row.partition.projection().equals(projection))
                .toList();
    }

    private List<Row> rowsOf(String projection, int version) {
        return rowsOf(projection).stream()
                .filter(row -> row.partition.version() == version)
                .toList();
    }

    private long until(Duration length) {
        return nanoTime.getAsLong() + Nanos.of(length);
    }

    /** A partition. Guarded by the lock. */
    private final class Row {
        private final ProjectionPartition partition;
        private final int partitions;
        private final Map<StreamId, ParkedStream> parked = new TreeMap<>();
        private Checkpoint checkpoint = Checkpoint.START;
        private String owner = "";
        private long token;
        private long goodUntil;
        private boolean active;
        private boolean paused;
        private long resumes;
        private String failure = "";

        /** Where a transaction that has not ended has moved the checkpoint to. */
        private @Nullable Checkpoint uncommitted;

        private Row(ProjectionPartition partition, int partitions) {
            this.partition = partition;
            this.partitions = partitions;
        }

        /** Goes on from rows that are all at one position. */
        void takeOver(List<Row> old) {
            for (Row row : old) {
                if (row.checkpoint.seenPosition().compareTo(checkpoint.seenPosition()) >= 0) {
                    checkpoint = row.checkpoint;
                }
                token = Math.max(token, row.token);
                resumes = Math.max(resumes, row.resumes);
                active = row.active;
                paused = row.paused;
            }
        }

        Checkpoint newestCheckpoint() {
            return uncommitted == null ? checkpoint : uncommitted;
        }

        boolean isFree() {
            return owner.isEmpty() || goodUntil - nanoTime.getAsLong() <= 0;
        }

        boolean isLentUnder(Lease lease) {
            return partition.equals(lease.partition()) && token == lease.token() && owner.equals(lease.owner());
        }

        Lease lendTo(String newOwner, Duration length) {
            owner = newOwner;
            goodUntil = until(length);
            return new Lease(partition, newOwner, ++token);
        }

        PartitionState state() {
            return new PartitionState(
                    partition, partitions, checkpoint, owner, token, isFree(), paused, resumes, failure, active);
        }
    }

    /** A checkpoint on its way, with what becomes of parked streams. */
    private static final class Advance implements MemoryTransaction.Step {
        private final Row row;
        private final @Nullable Checkpoint before;
        private final Checkpoint to;
        private final List<ParkedChange> parked;

        private Advance(Row row, Checkpoint to, List<ParkedChange> parked) {
            this.row = row;
            this.before = row.uncommitted;
            this.to = to;
            this.parked = parked;
        }

        @Override
        public void commit() {
            row.checkpoint = to;
            row.uncommitted = null;
            parked.forEach(this::take);
        }

        @Override
        public void undo() {
            row.uncommitted = before;
        }

        private void take(ParkedChange change) {
            if (change instanceof ParkedChange.Parked now) {
                row.parked.put(now.stream().streamId(), now.stream());
            } else if (change instanceof ParkedChange.Queued more) {
                row.parked.computeIfPresent(
                        more.streamId(),
                        (id, stream) -> new ParkedStream(
                                stream.partition(),
                                id,
                                stream.position(),
                                stream.typeName(),
                                stream.failure(),
                                stream.waiting() + more.events(),
                                stream.request()));
            } else if (change instanceof ParkedChange.Released released) {
                row.parked.remove(released.streamId());
            } else {
                row.parked.clear();
            }
        }
    }
}
