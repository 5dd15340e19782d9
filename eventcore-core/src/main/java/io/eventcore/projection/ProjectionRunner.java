package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.transaction.TransactionAppends;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Runs projections: each from its checkpoint to the end of the log, then on with every commit.
 *
 * <p>Several instances of an application may run the same projections against one store: each partition of each runs on
 * one of them, by a lease, and another one takes over when that one stops, dies or freezes. Once caught up, all
 * projections of a runner are fed by one reader of the log.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public final class ProjectionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ProjectionRunner.class);

    /** How long to wait at a time for a projection that another instance runs. */
    private static final long REMOTE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final EventReader reader;
    private final ProjectionStore store;
    private final Map<String, Projection<?>> projections;
    private final TransactionOperations transaction;
    private final boolean hasTransactions;
    private final String transactionManagerName;
    private final RunnerSettings settings;
    private final ThreadFactory threads;
    private final AppendSignal signal;
    private final ProjectionListener listener;
    private final Clock clock;
    private final String owner = UUID.randomUUID().toString();
    private final Turnstile progress = new Turnstile();

    private volatile @Nullable Run run;

    /** What exists between start and stop. */
    private record Run(
            LogTail tail,
            LeaseKeeper keeper,
            Map<String, List<PartitionWorker<?>>> workers,
            List<Thread> workerThreads,
            List<Thread> helperThreads,
            Runnable look) {
        List<PartitionWorker<?>> workersOf(String projection) {
            return workers.getOrDefault(projection, List.of());
        }
    }

    private ProjectionRunner(Builder builder) {
        this.reader = builder.reader;
        this.store = builder.store;
        this.projections = new LinkedHashMap<>(builder.projections);
        this.settings = new RunnerSettings(
                builder.batchSize, builder.lease, builder.pollMin, builder.pollMax, builder.retryMin, builder.retryMax);
        this.threads = builder.threads;
        this.signal = builder.signal;
        this.listener = builder.listener;
        this.clock = builder.clock;
        PlatformTransactionManager manager = builder.transactionManager;
        this.hasTransactions = manager != null;
        this.transactionManagerName = manager == null ? "" : manager.getClass().getName();
        this.transaction = manager == null ? TransactionOperations.withoutTransaction() : template(manager);
    }

    /** A transaction of our own, in which a checkpoint can be moved although its lease was renewed meanwhile. */
    private static TransactionTemplate template(PlatformTransactionManager manager) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        return template;
    }

    /**
     * A runner to be set up.
     *
     * @param reader the log
     * @param store where checkpoints and leases are kept; for transactional projections in the same database
     */
    public static Builder builder(EventReader reader, ProjectionStore store) {
        return new Builder(reader, store);
    }

    /**
     * Starts all projections. Returns when they have begun, not when they have caught up. Nothing happens if they run
     * already.
     *
     * @throws IllegalStateException if a projection is transactional and there is no transaction manager, or one that
     *     does not reach the database of the store
     * @throws PartitionCountException if a projection is known with another number of partitions
     */
    public synchronized void start() {
        if (run != null) {
            return;
        }
        projections.values().forEach(this::check);
        projections.values().forEach(projection -> store.register(projection.name(), projection.partitions()));

        LogTail tail = new LogTail(reader, settings.pollMin(), settings.pollMax());
        RunnerContext context = new RunnerContext(
                owner, reader, store, tail, transaction, settings, System::nanoTime, progress, listener);
        Map<String, List<PartitionWorker<?>>> workers = new LinkedHashMap<>();
        projections.values().forEach(projection -> workers.put(projection.name(), workers(projection, context)));
        List<PartitionWorker<?>> all =
                workers.values().stream().flatMap(List::stream).toList();
        LeaseKeeper keeper = new LeaseKeeper(context, all);
        keeper.look();

        List<Thread> workerThreads = new ArrayList<>();
        all.forEach(worker -> workerThreads.add(threads.newThread(worker)));
        List<Thread> helperThreads = List.of(threads.newThread(tail), threads.newThread(keeper));
        Runnable look = tail::look;
        signal.addReceiver(look);
        run = new Run(tail, keeper, workers, workerThreads, helperThreads, look);
        helperThreads.forEach(Thread::start);
        workerThreads.forEach(Thread::start);
    }

    private static List<PartitionWorker<?>> workers(Projection<?> projection, RunnerContext context) {
        List<PartitionWorker<?>> workers = new ArrayList<>();
        for (int number = 0; number < projection.partitions(); number++) {
            workers.add(new PartitionWorker<>(projection, new ProjectionPartition(projection.name(), number), context));
        }
        return workers;
    }

    private void check(Projection<?> projection) {
        if (projection.mode() != ProjectionMode.TRANSACTIONAL) {
            return;
        }
        String name = "Projection '" + projection.name() + "' is transactional, but ";
        String remedy = "declare a JpaTransactionManager or a DataSourceTransactionManager for that data source,"
                + " or let the projection be " + ProjectionMode.AT_LEAST_ONCE;
        if (!hasTransactions) {
            throw new IllegalStateException(name + "there is no transaction manager: " + remedy);
        }
        Boolean joins = transaction.execute(status -> store.joinsCallersTransaction());
        if (joins == null || !joins) {
            throw new IllegalStateException(name + "transactions of " + transactionManagerName
                    + " do not reach the database of the event store: " + remedy);
        }
    }

    /**
     * Stops all projections: each finishes the batch it is at, saves its checkpoint and gives its lease back. Returns
     * when they have stopped, or after a time, with a log line, if one does not. Nothing happens if they do not run.
     */
    public synchronized void stop() {
        Run stopping = run;
        if (stopping == null) {
            return;
        }
        signal.removeReceiver(stopping.look);
        stopping.workers.values().forEach(workers -> workers.forEach(PartitionWorker::stop));
        boolean ended = join(stopping.workerThreads);
        stopping.tail.stop();
        stopping.keeper.stop();
        ended &= join(stopping.helperThreads);
        run = null;
        progress.turn();
        if (!ended) {
            LOG.warn("A projection does not stop; its lease runs out after {}", settings.lease());
        }
    }

    private boolean join(List<Thread> started) {
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            for (Thread thread : started) {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return started.stream().noneMatch(Thread::isAlive);
    }

    /** Whether the projections were started and not stopped. */
    public boolean isRunning() {
        return run != null;
    }

    /** The names of the projections, in the order they were given. */
    public List<String> names() {
        return List.copyOf(projections.keySet());
    }

    /**
     * Pauses a projection on all instances; what is being applied is finished. It stays paused, also over restarts,
     * until it is resumed.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public void pause(String projection) {
        projection(projection);
        store.setPaused(projection, true);
        look();
    }

    /**
     * Lets a projection run again that was paused or has failed.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public void resume(String projection) {
        projection(projection);
        store.clearFailures(projection);
        store.setPaused(projection, false);
        look();
    }

    /**
     * Builds the read model of a projection anew, while everything else goes on: takes it from whoever runs it, lets it
     * {@linkplain Projection#clear() empty} its read model, and sets it back to the first event.
     *
     * @throws IllegalArgumentException if there is no such projection
     * @throws UnsupportedOperationException if the projection does not say how its read model is emptied
     * @throws IllegalStateException if somebody else took the projection over meanwhile; nothing was done
     */
    public void reset(String projection) {
        Projection<?> resetting = projection(projection);
        String resetter = owner + "/reset/" + UUID.randomUUID();
        Runnable reset = () -> reset(resetting, resetter);
        Run running = run;
        if (running == null) {
            reset.run();
        } else {
            running.keeper.renewing(resetter, reset);
        }
        look();
    }

    private void reset(Projection<?> projection, String resetter) {
        List<Lease> leases = new ArrayList<>();
        try {
            for (int number = 0; number < projection.partitions(); number++) {
                ProjectionPartition partition = new ProjectionPartition(projection.name(), number);
                leases.add(store.seize(partition, resetter, settings.lease()));
            }
            // Read before the transaction: a pool of one connection must be enough. The leases keep it as it is.
            List<SetBack> setBacks = leases.stream().map(this::setBack).toList();
            TransactionOperations how = projection.mode() == ProjectionMode.TRANSACTIONAL
                    ? transaction
                    : TransactionOperations.withoutTransaction();
            how.executeWithoutResult(status -> {
                projection.clear();
                setBacks.forEach(this::carryOut);
            });
            store.clearFailures(projection.name());
        } finally {
            leases.forEach(store::release);
        }
        LOG.info("Projection '{}' is built anew", projection.name());
    }

    /** What takes a partition back to the first event. */
    private record SetBack(Lease lease, Checkpoint from, List<ParkedChange> released) {}

    private SetBack setBack(Lease lease) {
        List<ParkedChange> released = new ArrayList<>();
        for (ParkedStream stream : store.parkedStreams(lease.partition().projection())) {
            if (stream.partition().equals(lease.partition())) {
                released.add(new ParkedChange.Released(stream.streamId()));
            }
        }
        return new SetBack(lease, store.checkpoint(lease.partition()), released);
    }

    private void carryOut(SetBack setBack) {
        if (!store.advance(setBack.lease(), setBack.from(), Checkpoint.START, setBack.released())) {
            throw new IllegalStateException("Projection '" + setBack.lease().partition()
                    + "' was taken over while it was reset; nothing was done, reset it again");
        }
    }

    /**
     * The streams a projection has set aside.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<ParkedStream> parkedStreams(String projection) {
        projection(projection);
        return store.parkedStreams(projection);
    }

    /**
     * Asks for the events that wait in a parked stream to be applied, in order, by whoever runs the projection.
     *
     * @return whether that stream is parked
     * @throws IllegalArgumentException if there is no such projection
     */
    public boolean retryParked(String projection, StreamId streamId) {
        projection(projection);
        return store.request(projection, streamId, ParkedStream.Request.RETRY);
    }

    /**
     * Asks for the events that wait in a parked stream to be given up; the stream goes on with later ones.
     *
     * @return whether that stream is parked
     * @throws IllegalArgumentException if there is no such projection
     */
    public boolean discardParked(String projection, StreamId streamId) {
        projection(projection);
        return store.request(projection, streamId, ParkedStream.Request.DISCARD);
    }

    /**
     * Waits until a projection has dealt with everything up to a position, so that a query sees what a command did.
     *
     * @param position usually {@link io.eventcore.EventStreamSlice#lastPosition()} of an append
     * @param timeout how long to wait at most
     * @return how the waiting ended
     * @throws IllegalArgumentException if there is no such projection
     * @throws IllegalStateException if the transaction of this thread has appended: nobody sees its events before it
     *     commits, so the waiting could not end
     */
    public AwaitOutcome awaitPosition(String projection, GlobalPosition position, Duration timeout) {
        projection(projection);
        if (TransactionAppends.arePending()) {
            throw new IllegalStateException("The transaction of this thread has appended events; projection '"
                    + projection + "' sees them after the commit: wait then");
        }
        Await await = new Await(projection, position);
        try {
            long end = System.nanoTime() + timeout.toNanos();
            while (true) {
                long left = end - System.nanoTime();
                long pause = await.needsStore() ? Math.min(left, REMOTE_LOOK_NANOS) : left;
                boolean decided = progress.awaitUntil(await::isDecided, pause);
                Optional<AwaitOutcome> outcome = decided ? await.outcome() : await.askStore();
                if (outcome.isPresent()) {
                    return outcome.get();
                }
                if (left <= 0) {
                    return AwaitOutcome.TIMED_OUT;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return AwaitOutcome.TIMED_OUT;
        }
    }

    /** One thread's waiting for a position. */
    private final class Await {
        private final String projection;
        private final GlobalPosition position;

        private Await(String projection, GlobalPosition position) {
            this.projection = projection;
            this.position = position;
        }

        private List<PartitionWorker<?>> workers() {
            Run running = run;
            return running == null ? List.of() : running.workersOf(projection);
        }

        /** Whether some part is run by another instance, whose progress only the store knows. */
        boolean needsStore() {
            return workers().stream().anyMatch(worker -> !worker.runsHere());
        }

        boolean isDecided() {
            return isStopped() || isReached();
        }

        private boolean isStopped() {
            List<PartitionWorker<?>> workers = workers();
            return workers.isEmpty() || workers.stream().anyMatch(worker -> isBehind(worker) && isOver(worker.state()));
        }

        private boolean isReached() {
            return workers().stream().noneMatch(this::isBehind);
        }

        private boolean isBehind(PartitionWorker<?> worker) {
            return worker.position().compareTo(position) < 0;
        }

        private boolean isOver(ProjectionState state) {
            return state == ProjectionState.FAILED
                    || state == ProjectionState.PAUSED
                    || state == ProjectionState.STOPPED;
        }

        Optional<AwaitOutcome> outcome() {
            if (isReached() && !workers().isEmpty()) {
                return Optional.of(isParked(projection, position) ? AwaitOutcome.PARKED : AwaitOutcome.REACHED);
            }
            return isStopped() ? Optional.of(AwaitOutcome.STOPPED) : Optional.empty();
        }

        Optional<AwaitOutcome> askStore() {
            Run running = run;
            if (running != null && needsStore()) {
                running.keeper.look();
            }
            return outcome();
        }
    }

    private boolean isParked(String projection, GlobalPosition position) {
        return !position.equals(GlobalPosition.START)
                && store.parkedStreams(projection).stream()
                        .anyMatch(stream -> stream.position().compareTo(position) <= 0 && holds(stream, position));
    }

    private boolean holds(ParkedStream stream, GlobalPosition position) {
        return LogScan.entryAt(reader, position)
                .filter(entry -> entry.streamId().equals(stream.streamId()))
                .isPresent();
    }

    /** How the projections are doing, as this instance sees it; empty if they do not run. */
    public List<ProjectionStatus> status() {
        Run running = run;
        if (running == null) {
            return List.of();
        }
        GlobalPosition last = reader.lastPosition();
        Map<String, Integer> parked = new LinkedHashMap<>();
        store.parkedStreams().forEach(stream -> parked.merge(stream.partition().projection(), 1, Integer::sum));
        List<ProjectionStatus> status = new ArrayList<>();
        running.workers.forEach((name, workers) -> status.add(new ProjectionStatus(
                name, workers.stream().map(worker -> status(worker, last)).toList(), parked.getOrDefault(name, 0))));
        return status;
    }

    private ProjectionStatus.Partition status(PartitionWorker<?> worker, GlobalPosition last) {
        ProjectionCounts counts = worker.counts();
        Duration lag = counts.oldestWaiting()
                .map(since -> Duration.between(since, clock.instant()))
                .filter(waiting -> !waiting.isNegative())
                .orElse(Duration.ZERO);
        return new ProjectionStatus.Partition(
                worker.partition().number(),
                worker.state(),
                worker.position(),
                Math.max(0, last.value() - worker.position().value()),
                lag,
                worker.lastFailure(),
                counts.applied(),
                counts.skippedEvents(),
                counts.failures(),
                counts.positionsPerSecond());
    }

    private Projection<?> projection(String name) {
        Projection<?> projection = projections.get(Objects.requireNonNull(name, "projection"));
        if (projection == null) {
            throw new IllegalArgumentException(
                    "There is no projection '%s', only %s".formatted(name, projections.keySet()));
        }
        return projection;
    }

    private void look() {
        Run running = run;
        if (running != null) {
            running.keeper.look();
        }
    }

    /**
     * Settings of a runner. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final EventReader reader;
        private final ProjectionStore store;
        private final Map<String, Projection<?>> projections = new LinkedHashMap<>();
        private @Nullable PlatformTransactionManager transactionManager;
        private int batchSize = 500;
        private Duration lease = Duration.ofSeconds(10);
        private Duration pollMin = Duration.ofMillis(5);
        private Duration pollMax = Duration.ofSeconds(1);
        private Duration retryMin = Duration.ofMillis(100);
        private Duration retryMax = Duration.ofSeconds(30);
        private ThreadFactory threads = ProjectionThreads.factory();
        private AppendSignal signal = new AppendSignal();
        private ProjectionListener listener = ProjectionListener.none();
        private Clock clock = Clock.systemUTC();

        private Builder(EventReader reader, ProjectionStore store) {
            this.reader = Objects.requireNonNull(reader, "reader");
            this.store = Objects.requireNonNull(store, "store");
        }

        /**
         * Adds a projection.
         *
         * @throws IllegalArgumentException if its name or its number of partitions is not acceptable, or if there is
         *     another one of that name
         */
        public Builder projection(Projection<?> projection) {
            String name = ProjectionPartition.checkName(projection.name());
            int partitions = projection.partitions();
            if (partitions < 1 || partitions > ProjectionPartition.MAX_PARTITIONS) {
                throw new IllegalArgumentException("Projection '%s' must have 1 to %d partitions, has %d"
                        .formatted(name, ProjectionPartition.MAX_PARTITIONS, partitions));
            }
            Projection<?> other = projections.putIfAbsent(name, projection);
            if (other != null) {
                throw new IllegalArgumentException("Two projections are called '%s': a %s and a %s"
                        .formatted(
                                name,
                                other.getClass().getName(),
                                projection.getClass().getName()));
            }
            return this;
        }

        /** Manages the transactions of transactional projections; must drive the database of the store. */
        public Builder transactionManager(PlatformTransactionManager manager) {
            this.transactionManager = Objects.requireNonNull(manager, "transactionManager");
            return this;
        }

        /** How many events are applied in one transaction at most, by default 500. */
        public Builder batchSize(int events) {
            this.batchSize = events;
            return this;
        }

        /**
         * How long an instance that is silent keeps its projections, by default 10 s. Another one takes over after that.
         * In a transactional projection nothing may take longer without touching the database.
         */
        public Builder lease(Duration length) {
            this.lease = Objects.requireNonNull(length, "lease");
            return this;
        }

        /** How soon the log is looked at again without a signal: the shortest and the longest pause, 5 ms and 1 s. */
        public Builder poll(Duration shortest, Duration longest) {
            this.pollMin = Objects.requireNonNull(shortest, "shortest");
            this.pollMax = Objects.requireNonNull(longest, "longest");
            return this;
        }

        /** How long to pause before a further attempt: the first and the longest pause, 100 ms and 30 s. */
        public Builder retryPause(Duration first, Duration longest) {
            this.retryMin = Objects.requireNonNull(first, "first");
            this.retryMax = Objects.requireNonNull(longest, "longest");
            return this;
        }

        /** Makes the threads; by default virtual ones where the JVM has them, and daemons elsewhere. */
        public Builder threads(ThreadFactory factory) {
            this.threads = Objects.requireNonNull(factory, "threads");
            return this;
        }

        /** Tells when a store in this process has committed. Without it, projections find out at the next poll. */
        public Builder wokenBy(AppendSignal appendSignal) {
            this.signal = Objects.requireNonNull(appendSignal, "appendSignal");
            return this;
        }

        /** Is told about every batch of events. */
        public Builder listener(ProjectionListener projectionListener) {
            this.listener = Objects.requireNonNull(projectionListener, "listener");
            return this;
        }

        /** The clock that ages of events are told by. */
        public Builder clock(Clock systemClock) {
            this.clock = Objects.requireNonNull(systemClock, "clock");
            return this;
        }

        /**
         * The runner; {@linkplain ProjectionRunner#start() start} it.
         *
         * @throws IllegalArgumentException if a number or a duration is out of its range; the message names it
         */
        public ProjectionRunner build() {
            return new ProjectionRunner(this);
        }
    }
}
