package io.eventcore.command;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
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

    private final EventStore store;
    private final boolean enabled;
    private final Lane[] lanes = new Lane[LANES];

    /** The hot streams, each with the number of lonely attempts that are left until it is not. */
    private final Map<StreamId, AtomicInteger> heat = new ConcurrentHashMap<>();

    HotStreams(EventStore store, HotStreamSettings settings) {
        this.store = store;
        this.enabled = settings.enabled();
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane();
        }
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
        int entered = 0;
        boolean alone = true;
        try {
            for (Lane lane : queue.lanes) {
                alone &= !lane.enter(deadline);
                entered++;
            }
            return watched(attempt);
        } catch (LeftQueueException | VersionConflictException someoneElse) {
            alone = false;
            throw someoneElse;
        } finally {
            alone &= queue.lanes.stream().noneMatch(Lane::isAwaited);
            queue.streams.forEach(alone ? this::coolDown : this::heatUp);
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
