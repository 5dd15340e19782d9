package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import io.eventcore.internal.OwnThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/** What exists between the start and the stop of a runner: workers, their helpers, and their threads. */
final class ProjectionRun {
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);

    private final RunnerContext context;
    private final AppendSignal signal;
    private final ThreadFactory threads;
    private final Runnable look;
    private final LeaseKeeper keeper;
    private final StandstillWatch watch;
    private final List<PartitionWorker<?>> workers = new ArrayList<>();
    private final List<PartitionChange<?>> changes = new ArrayList<>();
    private final List<Thread> workerThreads = new ArrayList<>();
    private final List<Thread> helperThreads = new ArrayList<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final CompletableFuture<Boolean> stopped = new CompletableFuture<>();
    private int owners;

    ProjectionRun(RunnerContext context, DeclaredProjections declared, AppendSignal signal, ThreadFactory threads) {
        this.context = context;
        this.signal = signal;
        this.look = context.tail()::look;
        this.threads = threads;
        this.keeper = new LeaseKeeper(
                context, workers, changes, new VersionSwitch(context.reader(), context.store(), declared));
        this.watch = new StandstillWatch(workers, context.settings());
        declared.all().forEach(this::prepare);

        workers.forEach(
                worker -> workerThreads.add(OwnThreads.thread(threads, "The thread of " + worker.partition(), worker)));
        helperThreads.add(OwnThreads.thread(threads, "The reader of the end of the log", context.tail()));
        helperThreads.add(OwnThreads.thread(threads, "The renewal of leases", keeper));
        helperThreads.add(OwnThreads.thread(threads, "The watch for standstills", watch));
        try {
            keeper.look();
            signal.addReceiver(look);
            helperThreads.forEach(Thread::start);
            workerThreads.forEach(Thread::start);
        } catch (Throwable e) {
            // The threads that have begun would continue, and no caller could stop them.
            stop();
            throw e;
        }
    }

    private void prepare(Projection<?> projection) {
        ProjectionStore store = context.store();
        store.register(projection.name(), projection.version(), projection.partitions(), GlobalPosition.START);
        List<PartitionWorker<?>> readModel = new ArrayList<>();
        for (int number = 0; number < projection.partitions(); number++) {
            readModel.add(worker(projection, number, Admission.UNLIMITED));
        }
        workers.addAll(readModel);
        projection.sideEffects().ifPresent(effects -> prepareSideEffects(projection, readModel));
        changes.add(new PartitionChange<>(projection, context, keeper, readModel, threads));
    }

    private <E extends io.eventcore.Event> void prepareSideEffects(
            Projection<E> projection, List<PartitionWorker<?>> readModel) {
        SideEffectsProjection<E> effects =
                new SideEffectsProjection<>(projection, projection.sideEffects().orElseThrow());
        // When side effects are new, they begin at the end of the log: earlier events have none.
        context.store()
                .register(
                        projection.name(),
                        ProjectionPartition.SIDE_EFFECTS,
                        effects.partitions(),
                        LogScan.end(context.reader()));
        Admission admission = new SideEffectsAdmission(
                projection.name(), projection.version(), context.versions(), context.looks(), readModel);
        PartitionWorker<?> worker = worker(effects, 0, admission);
        readModel.forEach(ahead -> ahead.wake(worker));
        workers.add(worker);
    }

    private PartitionWorker<?> worker(Projection<?> projection, int number, Admission admission) {
        ProjectionPartition partition = new ProjectionPartition(projection.name(), projection.version(), number);
        // The side effects of two versions have two workers for one partition, and neither may take the other's lease
        // for its own.
        String owner = context.owner() + "/" + owners++;
        return new PartitionWorker<>(projection, partition, owner, context, admission);
    }

    ActiveVersions versions() {
        return context.versions();
    }

    /** The workers of a version; none if it is not declared here. */
    List<PartitionWorker<?>> workersOf(String projection, int version) {
        return workers.stream()
                .filter(worker -> worker.partition().projection().equals(projection)
                        && worker.partition().version() == version)
                .toList();
    }

    List<PartitionWorker<?>> workers() {
        return workers;
    }

    /**
     * Whether this instance will run a partition that no instance runs: as it is, after a change of the number of
     * partitions, or as a newer version.
     */
    boolean takesOn(PartitionState part) {
        ProjectionPartition partition = part.partition();
        return workers.stream()
                .filter(worker -> worker.partition().projection().equals(partition.projection()))
                .anyMatch(worker -> worker.partition().version() > partition.version()
                        || (worker.partition().version() == partition.version()
                                && (worker.isOf(part) || !worker.isDividedLike(part))
                                && !worker.state().isOver(part.resumes())));
    }

    /** Records which version of a projection is active, by what the store says. */
    void observe(String projection, StoreLook look) {
        keeper.observe(projection, look);
    }

    /** Asks the store at once. */
    void look() {
        keeper.look();
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    /** Whether the calling thread is the first that stops the run, and so must {@link #stop} it. */
    boolean beginStopping() {
        return stopping.compareAndSet(false, true);
    }

    boolean isStopping() {
        return stopping.get();
    }

    /** Whether the calling thread is one of this run: it must not wait for itself. */
    boolean isOnOwnThread() {
        Thread caller = Thread.currentThread();
        return threadsOfProjections().contains(caller) || helperThreads.contains(caller);
    }

    /** The threads that apply events. */
    private List<Thread> threadsOfProjections() {
        List<Thread> all = new ArrayList<>(workerThreads);
        changes.forEach(change -> change.thread().ifPresent(all::add));
        return all;
    }

    /** Wakes the threads that wait for the end of the run. {@code ended}: whether all threads have ended in time. */
    void stopped(boolean ended) {
        stopped.complete(ended);
    }

    /** Waits until another thread has stopped the run, and for a projection of the run that has done so itself. */
    void awaitStopped() {
        if (stopped.join()) {
            OwnThreads.join(threadsOfProjections(), STOPS_WITHIN);
        }
    }

    /** Stops everything. Returns whether all threads have ended in time. */
    boolean stop() {
        signal.removeReceiver(look);
        workers.forEach(PartitionWorker::stop);
        changes.forEach(PartitionChange::stop);
        boolean ended = OwnThreads.join(threadsOfProjections(), STOPS_WITHIN);
        for (int i = 0; i < workers.size(); i++) {
            if (OwnThreads.isEndingTheProcess(workerThreads.get(i))) {
                workers.get(i).abandon();
            }
        }
        context.tail().stop();
        keeper.stop();
        watch.stop();
        return OwnThreads.join(helperThreads, STOPS_WITHIN) && ended;
    }
}
