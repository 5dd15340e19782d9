package io.eventcore.memory;

import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionCountException;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Leases, checkpoints and parked streams in memory, with the contract of the database store.
 *
 * <p>Inside a Spring transaction a checkpoint is moved when it commits and stays where it was when it rolls back; until
 * then the lease of its partition cannot change hands, as a database would lock the row. Time is the monotonic clock of
 * the process. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryProjectionStore implements ProjectionStore {
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition unlocked = lock.newCondition();
    private final Map<String, TreeMap<Integer, Row>> projections = new TreeMap<>();

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
    public void register(String projection, int partitions) {
        locked(() -> {
            TreeMap<Integer, Row> rows = projections.computeIfAbsent(projection, name -> new TreeMap<>());
            if (!rows.isEmpty() && rows.size() != partitions) {
                throw new PartitionCountException(projection, rows.size(), partitions);
            }
            for (int number = 0; number < partitions; number++) {
                rows.computeIfAbsent(number, n -> new Row(new ProjectionPartition(projection, n)));
            }
            return rows;
        });
    }

    @Override
    public Optional<Lease> acquire(ProjectionPartition partition, String owner, Duration length) {
        return locked(() -> {
            Row row = row(partition);
            return row.pending == null && row.isFree() && !row.paused
                    ? Optional.of(row.lendTo(owner, length))
                    : Optional.empty();
        });
    }

    @Override
    public Lease seize(ProjectionPartition partition, String owner, Duration length) {
        return locked(() -> {
            Row row = row(partition);
            while (row.pending != null) {
                unlocked.awaitUninterruptibly();
            }
            return row.lendTo(owner, length);
        });
    }

    @Override
    public void renew(String owner, Duration length) {
        locked(() -> {
            rows().stream().filter(row -> row.owner.equals(owner)).forEach(row -> row.goodUntil = until(length));
            return true;
        });
    }

    @Override
    public void release(Lease lease) {
        locked(() -> {
            Row row = row(lease.partition());
            if (row.isHeldUnder(lease)) {
                row.owner = "";
            }
            return row;
        });
    }

    @Override
    public List<PartitionState> partitions() {
        return locked(() -> rows().stream().map(Row::state).toList());
    }

    @Override
    public Checkpoint checkpoint(ProjectionPartition partition) {
        return locked(() -> row(partition).checkpoint);
    }

    @Override
    public boolean isCurrent(Lease lease, Duration idleLimit) {
        return locked(() -> row(lease.partition()).isHeldUnder(lease));
    }

    @Override
    public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
        boolean joins = joinsCallersTransaction();
        return locked(() -> {
            Row row = row(lease.partition());
            if (row.pending != null || !row.isHeldUnder(lease) || !row.checkpoint.equals(from)) {
                return false;
            }
            Advance advance = new Advance(row, to, List.copyOf(parked));
            if (joins) {
                row.pending = advance;
                TransactionSynchronizationManager.registerSynchronization(advance);
            } else {
                advance.take();
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
    public List<ParkedStream> parkedStreams() {
        return locked(() -> rows().stream()
                .flatMap(row -> row.parked.values().stream())
                .sorted(Comparator.comparing(
                                (ParkedStream stream) -> stream.partition().projection())
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
            Row row = row(lease.partition());
            if (row.isHeldUnder(lease)) {
                row.failure = failure;
            }
            return row;
        });
    }

    @Override
    public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
        return locked(() -> rowsOf(projection).stream().anyMatch(row -> {
            ParkedStream asked = row.parked.computeIfPresent(streamId, (id, stream) -> asking(stream, request));
            return asked != null;
        }));
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
        locked(() -> projections.remove(projection));
    }

    @Override
    public boolean joinsCallersTransaction() {
        return TransactionPhase.current() == TransactionPhase.ACTIVE;
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
        Row row = projections
                .getOrDefault(partition.projection(), new TreeMap<>())
                .get(partition.number());
        if (row == null) {
            throw new IllegalArgumentException("Partition '" + partition + "' is not registered");
        }
        return row;
    }

    private List<Row> rows() {
        return projections.values().stream()
                .flatMap(partitions -> partitions.values().stream())
                .toList();
    }

    private List<Row> rowsOf(String projection) {
        return List.copyOf(projections.getOrDefault(projection, new TreeMap<>()).values());
    }

    private long until(Duration length) {
        return nanoTime.getAsLong() + length.toNanos();
    }

    /** A partition. Guarded by the lock. */
    private final class Row {
        private final ProjectionPartition partition;
        private final Map<StreamId, ParkedStream> parked = new TreeMap<>();
        private Checkpoint checkpoint = Checkpoint.START;
        private String owner = "";
        private long token;
        private long goodUntil;
        private boolean paused;
        private long resumes;
        private String failure = "";
        private @Nullable Advance pending;

        private Row(ProjectionPartition partition) {
            this.partition = partition;
        }

        boolean isFree() {
            return owner.isEmpty() || goodUntil - nanoTime.getAsLong() <= 0;
        }

        boolean isHeldUnder(Lease lease) {
            return token == lease.token() && owner.equals(lease.owner());
        }

        Lease lendTo(String newOwner, Duration length) {
            owner = newOwner;
            goodUntil = until(length);
            return new Lease(partition, newOwner, ++token);
        }

        PartitionState state() {
            int partitions = rowsOf(partition.projection()).size();
            return new PartitionState(
                    partition, partitions, checkpoint, owner, token, isFree(), paused, resumes, failure);
        }
    }

    /** A checkpoint on its way, with what becomes of parked streams. */
    private final class Advance implements TransactionSynchronization {
        private final Row row;
        private final Checkpoint to;
        private final List<ParkedChange> parked;

        private Advance(Row row, Checkpoint to, List<ParkedChange> parked) {
            this.row = row;
            this.to = to;
            this.parked = parked;
        }

        @Override
        public void afterCommit() {
            locked(() -> {
                take();
                return row;
            });
        }

        @Override
        public void afterCompletion(int status) {
            locked(() -> {
                row.pending = null;
                unlocked.signalAll();
                return row;
            });
        }

        private void take() {
            row.checkpoint = to;
            parked.forEach(this::take);
        }

        private void take(ParkedChange change) {
            if (change instanceof ParkedChange.Parked now) {
                row.parked.put(change.streamId(), now.stream());
            } else if (change instanceof ParkedChange.Queued more) {
                row.parked.computeIfPresent(
                        change.streamId(),
                        (id, stream) -> new ParkedStream(
                                stream.partition(),
                                id,
                                stream.position(),
                                stream.typeName(),
                                stream.failure(),
                                stream.waiting() + more.events(),
                                stream.request()));
            } else {
                row.parked.remove(change.streamId());
            }
        }
    }
}
