package io.eventcore.command;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The queues for hot streams and tags, by the ids of their rows: a fixed number of queues, each for a stripe of the
 * rows.
 *
 * <p>If commands rest on several hot streams, one queue serves the stripes of all of them, so that these commands can
 * be decided together. Which queue serves a stripe does not affect correctness: while it changes, two commands may race
 * as they do without queues.
 */
final class HotStreamQueues {
    private static final int STRIPES = 64;

    /** Upper limit for the stripes that one queue serves: the commands of one queue wait for each other. */
    private static final int MAX_STRIPES_PER_QUEUE = 8;

    private final List<HotStreamQueue> own;
    private final AtomicReferenceArray<HotStreamQueue> serving;

    /** {@code chains} makes the chain of a queue; null if commands cannot decide on top of each other. */
    HotStreamQueues(@Nullable Function<BooleanSupplier, DecisionChain> chains) {
        HotStreamQueue[] queues = new HotStreamQueue[STRIPES];
        for (int i = 0; i < STRIPES; i++) {
            queues[i] = new HotStreamQueue(i, chains);
        }
        this.own = List.of(queues);
        this.serving = new AtomicReferenceArray<>(queues);
    }

    /** The queues of some streams, in the order in which every attempt enters them. */
    List<HotStreamQueue> of(Collection<String> streams) {
        return streams.stream()
                .map(this::of)
                .distinct()
                .sorted(Comparator.comparingInt(HotStreamQueue::number))
                .toList();
    }

    HotStreamQueue of(String stream) {
        return serving.get(stripe(stream));
    }

    /** Makes one queue serve all these streams from now on, unless it would then serve too many. */
    void join(Collection<String> streams) {
        List<HotStreamQueue> joined = of(streams);
        int[] stripes = stripesOf(joined);
        if (joined.size() > 1 && stripes.length <= MAX_STRIPES_PER_QUEUE) {
            for (int stripe : stripes) {
                serving.set(stripe, joined.get(0));
            }
        }
    }

    private int[] stripesOf(List<HotStreamQueue> queues) {
        return IntStream.range(0, STRIPES)
                .filter(stripe -> queues.contains(serving.get(stripe)))
                .toArray();
    }

    /** Lets the stripe of this stream have its own queue again. */
    void separate(String stream) {
        int stripe = stripe(stream);
        serving.set(stripe, own.get(stripe));
    }

    /** Lets every queue forget what it keeps of a stream or a tag. */
    void forget(String row) {
        for (HotStreamQueue queue : own) {
            DecisionChain chain = queue.chain();
            if (chain != null) {
                chain.forget(row);
            }
        }
    }

    /** Whether this thread has a turn. */
    boolean haveThisThread() {
        for (HotStreamQueue queue : own) {
            if (queue.isTakenByThisThread()) {
                return true;
            }
        }
        return false;
    }

    private static int stripe(String stream) {
        int hash = stream.hashCode();
        return (hash ^ hash >>> 16) & STRIPES - 1;
    }
}
