package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.internal.SetsDeadlines;
import io.eventcore.transaction.TransactionAppends;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Runs projections: each from its checkpoint to the end of the log, and then with every commit.
 *
 * <p>Several instances of an application may run the same projections against one store: each partition of each
 * projection runs on one of them, by a lease, and another one takes over when that instance stops, dies or freezes.
 * Projections of a runner that have caught up share one reader of the log.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public class ProjectionRunner {
    /** The prefix in the owner names of leases that are held for a reset. */
    static final String RESET = "/reset/";

    /** The shortest pause before the runner checks again whether deadlines were executed. */
    private static final long PAUSE_NANOS = 1_000_000;

    private static final GlobalPosition LAST = GlobalPosition.of(Long.MAX_VALUE);

    private final EventReader reader;
    private final ProjectionStore store;
    private final DeclaredProjections projections;
    private final RunnerTransactions transactions;
    private final RunnerSettings settings;
    private final ThreadFactory threads;
    private final AppendSignal signal;
    private final ProjectionListener listener;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final String owner = UUID.randomUUID().toString();
    private final ProgressMonitor progress = new ProgressMonitor();
    private final SharedLastPosition end;
    private final StoreLooks looks;
    private final RunnerLifecycle lifecycle;

    ProjectionRunner(Builder builder) {
        this.reader = builder.reader;
        this.end = new SharedLastPosition(reader);
        this.store = builder.store;
        this.projections = builder.projections.copy();
        this.settings = new RunnerSettings(
                builder.batchSize,
                builder.lease,
                builder.pollMin,
                builder.pollMax,
                builder.retryMin,
                builder.retryMax,
                builder.maxStandstill);
        this.threads = builder.threads;
        this.signal = builder.signal;
        this.listener = ProjectionListener.all(List.of(builder.listener));
        this.clock = builder.clock;
        this.nanoTime = builder.nanoTime;
        this.looks = new StoreLooks(store, nanoTime);
        this.transactions = RunnerTransactions.of(builder.transactionManager);
        this.lifecycle = new RunnerLifecycle(this::begin, progress, settings.lease());
    }

    /**
     * Begins a runner.
     *
     * @param reader the log
     * @param store where checkpoints and leases are stored; for transactional projections, in the same database
     */
    public static Builder builder(EventReader reader, ProjectionStore store) {
        return new Builder(reader, store);
    }

    /**
     * Starts all projections. Returns when they have begun, not when they have caught up. Does nothing if they already
     * run; if they are being stopped, waits for that first.
     *
     * @throws ProjectionTransactionException if a projection is transactional and there is no transaction manager, or
     *     one that does not reach the database of the store
     * @throws UnregisteredEventException if a projection reads, has a function for, or names in its filter a type of events
     *     without a registered class
     * @throws IllegalStateException if a projection starts its own runner while that is being stopped
     */
    public void start() {
        lifecycle.start();
    }

    private ProjectionRun begin() {
        projections.all().forEach(new StartCheck(reader, store, transactions)::check);
        LogTail tail = new LogTail(reader, settings.pollMin(), settings.pollMax(), nanoTime);
        RunnerContext context = new RunnerContext(
                owner,
                reader,
                store,
                tail,
                new SharedPages(nanoTime),
                new LeaseReturns(store, settings, nanoTime),
                looks,
                new ActiveVersions(),
                new ParkedRequests(store, settings, System::nanoTime),
                transactions.operations(),
                settings,
                nanoTime,
                progress,
                listener);
        return new ProjectionRun(context, projections, signal, threads);
    }

    /**
     * Stops all projections: each finishes its current batch, saves its checkpoint and returns its lease. Returns when
     * they have stopped, or, if one does not, after a time, with a log line. A projection may call this: it then waits
     * neither for itself nor for another thread that stops the runner. Does nothing if they do not run.
     */
    public void stop() {
        lifecycle.stop();
    }

    /** Whether the projections were started and not stopped. */
    public boolean isRunning() {
        return lifecycle.run() != null;
    }

    /**
     * What a projection is for.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public ProjectionKind kind(String projection) {
        String name = projections.find(projection).name();
        return projections.version(name, projections.newestVersion(name)).kind();
    }

    /** How many partitions all versions of the projections have together: this many may be active at once. */
    public int partitions() {
        return projections.all().stream().mapToInt(Projection::partitions).sum();
    }

    /** The names of the projections, in the order they were given. */
    public List<String> names() {
        return projections.names();
    }

    /**
     * The names of the projections that want an event, by their filters, each once. Does not check whether the event
     * carries the tags that a filter asks for.
     *
     * @param event as it is stored; it is not decoded
     */
    public List<String> readersOf(StoredEvent event) {
        return projections.all().stream()
                .filter(projection -> wants(projection, event))
                .map(Projection::name)
                .distinct()
                .toList();
    }

    private boolean wants(Projection<?> projection, StoredEvent event) {
        return !event.recordedAt().isBefore(projection.since())
                && reader.internals()
                        .matching(projection.filter().withAnyTags())
                        .test(event);
    }

    /**
     * The version of a projection that queries should read: still the old one while a new one is being built. It
     * contains a position that {@link #awaitPosition} has reached.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public int activeVersion(String projection) {
        String name = projections.find(projection).name();
        ProjectionRun running = lifecycle.run();
        if (running != null) {
            return running.versions().of(name);
        }
        return new StoreLook(0, 0, store.partitions(name)).active();
    }

    /**
     * Pauses a projection with all its versions and side effects, on all instances, after the current batch. It stays
     * paused, even across restarts, until it is resumed; so does a projection that never ran.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public void pause(String projection) {
        String name = projections.find(projection).name();
        // Before its first start, the store has no row that could hold the pause.
        projections.register(name, store);
        store.setPaused(name, true);
        look();
    }

    /**
     * Resumes a projection that was paused or has failed.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public void resume(String projection) {
        String name = projections.find(projection).name();
        store.clearFailures(name);
        store.setPaused(name, false);
        look();
    }

    /**
     * Rebuilds the read model of a projection, while everything else continues: takes the projection from the instance
     * that runs it, lets it {@linkplain Projection#clear() empty} its read model, and sets it back to the first event.
     * Does not repeat side effects.
     *
     * @param projection the name of a projection, for its active version; or {@link ProjectionStatus#name()}, for that
     *     one
     * @throws IllegalArgumentException if there is no such projection
     * @throws UnsupportedOperationException if the projection does not say how to empty its read model
     * @throws IllegalStateException if another instance took over the projection meanwhile; nothing was done
     */
    public void reset(String projection) {
        DeclaredProjections.Reference called = projections.find(projection);
        Integer version = called.version();
        if (version != null && version == ProjectionPartition.SIDE_EFFECTS) {
            throw new UnsupportedOperationException("Side effects are not repeated: '" + projection + "'");
        }
        Projection<?> resetting =
                projections.version(called.name(), version == null ? activeVersion(called.name()) : version);
        String resetter = owner + RESET + UUID.randomUUID();
        ProjectionRun running = lifecycle.run();
        Consumer<Lease> giveBack =
                running == null ? new LeaseReturns(store, settings, nanoTime)::giveBack : running.keeper()::giveBack;
        // The runner may not be running, or may be stopped while the projection empties its read model.
        try (LeaseRenewal renewal = new LeaseRenewal(store, settings, threads)) {
            new Rebuild(resetting, store, transactions.operations(), settings, renewal::keep, giveBack).run(resetter);
        }
        if (running != null) {
            running.look();
        }
    }

    /**
     * The streams a projection has parked.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<ParkedStream> parkedStreams(String projection) {
        return store.parkedStreams(projections.find(projection).name());
    }

    /**
     * The first streams a projection has parked, in the order of their positions.
     *
     * @param limit how many at most
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<ParkedStream> parkedStreams(String projection, int limit) {
        return parkedStreams(projection, GlobalPosition.START, limit);
    }

    /**
     * The first streams a projection has parked whose waiting events begin after a position, in the order of their
     * positions.
     *
     * @param limit how many at most
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<ParkedStream> parkedStreams(String projection, GlobalPosition after, int limit) {
        return store.parkedStreams(projections.find(projection).name(), after, limit);
    }

    /**
     * The streams a projection has parked whose waiting events begin at a position: one for each version of it at most.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<ParkedStream> parkedStreamsAt(String projection, GlobalPosition position) {
        return store.parkedStreamsAt(projections.find(projection).name(), position);
    }

    /**
     * Requests that all waiting events in parked streams of a projection are applied, or discarded.
     *
     * @return how many streams are parked
     * @throws IllegalArgumentException if there is no such projection
     */
    public int requestForAllParked(String projection, ParkedStream.Request request) {
        return store.requestAll(projections.find(projection).name(), request);
    }

    /**
     * Requests that the instance that runs the projection applies the waiting events of a parked stream, in order.
     *
     * @return whether that stream is parked
     * @throws IllegalArgumentException if there is no such projection
     */
    public boolean retryParked(String projection, StreamId streamId) {
        return store.request(projections.find(projection).name(), streamId, ParkedStream.Request.RETRY);
    }

    /**
     * Requests that the waiting events of a parked stream are discarded; the stream continues with later ones.
     *
     * @return whether that stream is parked
     * @throws IllegalArgumentException if there is no such projection
     */
    public boolean discardParked(String projection, StreamId streamId) {
        return store.request(projections.find(projection).name(), streamId, ParkedStream.Request.DISCARD);
    }

    /**
     * Whether a projection is a reaction with deadlines.
     *
     * @throws IllegalArgumentException if there is no such projection
     */
    public boolean hasDeadlines(String projection) {
        String name = projections.find(projection).name();
        return projections.version(name, projections.newestVersion(name)) instanceof SetsDeadlines;
    }

    /**
     * The next deadlines of a reaction, in the order in which they fall due.
     *
     * @param parked whether to return the parked deadlines or the others
     * @param limit how many at most
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<PendingDeadline> deadlines(String projection, boolean parked, int limit) {
        return deadlines(projection, parked, DeadlinePlace.START, limit);
    }

    /**
     * The next deadlines of a reaction after a place in the order in which they fall due.
     *
     * @param parked whether to return the parked deadlines or the others
     * @param after {@link PendingDeadline#place()} of the last one of the previous page
     * @param limit how many at most
     * @throws IllegalArgumentException if there is no such projection
     */
    public List<PendingDeadline> deadlines(String projection, boolean parked, DeadlinePlace after, int limit) {
        String name = projections.find(projection).name();
        return store.deadlines(name, projections.newestVersion(name), parked, after, limit);
    }

    /**
     * Makes parked deadlines pending again, to be executed.
     *
     * @param at the position of the event that set them
     * @return how many there were
     * @throws IllegalArgumentException if there is no such projection
     */
    public int retryParkedDeadlines(String projection, GlobalPosition at) {
        return retryParkedDeadlines(projection, at, at);
    }

    /**
     * Discards parked deadlines: they are never executed.
     *
     * @param at the position of the event that set them
     * @return how many there were
     * @throws IllegalArgumentException if there is no such projection
     */
    public int discardParkedDeadlines(String projection, GlobalPosition at) {
        return discardParkedDeadlines(projection, at, at);
    }

    /**
     * Makes all parked deadlines of a reaction pending again, to be executed.
     *
     * @return how many there were
     * @throws IllegalArgumentException if there is no such projection
     */
    public int retryAllParkedDeadlines(String projection) {
        return retryParkedDeadlines(projection, GlobalPosition.START, LAST);
    }

    private int retryParkedDeadlines(String projection, GlobalPosition from, GlobalPosition to) {
        String name = projections.find(projection).name();
        return store.retryParkedDeadlines(name, projections.newestVersion(name), from, to);
    }

    /**
     * Discards all parked deadlines of a reaction.
     *
     * @return how many there were
     * @throws IllegalArgumentException if there is no such projection
     */
    public int discardAllParkedDeadlines(String projection) {
        return discardParkedDeadlines(projection, GlobalPosition.START, LAST);
    }

    private int discardParkedDeadlines(String projection, GlobalPosition from, GlobalPosition to) {
        String name = projections.find(projection).name();
        return store.discardParkedDeadlines(name, projections.newestVersion(name), from, to);
    }

    /**
     * Waits until the active version of a projection has processed everything up to a position, so that a query sees a
     * command's events. Does not wait for a position that the log does not reach.
     *
     * <p>Works on every instance, whichever runs the projection, and even while this runner does not run. It takes into
     * account what any instance did before this call: after a reset, a position is reached only when it is reached
     * again.
     *
     * @param position usually {@link io.eventcore.EventStreamSlice#lastPosition()} of an append
     * @param timeout how long to wait at most
     * @return how the wait ended
     * @throws IllegalArgumentException if there is no such projection
     * @throws IllegalStateException if the transaction of this thread has appended: no projection sees its events
     *     before it commits, so the wait could not end
     */
    public AwaitOutcome awaitPosition(String projection, GlobalPosition position, Duration timeout) {
        String name = projections.find(projection).name();
        if (TransactionAppends.arePending()) {
            throw new IllegalStateException("The transaction of this thread has appended events; projection '" + name
                    + "' sees them after the commit: wait then");
        }
        return new PositionAwait(name, position, reader, end, store, looks, lifecycle::run).await(progress, timeout);
    }

    /**
     * Makes the reactions of this instance check at once for due deadlines, and waits until all due deadlines are
     * executed or parked. For tests, which set the clock of the store.
     *
     * @param timeout how long to wait at most
     * @return whether no deadline is due any more; false at once if a reaction has failed or is paused, so that it
     *     processes neither committed events nor due deadlines
     * @throws IllegalStateException if the transaction of this thread has appended, as {@link #awaitPosition} says
     */
    public boolean awaitDeadlines(Duration timeout) {
        List<String> reactions = names().stream().filter(this::hasDeadlines).toList();
        long end = nanoTime.getAsLong() + timeout.toNanos();
        while (true) {
            GlobalPosition last = reader.lastPosition();
            for (String reaction : reactions) {
                Duration left = Duration.ofNanos(Math.max(0, end - nanoTime.getAsLong()));
                if (awaitPosition(reaction, last, left) == AwaitOutcome.STOPPED) {
                    return false;
                }
            }
            List<String> due = reactions.stream().filter(this::isDue).toList();
            if (due.isEmpty() && reader.lastPosition().equals(last)) {
                return true;
            }
            if (due.stream().anyMatch(this::hasStopped) || end - nanoTime.getAsLong() <= 0) {
                return false;
            }
            ProjectionRun running = lifecycle.run();
            if (running != null) {
                running.workers().forEach(PartitionWorker::lookForDeadlines);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private boolean isDue(String reaction) {
        return store.nextDeadline(
                        new DeadlineSlots(reaction, projections.newestVersion(reaction), 0, DeadlineSlots.LAST))
                .isDue();
    }

    private boolean hasStopped(String reaction) {
        return store.partitions(reaction).stream()
                .anyMatch(state -> state.paused() || !state.failure().isEmpty());
    }

    /** The status of the projections, as this instance sees it, one for each version; empty if they do not run. */
    public List<ProjectionStatus> status() {
        ProjectionRun running = lifecycle.run();
        if (running == null) {
            return List.of();
        }
        return new StatusReport(running, store, reader.lastPosition(), store.parkedCounts(), clock.instant()).all();
    }

    private void look() {
        ProjectionRun running = lifecycle.run();
        if (running != null) {
            running.look();
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
        private final DeclaredProjections projections = new DeclaredProjections();
        private @Nullable PlatformTransactionManager transactionManager;
        private int batchSize = 2_000;
        private Duration lease = Duration.ofSeconds(10);
        private Duration pollMin = Duration.ofMillis(5);
        private Duration pollMax = Duration.ofSeconds(1);
        private Duration retryMin = Duration.ofMillis(100);
        private Duration retryMax = Duration.ofSeconds(30);
        private Duration maxStandstill = Duration.ofMinutes(2);
        private ThreadFactory threads = ProjectionThreads.factory();
        private AppendSignal signal = new AppendSignal();
        private ProjectionListener listener = ProjectionListener.none();
        private Clock clock = Clock.systemUTC();
        private LongSupplier nanoTime = System::nanoTime;

        private Builder(EventReader reader, ProjectionStore store) {
            this.reader = Objects.requireNonNull(reader, "reader");
            this.store = Objects.requireNonNull(store, "store");
        }

        /**
         * Adds a projection.
         *
         * @throws IllegalArgumentException if its name, its version or its number of partitions is not valid
         * @throws DuplicateProjectionException if there is another one of that name and version
         */
        public Builder projection(Projection<?> projection) {
            projections.add(projection);
            return this;
        }

        /** Manages the transactions of transactional projections; must use the database of the store. */
        public Builder transactionManager(PlatformTransactionManager manager) {
            this.transactionManager = Objects.requireNonNull(manager, "transactionManager");
            return this;
        }

        /**
         * Upper limit for the events applied in one transaction, by default 2,000. A batch starts with 500 events, and later
         * ones have more while each takes less than 50 ms. A batch outside of a transaction has at most 500: so many may come
         * again after a crash.
         */
        public Builder batchSize(int events) {
            this.batchSize = events;
            return this;
        }

        /**
         * How long an instance that has stopped responding keeps its projections, by default 10 s; then another one
         * takes over. In a transactional projection, nothing may take longer without touching the database.
         */
        public Builder lease(Duration length) {
            this.lease = Objects.requireNonNull(length, "lease");
            return this;
        }

        /**
         * How soon the log is polled again without a signal: the shortest and the longest pause, by default 5 ms and 1
         * s.
         */
        public Builder poll(Duration shortest, Duration longest) {
            this.pollMin = Objects.requireNonNull(shortest, "shortest");
            this.pollMax = Objects.requireNonNull(longest, "longest");
            return this;
        }

        /** The pause before another attempt: the first and the longest, by default 100 ms and 30 s. */
        public Builder retryPause(Duration first, Duration longest) {
            this.retryMin = Objects.requireNonNull(first, "first");
            this.retryMax = Objects.requireNonNull(longest, "longest");
            return this;
        }

        /**
         * How long a projection may make no progress, by default 2 min; choose it longer than the longest
         * {@code apply}. After that, a log line reports the standstill, and another one its end.
         */
        public Builder maxStandstill(Duration length) {
            this.maxStandstill = Objects.requireNonNull(length, "length");
            return this;
        }

        /** Creates the threads; by default virtual ones if the JVM has them, otherwise daemon threads. */
        public Builder threads(ThreadFactory factory) {
            this.threads = Objects.requireNonNull(factory, "threads");
            return this;
        }

        /** Signals commits of stores in this process. Without it, projections notice them at the next poll. */
        public Builder wokenBy(AppendSignal appendSignal) {
            this.signal = Objects.requireNonNull(appendSignal, "appendSignal");
            return this;
        }

        /** Hears of every batch of events. */
        public Builder listener(ProjectionListener projectionListener) {
            this.listener = Objects.requireNonNull(projectionListener, "listener");
            return this;
        }

        /** The clock for the ages of events. */
        public Builder clock(Clock systemClock) {
            this.clock = Objects.requireNonNull(systemClock, "clock");
            return this;
        }

        /** The clock for leases, pauses and standstills; never goes back. */
        Builder nanoTime(LongSupplier monotonicClock) {
            this.nanoTime = monotonicClock;
            return this;
        }

        /**
         * The runner; {@linkplain ProjectionRunner#start() start} it.
         *
         * @throws IllegalArgumentException if a number or a duration is out of range; the message names it
         */
        public ProjectionRunner build() {
            return new ProjectionRunner(this);
        }
    }
}
