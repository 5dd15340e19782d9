package io.eventcore.command;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A queue for some of the hot streams: one attempt has its turn, the others wait, roughly in order of arrival. */
final class HotStreamQueue {
    /** How often in a row other threads may overtake the first one in the queue. */
    private static final int MAX_OVERTAKEN = 32;

    private final int number;
    private final ReentrantLock turn = new ReentrantLock();

    /** How often the first thread in the queue was overtaken; changed by the thread that has the turn. */
    private volatile int overtaken;

    private final @Nullable DecisionChain chain;

    /**
     * {@code chains} makes a chain that asks whether other commands follow; null if commands cannot decide on top of
     * each other.
     */
    HotStreamQueue(int number, @Nullable Function<BooleanSupplier, DecisionChain> chains) {
        this.number = number;
        this.chain = chains == null ? null : chains.apply(() -> turn.isLocked() || turn.hasQueuedThreads());
    }

    int number() {
        return number;
    }

    /** The decisions of attempts that had their turn and wait to be stored, if there can be any. */
    @Nullable
    DecisionChain chain() {
        return chain;
    }

    /**
     * Waits for the turn of this thread. A thread that arrives while the turn is free takes it, although the first
     * thread in the queue is about to wake up for it: waking a thread usually takes longer than a turn. But threads in
     * the queue are not overtaken forever.
     *
     * <p>Once the thread has the turn, nothing here may fail: the caller, which gives the turn back, would not know of
     * it.
     *
     * @param deadline until when to wait, as {@link System#nanoTime()}
     * @return whether another attempt had the turn or waited for it
     * @throws HotStreams.LeftQueueException if the thread was interrupted, and its flag is set, or the time is up
     */
    boolean enter(long deadline) {
        if (overtaken < MAX_OVERTAKEN && !Thread.currentThread().isInterrupted() && turn.tryLock()) {
            boolean overtakes = turn.hasQueuedThreads();
            overtaken = overtakes ? overtaken + 1 : 0;
            return overtakes;
        }
        try {
            if (turn.tryLock(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                overtaken = 0;
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw leftQueue("The thread was interrupted before the turn of its command came");
        }
        throw leftQueue("The time budget of the command was used up before its turn came");
    }

    /** Sends the decisions that may have been held back so that this thread could decide as well. */
    private HotStreams.LeftQueueException leftQueue(String reason) {
        sendWhatIsDecided();
        return new HotStreams.LeftQueueException(reason);
    }

    /** Waits until all decisions are stored; for an attempt that decides only on stored events. */
    void drain() {
        if (chain != null) {
            chain.drain();
        }
    }

    void leave() {
        turn.unlock();
        sendWhatIsDecided();
    }

    private void sendWhatIsDecided() {
        if (chain != null) {
            chain.sendIfDue();
        }
    }

    boolean isTakenByThisThread() {
        return turn.isHeldByCurrentThread();
    }

    /** Whether an attempt has the turn, waits for it, or waits to be stored. */
    boolean isCrowded() {
        return turn.isLocked() || turn.hasQueuedThreads() || isBusy();
    }

    /** Whether an attempt waits to be stored. */
    boolean isBusy() {
        return chain != null && chain.isBusy();
    }

    boolean isAwaited() {
        return turn.hasQueuedThreads();
    }
}
