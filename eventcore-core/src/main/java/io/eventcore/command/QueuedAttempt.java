package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An attempt that has its turn in a queue, and what it has seen of the streams. Used by one thread. */
final class QueuedAttempt {
    private final HotStreamQueue queue;
    private final Map<StreamId, StreamVersion> seen = new LinkedHashMap<>();
    private List<CachedItem> items = List.of();

    /** The boundary that the attempt has received for the items. */
    private @Nullable Boundary boundary;

    private long lossesBefore;
    private boolean unproven;
    private boolean hasReadMore;
    private boolean hasLeft;
    private @Nullable RuntimeException toldByStore;

    /** An attempt that is about to enter a queue. */
    QueuedAttempt(HotStreamQueue queue) {
        this.queue = queue;
    }

    /** Begins the turn. {@code losses}: how often decisions of the chain had been lost by then. */
    void begin(long losses) {
        lossesBefore = losses;
    }

    long lossesBefore() {
        return lossesBefore;
    }

    /** Hears that not everything that was seen is known to be stored. */
    void restsOnUnproven() {
        unproven = true;
    }

    boolean isUnproven() {
        return unproven;
    }

    /** Hears that the attempt rests on streams that were not cached. */
    void readsMore() {
        hasReadMore = true;
    }

    boolean hasReadMore() {
        return hasReadMore;
    }

    void sees(StreamId streamId, StreamVersion version) {
        seen.put(streamId, version);
    }

    boolean hasSeenNothing() {
        return seen.isEmpty() && items.isEmpty();
    }

    /** Records the items of a query; {@code told} stands for them until the decision is sent. */
    void sees(List<CachedItem> ofQuery, Boundary told) {
        items = List.copyOf(ofQuery);
        boundary = told;
    }

    List<CachedItem> items() {
        return items;
    }

    /** Whether an append rests on exactly the query that this attempt has read, or on none if it has read none. */
    @SuppressWarnings("ReferenceEquality") // An equal one, made by a store, would not stand for what is pending.
    boolean isBasisOf(StreamWrites writes) {
        return boundary == null
                ? writes.boundaries().isEmpty()
                : writes.boundaries().size() == 1 && writes.boundaries().get(0) == boundary;
    }

    /** Whether the expected version of a stream is the one that was read with the query. */
    boolean hasSeen(StreamId streamId, ExpectedVersion expected) {
        return boundary != null
                && boundary.guardRows().contains(streamId.value())
                && expected.equals(
                        ExpectedVersion.exactly(boundary.seen(streamId.value()).version()));
    }

    Map<StreamId, StreamVersion> versionsOf(Set<StreamId> streams) {
        Map<StreamId, StreamVersion> versions = new HashMap<>(seen);
        versions.keySet().retainAll(streams);
        return versions;
    }

    /** An append that writes nothing and proves that what was seen is what is stored. */
    StreamWrites proof() {
        StreamWrites proof = StreamWrites.empty();
        for (Map.Entry<StreamId, StreamVersion> stream : seen.entrySet()) {
            proof = proof.registerStream(stream.getKey(), ExpectedVersion.exactly(stream.getValue()));
        }
        return boundary == null ? proof : proof.restingOn(boundary);
    }

    /**
     * Records a failure of the store or of the chain: it concerns the attempt, and does not rest on anything that the
     * attempt has seen.
     */
    void isTold(RuntimeException failure) {
        toldByStore = failure;
    }

    /**
     * Whether exactly this failure came from the store or the chain, and not from the command, which may throw one of
     * the same type.
     */
    boolean isToldByStore(Throwable failure) {
        return failure == toldByStore;
    }

    boolean hasLeftQueue() {
        return hasLeft;
    }

    /** Passes the turn to the next attempt. */
    void leaveQueue() {
        if (!hasLeft) {
            hasLeft = true;
            queue.leave();
        }
    }
}
