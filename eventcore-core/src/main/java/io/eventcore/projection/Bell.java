package io.eventcore.projection;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Wakes one thread. Rung while nobody waits, it is heard by the next wait, so that nothing is missed in between. */
final class Bell {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition condition = lock.newCondition();
    private boolean rung;

    void ring() {
        lock.lock();
        try {
            rung = true;
            condition.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the bell rings or the time is over; whether it rang. */
    boolean await(long nanos) {
        lock.lock();
        try {
            long begin = System.nanoTime();
            long left = nanos;
            while (!rung && left > 0) {
                try {
                    left = condition.awaitNanos(left);
                } catch (InterruptedException e) {
                    // Nobody but code of the user interrupts threads of ours, and means something else by it.
                    left = nanos - (System.nanoTime() - begin);
                }
            }
            boolean heard = rung;
            rung = false;
            return heard;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the time is over, however often the bell rings; less only if it rings and no wait is wanted any more. */
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
