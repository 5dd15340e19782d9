package io.eventcore.jdbc;

import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The part of a pool whose connections may wait in the database for what other transactions have locked. The rest is
 * left to threads that need not wait.
 *
 * <p>A thread that finds no room waits without a connection and checks again from time to time. Safe for any number of
 * threads.
 */
final class ConnectionShare {
    /** Upper limit for the connections that wait at once, however large the pool is. */
    private static final int MOST = 4;

    /** The share of a pool that does not reveal its size: one connection. */
    private static final int OF_UNKNOWN = 1;

    /** How long a thread waits for room before it looks again. */
    private static final long LOOK_AGAIN_MILLIS = 50;

    /** The pause after a look, as a multiple of the time that the look took. */
    private static final int REST = 2;

    private final Semaphore waiting;
    private final Semaphore settling;
    private final ReentrantLock looking = new ReentrantLock(true);

    /** When the next look may begin; guarded by the lock. */
    private long restsUntil = System.nanoTime();

    private ConnectionShare(int connections) {
        this.waiting = new Semaphore(connections, true);
        this.settling = new Semaphore(Math.max(1, connections), true);
    }

    /** Half of a pool. A pool of one connection can spare none. */
    static ConnectionShare half(OptionalInt poolSize) {
        return of(poolSize, 2);
    }

    /** A quarter of a pool, so that both shares together leave some connections. */
    static ConnectionShare quarter(OptionalInt poolSize) {
        return of(poolSize, 4);
    }

    private static ConnectionShare of(OptionalInt poolSize, int part) {
        return new ConnectionShare(poolSize.isPresent() ? Math.min(MOST, poolSize.getAsInt() / part) : OF_UNKNOWN);
    }

    /** Takes room for one waiting thread, if there is room now; {@link #end} gives it back. */
    boolean tryBegin() {
        return waiting.tryAcquire();
    }

    /** The same; waits for room until the next look is due. */
    boolean tryBeginBeforeNextLook() throws InterruptedException {
        return waiting.tryAcquire(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Gives room back. */
    void end() {
        waiting.release();
    }

    /**
     * Looks whether something is free. Only one thread looks at a time, and after a look in vain all pause for a while:
     * each look takes a connection, and a pool may have only one.
     *
     * @param inVain whether another look is necessary
     */
    <T> T look(Supplier<T> look, Predicate<T> inVain) throws InterruptedException {
        looking.lockInterruptibly();
        try {
            TimeUnit.NANOSECONDS.sleep(restsUntil - System.nanoTime());
            long begin = System.nanoTime();
            T seen = look.get();
            long end = System.nanoTime();
            restsUntil = inVain.test(seen) ? end + REST * (end - begin) : end;
            return seen;
        } finally {
            looking.unlock();
        }
    }

    /**
     * Begins to settle something, which waits for sessions that may be gone. One at a time is always allowed, or
     * nothing would ever be settled.
     */
    void beginSettling() throws InterruptedException {
        settling.acquire();
    }

    /** Lets another thread settle. */
    void endSettling() {
        settling.release();
    }
}
