package io.eventcore.internal;

import io.eventcore.EventStoreException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that the library starts: how they are created, what must not escape them, and how to wait for their end.
 *
 * <p>An error that leaves a thread goes to the default handler, which prints its message (perhaps with an event) and
 * informs no part of the application. So every loop of ours handles every {@link Throwable}, and this is the safety net
 * below them.
 */
public final class OwnThreads {
    private static final Logger LOG = LoggerFactory.getLogger(OwnThreads.class);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private OwnThreads() {}

    /** Daemon threads with numbered names. */
    public static ThreadFactory daemons(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> daemon(prefix + count.incrementAndGet(), task);
    }

    /** Daemon threads of one name. */
    public static ThreadFactory daemon(String name) {
        return task -> daemon(name, task);
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** A thread, not started, that runs a loop; see {@link #unending}. */
    public static Thread thread(ThreadFactory threads, String what, Runnable loop) {
        return threads.newThread(unending(what, loop));
    }

    /**
     * A loop that begins again when it throws, and ends when it returns. A loop deals with its failures itself; this is
     * for those it meets while it does.
     */
    public static Runnable unending(String what, Runnable loop) {
        return () -> {
            while (!endsBy(what, loop)) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
        };
    }

    private static boolean endsBy(String what, Runnable loop) {
        try {
            loop.run();
            return true;
        } catch (Throwable e) {
            tell(() -> LOG.error("{} was interrupted by an error and starts again", what, redacted(e)));
            return false;
        }
    }

    /** Writes to the log, unless there is no memory left even for that: what follows must be done all the same. */
    @SuppressWarnings("EmptyCatch")
    public static void tell(Runnable line) {
        try {
            line.run();
        } catch (Throwable e) {
            // The log that would report the failure has just failed itself.
        }
    }

    /** What a log may show of a failure: of those that are not the store's own, no text, since it may quote an event. */
    public static Throwable redacted(Throwable failure) {
        return failure instanceof EventStoreException ? failure : RedactedException.of(failure, "");
    }

    /**
     * Whether an error says that the process is in trouble, not that the code which met it is wrong: memory has run
     * out, the JVM is broken, the thread was killed. Trying again, later or elsewhere, may help.
     */
    @SuppressWarnings({"removal", "deprecation"})
    public static boolean isTroubleOfTheProcess(Throwable failure) {
        return (failure instanceof VirtualMachineError && !(failure instanceof StackOverflowError))
                || failure instanceof ThreadDeath;
    }

    /**
     * Waits until threads have ended. The calling thread is not waited for, nor is one that has called
     * {@link System#exit}: it waits for the shutdown hooks, and one of them may be what waits here.
     *
     * @return whether all that were waited for have ended in time
     */
    public static boolean join(List<Thread> threads, Duration timeout) {
        long end = System.nanoTime() + Nanos.of(timeout);
        try {
            for (Thread thread : threads) {
                if (!join(thread, end)) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return threads.stream().noneMatch(Thread::isAlive);
        }
    }

    private static boolean join(Thread thread, long end) throws InterruptedException {
        while (thread.isAlive() && thread != Thread.currentThread() && !isEndingTheProcess(thread)) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedJoin(thread, Math.min(left, LOOK_NANOS));
        }
        return true;
    }

    /** Whether a thread has called {@link System#exit}, which never returns. */
    public static boolean isEndingTheProcess(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().equals("java.lang.Shutdown")) {
                return true;
            }
        }
        return false;
    }
}
