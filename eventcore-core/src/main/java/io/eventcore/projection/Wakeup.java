package io.eventcore.projection;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Wakes one thread that waits. A wake-up while it does not wait ends its next wait at once, so that none is missed in
 * between; several count as one.
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

    /** Waits until it is woken or the time is over; whether it was woken. */
    boolean await(long nanos) {
        lock.lock();
        try {
            long begin = System.nanoTime();
            long left = nanos;
            while (!woken && left > 0) {
                try {
                    left = condition.awaitNanos(left);
                } catch (InterruptedException e) {
                    // Only code of the user interrupts threads of ours, and means something else by it.
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

    /** Waits until the time is over, however often it is woken; less only if no wait is wanted any more when it is. */
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
