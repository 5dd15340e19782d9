package io.eventcore.autoconfigure;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionTransactionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.SmartLifecycle;

/**
 * Opens each of several stores and runs its projections, so that no store waits for the database of another one. If a
 * database cannot be reached, it keeps trying.
 *
 * <p>It waits only for a database that does not answer. Any other failure stops the start, as with one store. After the
 * start, no failure stops the application: the health and the log report it.
 */
class StoreKeeper implements SmartLifecycle, DisposableBean {
    private static final Logger LOG = LoggerFactory.getLogger(StoreKeeper.class);

    /** The number of stores that are opened, started or stopped at once: an attempt may hang in a database. */
    private static final int THREADS = 8;

    /**
     * How long the start waits for all databases together. Most databases that are down refuse a connection at once.
     */
    private static final Duration START_WAITS = Duration.ofSeconds(10);

    /** How long a stop waits for a running start. */
    private static final Duration STOP_WAITS = Duration.ofSeconds(10);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration IDLE = Duration.ofSeconds(5);

    private final List<Kept> stores;
    private final StoreOpener opener;
    private final EventCoreProperties.Projections settings;
    /** Tries again; idle threads end. */
    private final ScheduledThreadPoolExecutor threads;

    private volatile boolean running;

    StoreKeeper(Collection<NamedEventStore> stores, StoreOpener opener, EventCoreProperties.Projections settings) {
        this.stores = stores.stream().map(Kept::new).toList();
        this.opener = opener;
        this.settings = settings;
        this.threads = new ScheduledThreadPoolExecutor(
                Math.min(THREADS, stores.size()), OwnThreads.daemons("eventcore-stores-retry-"));
        threads.setKeepAliveTime(IDLE.toSeconds(), TimeUnit.SECONDS);
        threads.allowCoreThreadTimeOut(true);
        threads.setRemoveOnCancelPolicy(true);
    }

    /**
     * Opens all stores whose databases answer.
     *
     * @throws NamedStoreException if one of them is wrong and not only down
     */
    void open() {
        try {
            inParallel(Kept::advance);
        } catch (RuntimeException e) {
            destroy();
            throw e;
        }
    }

    /** All of them, by name. */
    List<NamedEventStore> stores() {
        return stores.stream().map(kept -> kept.store).toList();
    }

