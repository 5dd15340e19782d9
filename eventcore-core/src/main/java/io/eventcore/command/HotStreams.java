package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.DecisionGroup.Member;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lets commands queue for the streams that they fight over, instead of losing races for them.
 *
 * <p>A stream is <em>hot</em> from its first conflict until a number of attempts has met nobody else. An attempt on a
 * hot stream waits for its turn in the lane of that stream, first come, first served; an attempt on other streams pays
 * one look into an empty map. There is a fixed number of lanes, and an attempt on several hot streams enters theirs in
 * one order, so that no two wait for each other.
 *
 * <p>An attempt inside a transaction of the caller never queues: that transaction keeps its row locks after its turn,
 * so whoever had the next turn would wait for it in the database while it waited for another turn here, a deadlock that
 * nobody would see. Nor does an attempt that is made from within another one on the same thread.
 *
 * <p>Safe for any number of threads, virtual ones included.
 */
final class HotStreams {
    private static final int LANES = 64;

    /** How many streams are known to be hot at most. Forgetting one costs its commands a conflict, no more. */
    private static final int MAX_HOT = 1_024;

    /** How many attempts in a row must meet nobody else until a stream is no longer hot. */
    private static final int COOLS_AFTER = 64;

    /** How often an attempt starts over without its own fault until nobody else can be the reason. */
    private static final int MAX_TRIES_IN_COMPANY = 3;

    private final EventStore store;
    private final boolean enabled;
    private final Lane[] lanes = new Lane[LANES];

    /** The hot streams, each with the number of lonely attempts that are left until it is not. */
    private final Map<StreamId, AtomicInteger> heat = new ConcurrentHashMap<>();

