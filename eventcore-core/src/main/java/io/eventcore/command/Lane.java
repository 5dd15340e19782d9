package io.eventcore.command;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A queue in front of some of the hot streams: one attempt has its turn, the others wait in the order they came. */
final class Lane {
    private final ReentrantLock turn = new ReentrantLock(true);

    /**
     * Waits for the turn of this thread.
     *
     * @param deadline how long, as {@link System#nanoTime()}
     * @return whether somebody else was there
     * @throws HotStreams.LeftQueueException if the thread was interrupted, and its flag is set, or the time is up
     */
    boolean enter(long deadline) {
        try {
            // Not tryLock(): it would jump the queue.
            if (turn.tryLock(0, TimeUnit.NANOSECONDS)) {
                return false;
            }
            if (turn.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HotStreams.LeftQueueException("The thread was interrupted before the turn of its command came");
        }
        throw new HotStreams.LeftQueueException("The time of the command was used up before its turn came");
    }

    void leave() {
        turn.unlock();
    }

    boolean isTakenByThisThread() {
        return turn.isHeldByCurrentThread();
    }

    boolean isAwaited() {
        return turn.hasQueuedThreads();
    }
}
