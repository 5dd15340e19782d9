package io.eventcore.projection;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops the runs of a runner, one after the other. Safe for any number of threads, including those of a run.
 */
final class RunnerLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(RunnerLifecycle.class);

    private final Supplier<ProjectionRun> begin;
    private final ProgressMonitor progress;
    private final Duration lease;

    /** Held while a run begins, but not while it ends. */
    private final ReentrantLock beginning = new ReentrantLock();

    private volatile @Nullable ProjectionRun run;

    RunnerLifecycle(Supplier<ProjectionRun> begin, ProgressMonitor progress, Duration lease) {
        this.begin = begin;
        this.progress = progress;
        this.lease = lease;
    }

    /** The run, even while it is being stopped; null if there is none. */
    @Nullable
    ProjectionRun run() {
        return run;
    }

    /**
     * Begins a run, unless there is one. First waits for a run that is being stopped.
     *
     * @throws IllegalStateException if the calling thread belongs to the one that is being stopped
     */
    void start() {
        Optional<ProjectionRun> stopping = beginUnlessBegun();
        while (stopping.isPresent()) {
            if (stopping.get().isOnOwnThread()) {
                throw new IllegalStateException(
                        "A projection has tried to start the projections while they are being stopped: start them"
                                + " after they have stopped");
            }
            stopping.get().awaitStopped();
            stopping = beginUnlessBegun();
        }
    }

    /** Begins a run, unless there is one. Returns a run that is being stopped and must end first. */
    private Optional<ProjectionRun> beginUnlessBegun() {
        beginning.lock();
        try {
            ProjectionRun running = run;
            if (running == null) {
                run = begin.get();
            }
            return Optional.ofNullable(running).filter(ProjectionRun::isStopping);
        } finally {
            beginning.unlock();
        }
    }

    /**
     * Stops the run, if there is one. A thread of the run waits neither for itself nor for another thread that stops
     * the run.
     */
    void stop() {
        ProjectionRun stopping = begun();
        if (stopping == null) {
            return;
        }
        if (stopping.beginStopping()) {
            stop(stopping);
        } else if (!stopping.isOnOwnThread()) {
            stopping.awaitStopped();
        }
    }

    /** The run, even while it begins; null if there is none. */
    private @Nullable ProjectionRun begun() {
        beginning.lock();
        try {
            return run;
        } finally {
            beginning.unlock();
        }
    }

    /** Stops without the lock: a projection that this waits for may stop the runner too. */
    private void stop(ProjectionRun stopping) {
        boolean ended = false;
        try {
            ended = stopping.stop();
        } finally {
            run = null;
            stopping.stopped(ended);
            progress.changed();
        }
        if (!ended) {
            LOG.warn("A projection does not stop; its lease runs out after {}", lease);
        }
    }
}
