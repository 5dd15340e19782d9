package io.eventcore.internal;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Code that only watches what the library does: listeners, registries of metrics, writers of headers.
 *
 * <p>The store and the command determine what happens, never a callback. So this class catches whatever a callback
 * throws, {@link VirtualMachineError}s included: a commit that has happened must not look as if it had failed. Each
 * failure is counted; the first of each kind is logged, without its text, which may quote an event.
 *
 * <p>Safe for any number of threads.
 */
public enum Callback {
    /** {@code io.eventcore.command.CommandListener}. */
    COMMAND_LISTENER,

    /** {@code io.eventcore.AppendListener}. */
    APPEND_LISTENER,

    /** {@code io.eventcore.snapshot.SnapshotListener}. */
    SNAPSHOT_LISTENER,

    /** {@code io.eventcore.serialization.UnknownTypeListener}. */
    UNKNOWN_TYPE_LISTENER,

    /** The code that keeps the state of a command after its execution. */
    SNAPSHOT_WRITER,

    /** The code that remembers the events of a command after they were stored. */
    KNOWN_STREAMS,

    /** {@code io.eventcore.projection.ProjectionListener}. */
    PROJECTION_LISTENER,

    /** Work that was scheduled after a commit. */
    AFTER_COMMIT,

    /** The registry that observes calls to a store. */
    OBSERVATION;

    private static final Logger LOG = LoggerFactory.getLogger(Callback.class);

    /** How many kinds of failures are logged; further ones would add little. */
    private static final int MAX_LOGGED = 100;

    private static final Set<String> LOGGED = ConcurrentHashMap.newKeySet();

    private static final Map<Callback, AtomicLong> FAILURES = new ConcurrentHashMap<>();

    /** Calls it; returns normally whatever it throws. */
    public void run(Runnable call) {
        call(
                () -> {
                    call.run();
                    return Boolean.TRUE;
                },
                Boolean.FALSE);
    }

    /**
     * Calls it for an answer; returns normally whatever it throws.
     *
     * @param otherwise the answer if it throws or returns null
     */
    public <T> T call(Supplier<? extends T> call, T otherwise) {
        try {
            return Objects.requireNonNull(call.get(), "answer of a callback");
        } catch (Throwable failure) {
            contain(failure);
            return otherwise;
        }
    }

    /** How many calls have failed in this process. */
    public long failures() {
        return counter().get();
    }

    private AtomicLong counter() {
        return FAILURES.computeIfAbsent(this, callback -> new AtomicLong());
    }

    private void contain(Throwable failure) {
        if (failure instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        counter().incrementAndGet();
        try {
            if (LOGGED.size() < MAX_LOGGED && LOGGED.add(kind(failure))) {
                LOG.warn(
                        "A callback ({}) failed; the operation that it observed is not affected. Logged once for this"
                                + " failure; eventcore.callbacks.failed counts all of them",
                        this,
                        RedactedException.of(failure, ""));
            }
        } catch (Throwable loggerFailed) {
            counter().incrementAndGet();
        }
    }

    private String kind(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return this + " " + failure.getClass().getName() + (trace.length == 0 ? "" : " in " + trace[0].getClassName());
    }
}
