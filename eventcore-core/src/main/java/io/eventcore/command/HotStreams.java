package io.eventcore.command;

import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.StackReserve;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes commands that contend for a stream or tag take turns, instead of losing races.
 *
 * <p>A stream is <em>hot</em> from its first conflict until a number of attempts has met no other command. An attempt
 * on a hot stream waits for its turn in the queue of that stream, roughly in order of arrival; an attempt on other
 * streams costs one look-up in an empty map. An attempt on several hot streams enters their queues in a fixed order, so
 * that no two wait for each other; from then on one queue serves them all.
 *
 * <p>An attempt inside a transaction of the caller never queues: that transaction keeps its row locks after its turn,
 * so the attempt with the next turn would wait for it in the database, while the transaction waits for another turn
 * here. The database would not see that deadlock. An attempt inside another attempt on the same thread never queues
 * either.
 *
 * <p>Safe for any number of threads, virtual ones included.
 */
final class HotStreams {
    /** How often an attempt starts over because of other attempts before it decides alone. */
    private static final int MAX_TRIES_IN_COMPANY = 3;

    private final EventStore store;
    private final boolean enabled;
    private final ContendedStreams known = new ContendedStreams();
    private final HotStreamQueues queues;
    private final WarmStreams warm;

    /**
     * Queues for hot streams of this store.
     *
     * @param streams what the executor knows of streams; null if it remembers none
     */
    HotStreams(EventStore store, HotStreamSettings settings, Chains chains, @Nullable KnownStreams streams) {
        this.store = store;
        this.enabled = settings.enabled();
        CacheBudget budget = CacheBudget.ofExecutor();
        // If the calling thread chooses the database, no thread may continue from what another one has read or
        // appended.
        boolean canDecideOnTop = store.internals().roundTrip().isPresent();
        KnownStreams shared = canDecideOnTop ? streams : null;
        this.warm = new WarmStreams(store, shared);
        this.queues = new HotStreamQueues(
                canDecideOnTop ? others -> chains.of(store, budget, others).goingOnFrom(shared) : null);
    }

    /** Makes the chain of a queue. */
    @FunctionalInterface
    interface Chains {
        DecisionChain of(EventStore store, CacheBudget budget, BooleanSupplier othersCome);
    }

    /** The end of an attempt that did not begin: its thread was interrupted in the queue, or its time was up. */
    static final class LeftQueueException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final TransientEventStoreException failure;

        LeftQueueException(String reason) {
            super(reason, null, false, false);
            this.failure = new TransientEventStoreException(reason, null);
        }

