package io.eventcore.command;

import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The turn of one attempt in a lane, and what it has seen of the streams. Used by the thread of the attempt only. */
final class Turn {
    private final Lane lane;
    private final Map<StreamId, StreamVersion> seen = new LinkedHashMap<>();
    private long failures;
    private boolean unproven;
    private boolean hasReadMore;
    private boolean over;
    private @Nullable RuntimeException toldByStore;

    Turn(Lane lane) {
        this.lane = lane;
    }

    /** {@code failuresBefore}: how many appends of the chain had failed when the turn began. */
    void begin(long failuresBefore) {
        failures = failuresBefore;
    }

    long failures() {
        return failures;
    }

    /** What was seen is not all stored, as far as is known. */
    void restsOnUnproven() {
        unproven = true;
    }

    boolean isUnproven() {
        return unproven;
    }

    /** The attempt rests on streams that the chain did not know. */
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
        return seen.isEmpty();
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
        return proof;
    }

    /** What came out of the store, or of the chain: it is about the attempt, and rests on nothing the attempt has seen. */
    void isTold(RuntimeException failure) {
        toldByStore = failure;
    }

    /** Whether this very failure came from there, and not from the command, which may throw one of the same kind. */
    boolean isToldByStore(Throwable failure) {
        return failure == toldByStore;
    }

    boolean isOver() {
        return over;
    }

    /** Lets the next one have its turn. */
    void pass() {
        if (!over) {
            over = true;
            lane.leave();
        }
    }
}
