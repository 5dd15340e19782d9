package io.eventcore.command;

import io.eventcore.StreamId;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The lanes in front of hot streams: a fixed number, each for a stripe of all streams.
 *
 * <p>Where commands rest on several hot streams, one lane serves the stripes of all of these, so that such commands can
 * be decided in company. Which lane serves a stripe is no matter of correctness: while it changes, two commands may race
 * as they do without lanes.
 */
final class Lanes {
    private static final int STRIPES = 64;

    /** How many stripes one lane serves at most: the commands of one lane wait for each other. */
    private static final int MAX_STRIPES_PER_LANE = 8;

    private final List<Lane> own;
    private final AtomicReferenceArray<Lane> serving;

    /** {@code chains}: makes the chain of a lane; null where nobody can decide on top of others. */
    Lanes(@Nullable Function<BooleanSupplier, DecisionChain> chains) {
        Lane[] lanes = new Lane[STRIPES];
        for (int i = 0; i < STRIPES; i++) {
            lanes[i] = new Lane(i, chains);
        }
        this.own = List.of(lanes);
        this.serving = new AtomicReferenceArray<>(lanes);
    }

    /** The lanes of some streams, in the order in which everybody enters them. */
    List<Lane> of(Collection<StreamId> streams) {
        return streams.stream()
                .map(this::of)
                .distinct()
                .sorted(Comparator.comparingInt(Lane::number))
                .toList();
    }

    Lane of(StreamId stream) {
        return serving.get(stripe(stream));
    }

    /** Lets one lane serve all these streams from now on, if it does not serve too many then. */
    void join(Collection<StreamId> streams) {
        List<Lane> joined = of(streams);
        int[] stripes = stripesOf(joined);
        if (joined.size() > 1 && stripes.length <= MAX_STRIPES_PER_LANE) {
            for (int stripe : stripes) {
                serving.set(stripe, joined.get(0));
            }
        }
    }

    private int[] stripesOf(List<Lane> lanes) {
        return IntStream.range(0, STRIPES)
                .filter(stripe -> lanes.contains(serving.get(stripe)))
                .toArray();
    }

    /** Lets the stripe of this stream have its own lane again. */
    void separate(StreamId stream) {
        int stripe = stripe(stream);
        serving.set(stripe, own.get(stripe));
    }

    /** Lets every lane forget what it keeps of a stream. */
    void forget(StreamId stream) {
        for (Lane lane : own) {
            DecisionChain chain = lane.chain();
            if (chain != null) {
                chain.forget(stream);
            }
        }
    }

    /** Whether this thread has a turn. */
    boolean haveThisThread() {
        for (Lane lane : own) {
            if (lane.isTakenByThisThread()) {
                return true;
            }
        }
        return false;
    }

    private static int stripe(StreamId stream) {
        int hash = stream.hashCode();
        return (hash ^ hash >>> 16) & STRIPES - 1;
    }
}