        /** The exception for the caller of the executor if no attempt has failed before. */
        TransientEventStoreException failure() {
            return failure;
        }
    }

    /**
     * Makes an attempt, in its turn if it rests on hot streams.
     *
     * @param streams the rows of the streams and tags that the attempt is known to rest on
     * @param contested the row over which the previous attempt had a conflict, if there was one
     * @param deadline when to leave the queue, as {@link System#nanoTime()}
     * @param onKnown whether it may continue from what is remembered of streams, if they are not hot
     * @param attempt reads, decides and appends, all through the store that it receives
     * @throws LeftQueueException if the turn did not come in time
     */
    ExecutionResult attempt(
            Supplier<Set<String>> streams,
            @Nullable String contested,
            long deadline,
            boolean onKnown,
            Function<EventStore, ExecutionResult> attempt) {
        List<String> hot = hotOf(streams, contested);
        if (!hot.isEmpty()) {
            return inTurn(hot, deadline, attempt);
        }
        return onKnown ? watched(() -> warm.attempt(contested == null, attempt)) : watched(attempt);
    }

    /** How often commands decided on remembered streams, and how much is remembered. */
    WarmStreamStatistics statistics() {
        return warm.statistics();
    }

    /** Forgets what is remembered of streams that are not hot. */
    void forgetKnown() {
        warm.forget();
    }

    /** Hears that the store has failed. */
    void doubtKnown() {
        warm.doubt();
    }

    /**
     * As {@link #attempt}, for an attempt that begins a transaction of its own, or waits for another transaction: it
     * decides only on stored events, since no other attempt may wait for it meanwhile.
     */
    ExecutionResult attemptAlone(
            Supplier<Set<String>> streams,
            @Nullable String contested,
            long deadline,
            Function<EventStore, ExecutionResult> attempt) {
        List<String> hot = hotOf(streams, contested);
        return hot.isEmpty() ? watched(attempt) : alone(hot, queues.of(hot), deadline, attempt);
    }

    /** The streams to queue for; none if the thread may not wait for other attempts. */
    private List<String> hotOf(Supplier<Set<String>> streams, @Nullable String contested) {
        return known.isEmpty() || queues.haveThisThread() || store.internals().joinsCallersTransaction()
                ? List.of()
                : hotOf(streams.get(), contested);
    }

    private List<String> hotOf(Set<String> streams, @Nullable String contested) {
        List<String> hot = new ArrayList<>(1);
        if (contested != null && known.contains(contested) && !streams.contains(contested)) {
            hot.add(contested);
        }
        for (String stream : streams) {
            if (known.contains(stream)) {
                hot.add(stream);
            }
        }
        return hot;
    }

    /**
     * Whether other threads of this process wait for the stream over which an attempt had a conflict. Waiting behind
     * them is enough delay before the next attempt, unless another process contends for the stream too.
     */
    boolean isCrowded(EventStoreException failure) {
        return failure instanceof ConflictException conflict
                && known.contains(rowOf(conflict))
                && queues.of(rowOf(conflict)).isCrowded();
    }

    /** The row over which an attempt had a conflict: that of a stream or of a tag. */
    static String rowOf(ConflictException conflict) {
        return conflict instanceof BoundaryConflictException boundary
                ? boundary.guardRow()
                : ((VersionConflictException) conflict).streamId().value();
    }

    /** An attempt without a queue, which finds out whether the stream needs one. */
    private ExecutionResult watched(Function<EventStore, ExecutionResult> attempt) {
        return watched(() -> {
            ExecutionResult result = attempt.apply(store);
            warm.appended(result.slice());
            return result;
        });
    }

    private ExecutionResult watched(Supplier<ExecutionResult> attempt) {
        try {
            return attempt.get();
        } catch (ConflictException conflict) {
            if (enabled && !store.internals().joinsCallersTransaction()) {
                known.hasMetOthers(rowOf(conflict));
            }
            throw conflict;
        }
    }

    private ExecutionResult inTurn(List<String> hot, long deadline, Function<EventStore, ExecutionResult> attempt) {
        for (int tries = 0; tries < MAX_TRIES_IN_COMPANY; tries++) {
            List<HotStreamQueue> own = queues.of(hot);
            DecisionChain chain = own.get(0).chain();
            if (own.size() > 1 || chain == null) {
                break;
            }
            try {
                ExecutionResult result = inCompany(hot, own.get(0), chain, deadline, attempt);
                warm.appended(result.slice());
                return result;
            } catch (DecideAgainException e) {
                if (e.alone()) {
                    break;
                }
            }
        }
        return alone(hot, queues.of(hot), deadline, attempt);
    }

    /** An attempt that decides on top of other decisions, and is stored together with them. */
    private ExecutionResult inCompany(
            List<String> hot,
            HotStreamQueue queue,
            DecisionChain chain,
            long deadline,
            Function<EventStore, ExecutionResult> attempt) {
        QueuedAttempt queued = new QueuedAttempt(queue);
        StackReserve.check();
        boolean others = queue.enter(deadline);
        try {
            others |= queue.isBusy();
            if (!queues.of(hot).equals(List.of(queue))) {
                // While this thread waited, another queue began to serve the streams.
                throw new DecideAgainException(false);
            }
            chain.begin(queued);
            return attempt.apply(new ChainedStore(store, chain, queued));
        } catch (Throwable wayOut) {
            if (queued.isToldByStore(wayOut)) {
                if (wayOut instanceof ConflictException conflict) {
                    others = true;
                    known.hasMetOthers(rowOf(conflict));
                }
            } else {
                prove(chain, queued, wayOut);
            }
            throw wayOut;
        } finally {
            // Even if memory runs out here, the turn is given back.
            try {
                others |= queue.isAwaited() || queue.isBusy();
            } finally {
                queued.leaveQueue();
            }
            met(hot, others);
        }
    }

    /**
     * Waits until everything that a decision without events rests on is stored, whatever the decision has thrown: the
     * caller would take the exception as an answer, and act on events that may never be stored.
     */
    private static void prove(DecisionChain chain, QueuedAttempt queued, Throwable wayOut) {
        if (!queued.hasLeftQueue() && chain.mustProve(queued)) {
            try {
                chain.store(queued, queued.proof());
            } catch (RuntimeException | Error failure) {
                // As with a guess: a rejection may be wrong, but nothing else would report an error.
                if (wayOut instanceof Error && wayOut != failure) {
                    failure.addSuppressed(wayOut);
                }
                throw failure;
            }
        }
    }

    /** An attempt that decides on what is stored, while all others on its hot streams wait. */
    private ExecutionResult alone(
            List<String> hot, List<HotStreamQueue> own, long deadline, Function<EventStore, ExecutionResult> attempt) {
        int entered = 0;
        boolean others = false;
        StackReserve.check();
        try {
            for (HotStreamQueue queue : own) {
                others |= queue.enter(deadline);
                entered++;
                others |= queue.isBusy();
            }
            own.forEach(HotStreamQueue::drain);
            queues.join(hot);
            return watched(attempt);
        } catch (LeftQueueException | ConflictException anotherWasThere) {
            others = true;
            throw anotherWasThere;
        } finally {
            try {
                others |= own.stream().anyMatch(HotStreamQueue::isAwaited);
                met(hot, others);
            } finally {
                leave(own, entered);
            }
        }
    }

    /** Gives back the turns that were entered, the last one first. */
    private static void leave(List<HotStreamQueue> own, int entered) {
        if (entered > 0) {
            try {
                own.get(entered - 1).leave();
            } finally {
                leave(own, entered - 1);
            }
        }
    }

    private void met(List<String> hot, boolean others) {
        for (String stream : hot) {
            if (others) {
                known.hasMetOthers(stream);
            } else if (known.hasMetNone(stream)) {
                queues.separate(stream);
                queues.forget(stream);
            }
        }
    }
}