    HotStreams(EventStore store, HotStreamSettings settings, Chains chains) {
        this.store = store;
        this.enabled = settings.enabled();
        UnaryOperator<Event> roundTrip = store.roundTrip().orElse(null);
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane(roundTrip == null ? null : others -> chains.of(store, roundTrip, others));
        }
    }

    /** Makes the chain of a lane. */
    @FunctionalInterface
    interface Chains {
        DecisionChain of(EventStore store, UnaryOperator<Event> roundTrip, BooleanSupplier othersCome);
    }

    /** The end of an attempt that did not begin: its thread was interrupted in the queue, or its time was up. */
    static final class LeftQueueException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final TransientEventStoreException failure;

        LeftQueueException(String reason) {
            super(reason, null, false, false);
            this.failure = new TransientEventStoreException(reason, null);
        }

        /** What the caller of the executor is told if no attempt has failed before. */
        TransientEventStoreException failure() {
            return failure;
        }
    }

    /**
     * Makes an attempt, in its turn if it rests on hot streams.
     *
     * @param streams the streams that the attempt is known to rest on
     * @param contested the stream over which the attempt before was lost, if there was one
     * @param deadline when to leave the queue, as {@link System#nanoTime()}
     * @param attempt reads, decides and appends, all through the store it is given
     * @throws LeftQueueException if the turn did not come in time
     */
    ExecutionResult attempt(
            Supplier<Set<StreamId>> streams,
            @Nullable StreamId contested,
            long deadline,
            Function<EventStore, ExecutionResult> attempt) {
        if (!heat.isEmpty() && !isInLane() && !store.joinsCallersTransaction()) {
            Queue queue = queueFor(streams.get(), contested);
            if (!queue.lanes.isEmpty()) {
                return inTurn(queue, deadline, attempt);
            }
        }
        return watched(attempt);
    }

    /**
     * Whether others of this process wait for the stream over which an attempt was lost. To take a place behind them is
     * delay enough before the next attempt, as long as nobody knows of another process that fights for the stream too.
     */
    boolean isCrowded(EventStoreException failure) {
        return failure instanceof VersionConflictException conflict
                && heat.containsKey(conflict.streamId())
                && lanes[number(conflict.streamId())].isCrowded();
    }

    /** An attempt without a queue, which finds out whether there ought to be one. */
    private ExecutionResult watched(Function<EventStore, ExecutionResult> attempt) {
        try {
            return attempt.apply(store);
        } catch (VersionConflictException conflict) {
            if (enabled && !store.joinsCallersTransaction()) {
                heatUp(conflict.streamId());
            }
            throw conflict;
        }
    }

    private ExecutionResult inTurn(Queue queue, long deadline, Function<EventStore, ExecutionResult> attempt) {
        DecisionChain chain = queue.lanes.size() == 1 ? queue.lanes.get(0).chain() : null;
        for (int tries = 0; chain != null && tries < MAX_TRIES_IN_COMPANY; tries++) {
            try {
                return inCompany(queue, queue.lanes.get(0), chain, deadline, attempt);
            } catch (DecideAgainException e) {
                if (e.alone()) {
                    break;
                }
            }
        }
        return alone(queue, deadline, attempt);
    }

    /** An attempt that decides on top of what others have decided, and is stored together with them. */
    private ExecutionResult inCompany(
            Queue queue, Lane lane, DecisionChain chain, long deadline, Function<EventStore, ExecutionResult> attempt) {
        boolean others = lane.enter(deadline);
        Turn turn = new Turn(lane);
        try {
            chain.begin(turn);
            return attempt.apply(new ChainedStore(store, chain, turn));
        } catch (TransientEventStoreException | EventStoreUnavailableException e) {
            throw e;
        } catch (VersionConflictException conflict) {
            others = true;
            heatUp(conflict.streamId());
            throw conflict;
        } catch (RuntimeException refusal) {
            if (!turn.isOver() && !(refusal instanceof DecideAgainException) && chain.mustProve(turn)) {
                Member proof = chain.join(turn, turn.proof());
                turn.pass();
                chain.await(proof);
            }
            throw refusal;
        } finally {
            others |= lane.isAwaited() || chain.isBusy();
            turn.pass();
            queue.streams.forEach(others ? this::heatUp : this::coolDown);
        }
    }

    /** An attempt that decides on what is stored, while all others on its hot streams wait. */
    private ExecutionResult alone(Queue queue, long deadline, Function<EventStore, ExecutionResult> attempt) {
        int entered = 0;
        boolean others = false;
        try {
            for (Lane lane : queue.lanes) {
                others |= lane.enter(deadline);
                entered++;
            }
            queue.lanes.forEach(Lane::drain);
            return watched(attempt);
        } catch (LeftQueueException | VersionConflictException someoneElse) {
            others = true;
            throw someoneElse;
        } finally {
            others |= queue.lanes.stream().anyMatch(Lane::isAwaited);
            queue.streams.forEach(others ? this::heatUp : this::coolDown);
            for (int i = entered - 1; i >= 0; i--) {
                queue.lanes.get(i).leave();
            }
        }
    }

    /**
     * What an attempt waits for.
     *
     * @param streams the hot ones among its streams
     * @param lanes their lanes, in the order in which everybody enters them
     */
    private record Queue(List<StreamId> streams, List<Lane> lanes) {}

    private Queue queueFor(Set<StreamId> streams, @Nullable StreamId contested) {
        List<StreamId> hot = new ArrayList<>(1);
        if (contested != null && heat.containsKey(contested) && !streams.contains(contested)) {
            hot.add(contested);
        }
        for (StreamId stream : streams) {
            if (heat.containsKey(stream)) {
                hot.add(stream);
            }
        }
        List<Lane> inOrder = hot.stream()
                .mapToInt(HotStreams::number)
                .sorted()
                .distinct()
                .mapToObj(number -> lanes[number])
                .toList();
        return new Queue(hot, inOrder);
    }

    private static int number(StreamId stream) {
        int hash = stream.hashCode();
        return (hash ^ hash >>> 16) & LANES - 1;
    }

    private boolean isInLane() {
        for (Lane lane : lanes) {
            if (lane.isTakenByThisThread()) {
                return true;
            }
        }
        return false;
    }

    private void heatUp(StreamId stream) {
        AtomicInteger left = heat.get(stream);
        if (left != null) {
            left.set(COOLS_AFTER);
            return;
        }
        if (heat.size() >= MAX_HOT) {
            Iterator<StreamId> anyone = heat.keySet().iterator();
            if (anyone.hasNext()) {
                heat.remove(anyone.next());
            }
        }
        heat.put(stream, new AtomicInteger(COOLS_AFTER));
    }

    private void coolDown(StreamId stream) {
        AtomicInteger left = heat.get(stream);
        if (left != null && left.decrementAndGet() <= 0) {
            heat.remove(stream, left);
        }
    }
}
