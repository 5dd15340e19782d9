package io.eventcore.memory;

import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one transaction has appended and nobody else may see yet. Used by the thread of that transaction only.
 *
 * <p>Like a database, it draws positions at once and lets readers wait for them; unlike a database, it finds out at
 * commit that somebody else was faster.
 */
final class TransactionBuffer {
    private final MemoryLog log;
    private final List<StoredEvent> recorded = new ArrayList<>();
    private final Map<StreamId, List<StoredEvent>> byStream = new LinkedHashMap<>();
    private final Map<StreamId, StreamVersion> committedWhenChecked = new LinkedHashMap<>();

    private long mark = -1;
    private boolean prepared;

    TransactionBuffer(MemoryLog log) {
        this.log = log;
    }

    /** The version of a stream as this transaction sees it. */
    StreamVersion version(StreamId streamId) {
        return StreamVersion.of(log.version(streamId).value() + own(streamId).size());
    }

    List<StoredEvent> eventsAfter(StreamId streamId, StreamVersion after) {
        List<StoredEvent> events = new ArrayList<>(log.eventsAfter(streamId, after));
        own(streamId).stream()
                .filter(event -> event.version().compareTo(after) > 0)
                .forEach(events::add);
        return events;
    }

    List<StoredEvent> append(SerializedAppend append, long[] versions) {
        for (Participant participant : append.participants()) {
            boolean fixed = !participant.isGuard() || participant.expected() instanceof ExpectedVersion.Exactly;
            if (fixed) {
                committedWhenChecked.putIfAbsent(participant.id(), log.version(participant.id()));
            }
        }
        if (mark < 0 && !append.entries().isEmpty()) {
            mark = log.enterFlight();
        }
        List<StoredEvent> added = log.record(append, versions);
        recorded.addAll(added);
        added.forEach(event -> byStream.computeIfAbsent(event.streamId(), id -> new ArrayList<>())
                .add(event));
        return added;
    }

    /** The streams this transaction has brought into being or continued. */
    Set<StreamId> written() {
        return byStream.keySet();
    }

    /** The event at a place in a stream as this transaction sees it, if there is one. */
    Optional<StoredEvent> find(StreamId streamId, StreamVersion version) {
        return own(streamId).stream()
                .filter(event -> event.version().equals(version))
                .findFirst()
                .or(() -> log.find(streamId, version));
    }

    /**
     * The last check. From here to the end nobody else commits.
     *
     * @throws VersionConflictException if somebody else has committed to a stream this transaction rests on
     */
    void prepare() {
        log.holdCommits();
        prepared = true;
        log.locked(() -> {
            committedWhenChecked.forEach((streamId, version) -> {
                StreamVersion actual = log.version(streamId);
                if (!actual.equals(version)) {
                    throw new VersionConflictException(streamId, ExpectedVersion.exactly(version), actual);
                }
            });
            return prepared;
        });
    }

    void commit() {
        log.locked(() -> {
            log.publish(recorded);
            return recorded;
        });
        end();
    }

    /** Leaves nothing behind but a gap in the positions. */
    void end() {
        log.locked(() -> {
            if (mark >= 0) {
                log.leaveFlight(mark);
                mark = -1;
            }
            return recorded;
        });
        if (prepared) {
            prepared = false;
            log.releaseCommits();
        }
    }

    private List<StoredEvent> own(StreamId streamId) {
        return byStream.getOrDefault(streamId, List.of());
    }
}
