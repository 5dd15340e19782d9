package io.eventcore.projection;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Wakes one waiting thread. A wake-up while the thread does not wait ends its next wait at once, so that none is
 * missed; several count as one.
 */
final class Wakeup {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition condition = lock.newCondition();
    private boolean woken;

    void wakeUp() {
        lock.lock();
        try {
            woken = true;
            condition.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until it is woken or the time is over. Returns whether it was woken. */
    boolean await(long nanos) {
        lock.lock();
        try {
            long begin = System.nanoTime();
            long left = nanos;
            while (!woken && left > 0) {
                try {
                    left = condition.awaitNanos(left);
                } catch (InterruptedException e) {
                    // Only code of the application interrupts the threads of this library, and for another reason.
                    left = nanos - (System.nanoTime() - begin);
                }
            }
            boolean was = woken;
            woken = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the time is over, however often it is woken. Ends early only if a wake-up finds that the wait is no
     * longer wanted.
     */
    void pause(long nanos, BooleanSupplier wanted) {
        long begin = System.nanoTime();
        long left = nanos;
        while (left > 0 && wanted.getAsBoolean()) {
            await(left);
            left = nanos - (System.nanoTime() - begin);
        }
    }

    boolean awaitMillis(long millis) {
        return await(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
