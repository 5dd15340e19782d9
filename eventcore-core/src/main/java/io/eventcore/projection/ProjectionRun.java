package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** What exists between start and stop of a runner: workers, those who help them, and their threads. */
final class ProjectionRun {
    private final RunnerContext context;
    private final AppendSignal signal;
    private final Runnable look;
    private final LeaseKeeper keeper;
    private final RemoteProgress remote;
    private final List<PartitionWorker<?>> workers = new ArrayList<>();
    private final List<PartitionChange<?>> changes = new ArrayList<>();
    private final List<Thread> workerThreads = new ArrayList<>();
    private final List<Thread> helperThreads = new ArrayList<>();

    ProjectionRun(RunnerContext context, DeclaredProjections declared, AppendSignal signal, ThreadFactory threads) {
        this.context = context;
        this.signal = signal;
        this.look = context.tail()::look;
        this.keeper = new LeaseKeeper(context, workers, new VersionSwitch(context.reader(), context.store(), declared));
        this.remote = new RemoteProgress(context.store(), context.versions(), context.progress(), context.nanoTime());
        declared.all().forEach(this::prepare);
        keeper.look();

        workers.forEach(worker -> workerThreads.add(threads.newThread(worker)));
        changes.forEach(change -> workerThreads.add(threads.newThread(change)));
        helperThreads.add(threads.newThread(context.tail()));
        helperThreads.add(threads.newThread(keeper));
        signal.addReceiver(look);
        helperThreads.forEach(Thread::start);
        workerThreads.forEach(Thread::start);
    }

    private void prepare(Projection<?> projection) {
        ProjectionStore store = context.store();
        store.register(projection.name(), projection.version(), projection.partitions(), GlobalPosition.START);
        List<PartitionWorker<?>> readModel = new ArrayList<>();
        for (int number = 0; number < projection.partitions(); number++) {
            readModel.add(worker(projection, number, Gate.OPEN));
        }
        workers.addAll(readModel);
        projection.sideEffects().ifPresent(effects -> prepareSideEffects(projection, readModel));
        changes.add(new PartitionChange<>(projection, context, keeper, readModel));
    }

    private <E extends io.eventcore.Event> void prepareSideEffects(
            Projection<E> projection, List<PartitionWorker<?>> readModel) {
        SideEffectsProjection<E> effects =
                new SideEffectsProjection<>(projection, projection.sideEffects().orElseThrow());
        // What was there before is history, not news; events that come from here on are dealt with.
        context.store()
                .register(
                        projection.name(),
                        ProjectionPartition.SIDE_EFFECTS,
                        effects.partitions(),
                        LogScan.end(context.reader()));
        Gate gate = new SideEffectsGate(projection.name(), projection.version(), context.versions(), readModel);
        PartitionWorker<?> worker = worker(effects, 0, gate);
        readModel.forEach(ahead -> ahead.wake(worker));
        workers.add(worker);
    }

    private PartitionWorker<?> worker(Projection<?> projection, int number, Gate gate) {
        ProjectionPartition partition = new ProjectionPartition(projection.name(), projection.version(), number);
        return new PartitionWorker<>(projection, partition, context, gate);
    }

    ActiveVersions versions() {
        return context.versions();
    }

    /** How those are getting on that other instances run. */
    RemoteProgress remote() {
        return remote;
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

    /** Looks at once what the store says. */
    void look() {
        keeper.look();
    }

    /** Renews the leases of another owner too, for as long as something takes. */
    void renewing(String owner, Runnable action) {
        keeper.renewing(owner, action);
    }

    /** Stops everything; whether all has ended in time. */
    boolean stop() {
        signal.removeReceiver(look);
        workers.forEach(PartitionWorker::stop);
        changes.forEach(PartitionChange::stop);
        boolean ended = join(workerThreads);
        context.tail().stop();
        keeper.stop();
        return join(helperThreads) && ended;
    }

    private static boolean join(List<Thread> started) {
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
}