    @Override
    public void start() {
        checkPools();
        running = true;
        try {
            inParallel(kept -> {
                if (kept.store.isOpen()) {
                    kept.advance();
                }
            });
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    /** A separate pool for each purpose: an attempt that hangs takes no thread from another purpose. */
    private ExecutorService newThreads(String purpose) {
        return Executors.newFixedThreadPool(
                Math.min(THREADS, stores.size()), OwnThreads.daemons("eventcore-stores-" + purpose + "-"));
    }

    /** Does something with each store, several at a time, and waits, but not for a database that hangs. */
    private void inParallel(Consumer<Kept> step) {
        ExecutorService starting = newThreads("start");
        List<CompletableFuture<Void>> steps = stores.stream()
                .map(kept -> CompletableFuture.runAsync(() -> step.accept(kept), starting))
                .toList();
        starting.shutdown();
        long end = System.nanoTime() + START_WAITS.toNanos();
        RuntimeException wrong = null;
        for (int i = 0; i < steps.size(); i++) {
            try {
                steps.get(i).get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                stores.get(i).hangs(steps.get(i));
            } catch (ExecutionException e) {
                RuntimeException found = stores.get(i).described(causeOf(e));
                if (wrong == null) {
                    wrong = found;
                } else {
                    wrong.addSuppressed(found);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("The thread was interrupted while it opened event stores", e);
            }
        }
        if (wrong != null) {
            throw wrong;
        }
    }

    @Override
    public void stop() {
        running = false;
        ExecutorService stopping = newThreads("stop");
        try {
            List<Future<?>> stopped = new ArrayList<>();
            for (Kept kept : stores) {
                stopped.add(stopping.submit(() -> {
                    kept.stop();
                    return kept;
                }));
            }
            for (int i = 0; i < stopped.size(); i++) {
                awaitStop(stores.get(i), stopped.get(i));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stopping.shutdown();
        }
    }

    /** Waits for all, even after one has failed: their data sources are closed next. */
    private static void awaitStop(Kept kept, Future<?> stopped) throws InterruptedException {
        try {
            stopped.get();
        } catch (ExecutionException e) {
            LOG.warn(
                    "The projections of event store '{}' could not be stopped",
                    kept.store.name(),
                    OwnThreads.redacted(causeOf(e)));
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Like those of one store: started before the first request, and stopped after the last one. */
    @Override
    public int getPhase() {
        return ProjectionLifecycle.PHASE;
    }

    @Override
    public void destroy() {
        running = false;
        threads.shutdownNow();
    }

    private static Throwable causeOf(ExecutionException e) {
        Throwable cause = e.getCause();
        return cause == null ? e : cause;
    }

    /** What the stores of one data source need from its pool together. */
    private void checkPools() {
        if (!settings.enabled()) {
            return;
        }
        IdentityHashMap<DataSource, List<StorePlace>> sharing = new IdentityHashMap<>();
        for (Kept kept : stores) {
            StorePlace place = kept.store.place();
            if (place.setup().partitions() > 0) {
                sharing.computeIfAbsent(TransactionManagers.innermost(place.dataSource()), key -> new ArrayList<>())
                        .add(place);
            }
        }
        for (List<StorePlace> places : sharing.values()) {
            OptionalInt size = opener.poolSize(places.get(0).dataSource());
            int listeners = settings.notifications() ? places.size() : 0;
            if (size.isPresent() && listeners > 0 && size.getAsInt() <= listeners) {
                throw new InvalidConfigurationPropertyValueException(
                        "eventcore.projections.notifications",
                        true,
                        "listening for notifications occupies one connection of each store permanently, and a pool"
                                + " has only "
                                + size.getAsInt() + " for " + listeners
                                + " stores: make it larger, or switch notifications off");
            }
            int partitions = places.stream()
                    .mapToInt(place -> place.setup().partitions())
                    .sum();
            new PoolNeeds(places.size(), partitions, listeners).check(size);
        }
    }

    /** Whether a failure goes away when the database answers again. */
    private static boolean passes(Throwable failure) {
        return failure instanceof EventStoreUnavailableException || failure instanceof TransientEventStoreException;
    }

    /** A store and its state. */
    private final class Kept {
        private final NamedEventStore store;
        private Duration pause = FIRST_PAUSE;
        private boolean scheduled;
        private volatile boolean told;
        private final ReentrantLock lock = new ReentrantLock();

        Kept(NamedEventStore store) {
            this.store = store;
        }

        /** Opens it if it is not open, and starts its projections if they are to run. */
        void advance() {
            lock.lock();
            try {
                openAndRun();
            } finally {
                lock.unlock();
            }
        }

        private void openAndRun() {
            try {
                if (!store.isOpen()) {
                    store.open(opener.open(store.name(), store.place()));
                }
                if (running) {
                    store.ifOpen().ifPresent(this::run);
                    if (!running) {
                        // The stopping thread has stopped waiting.
                        store.ifOpen().ifPresent(Kept::stop);
                    }
                }
            } catch (RuntimeException | Error e) {
                store.failed(e);
                if (!passes(e)) {
                    throw e;
                }
                againLater(e);
                return;
            }
            store.works();
            pause = FIRST_PAUSE;
            if (told) {
                LOG.info("Event store '{}' can be reached now", store.name());
                told = false;
            }
        }

        private void run(OpenedStore opened) {
            opened.notifications().ifPresent(notifications -> listen(notifications, opened.projections()));
            if (settings.enabled() && !opened.projections().names().isEmpty()) {
                opened.projections().start();
            }
        }

        private void listen(PostgreSqlNotifications notifications, ProjectionRunner runner) {
            if (!notifications.isSupported()) {
                LOG.info(
                        "eventcore.projections.notifications has no effect on event store '{}', which is not in a PostgreSQL"
                                + " database. Its projections poll.",
                        store.name());
            } else if (settings.enabled() && !runner.names().isEmpty()) {
                notifications.start();
            } else {
                notifications.startSending();
            }
        }

        private void againLater(Throwable failure) {
            if (!told) {
                LOG.warn(
                        "Event store '{}' cannot be reached. The other stores work. The library keeps trying to reach"
                                + " it",
                        store.name(),
                        OwnThreads.redacted(failure));
                told = true;
            }
            if (!scheduled && !threads.isShutdown()) {
                scheduled = true;
                Future<?> unused = threads.schedule(this::tryAgain, pause.toMillis(), TimeUnit.MILLISECONDS);
                Duration twice = pause.multipliedBy(2);
                pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
            }
        }

        private void tryAgain() {
            lock.lock();
            try {
                scheduled = false;
                openAndRun();
            } catch (RuntimeException | Error e) {
                wrong(e);
            } finally {
                lock.unlock();
            }
        }

        /** Trying again helps even then, once an operator has mended the cause. */
        private void wrong(Throwable failure) {
            lock.lock();
            try {
                OwnThreads.tell(() -> LOG.error(
                        "Event store '{}' cannot be opened. The other stores work",
                        store.name(),
                        OwnThreads.redacted(failure)));
                told = true;
                againLater(failure);
            } finally {
                lock.unlock();
            }
        }

        /** No thread waits for the outcome any more. */
        void hangs(CompletableFuture<Void> step) {
            LOG.warn(
                    "Event store '{}' has not answered within {} s. The application starts without it, and keeps trying",
                    store.name(),
                    START_WAITS.toSeconds());
            told = true;
            CompletableFuture<Void> unused = step.whenComplete((nothing, failure) -> {
                if (failure != null) {
                    wrong(failure);
                }
            });
        }

        /** Not during a start; but a database that hangs must not hold up the stop. */
        void stop() throws InterruptedException {
            Optional<OpenedStore> open = store.ifOpen();
            if (open.isPresent() && lock.tryLock(STOP_WAITS.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    stop(open.get());
                } finally {
                    lock.unlock();
                }
            }
        }

        private static void stop(OpenedStore opened) {
            opened.projections().stop();
            opened.notifications().ifPresent(PostgreSqlNotifications::stop);
        }

        RuntimeException described(Throwable failure) {
            if (failure instanceof ProjectionTransactionException) {
                return new IllegalStateException(
                        "Event store '" + store.name() + "': " + failure.getMessage(), failure);
            }
            return new NamedStoreException(store.name(), failure);
        }
    }
}
