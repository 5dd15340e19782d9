package io.eventcore.memory;

import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The streams and the log, and the two locks that guard them.
 *
 * <p>{@code commits} orders those who change what is committed: a transaction holds it from its last check to its end.
 * {@code state} guards the fields and is held for moments only, so that readers never wait for a transaction.
 */
final class MemoryLog {
    private final ReentrantLock commits = new ReentrantLock();
    private final ReentrantLock state = new ReentrantLock();

    private final Map<StreamId, StoredEvents> streams = new HashMap<>();
    private final StoredEvents log = new StoredEvents();
    private final Clock clock;

    /** The last position drawn, by whomever. */
    private long lastPosition;

    /** How many open transactions may still commit events after a position; the lowest bounds all readers. */
    private final TreeMap<Long, Integer> inFlight = new TreeMap<>();

    MemoryLog(Clock clock) {
        this.clock = clock;
    }

    /** Runs with what is committed standing still. */
    <T> T whileNothingCommits(Supplier<T> action) {
        commits.lock();
        try {
            return locked(action);
        } finally {
            commits.unlock();
        }
    }

    <T> T locked(Supplier<T> action) {
        state.lock();
        try {
            return action.get();
        } finally {
            state.unlock();
        }
    }

    void holdCommits() {
        commits.lock();
    }

    void releaseCommits() {
        commits.unlock();
    }

    StreamVersion version(StreamId streamId) {
        StoredEvents events = streams.get(streamId);
        return StreamVersion.of(events == null ? 0 : events.size());
    }

    List<StoredEvent> eventsAfter(StreamId streamId, StreamVersion after) {
        StoredEvents events = streams.get(streamId);
        return events == null ? List.of() : events.snapshot((int) Math.min(after.value(), events.size()));
    }

    /** The ids of these streams and of the committed ones. */
    List<StreamId> streamIds(Set<StreamId> more, StreamPrefix prefix, StreamIdPage page) {
        Optional<StreamId> after = page.after();
        Set<StreamId> all = new HashSet<>(more);
        all.addAll(streams.keySet());
        return all.stream()
                .filter(prefix::matches)
                .filter(id -> after.isEmpty() || id.compareTo(after.get()) > 0)
                .sorted()
                .limit(page.limit())
                .toList();
    }

    /** Checks every participant against its version as {@code versions} sees it. */
    static void check(SerializedAppend append, long[] versions) {
        for (int i = 0; i < versions.length; i++) {
            Participant participant = append.participants().get(i);
            StreamVersion actual = StreamVersion.of(versions[i]);
            if (!participant.expected().isMetBy(actual)) {
                throw new VersionConflictException(participant.id(), participant.expected(), actual);
            }
        }
    }

    /** Draws positions for the events of an append and gives them their versions; publishes nothing. */
    List<StoredEvent> record(SerializedAppend append, long[] baseVersions) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        List<StoredEvent> recorded = new ArrayList<>(append.entries().size());
        for (Entry entry : append.entries()) {
            recorded.add(new StoredEvent(
                    entry.stored(),
                    entry.event().id(),
                    entry.event().streamId(),
                    StreamVersion.of(baseVersions[entry.stream()] + entry.offset()),
                    GlobalPosition.of(++lastPosition),
                    entry.event().metadata().withDefaults(append.writes().metadata()),
                    now));
        }
        return recorded;
    }

    void publish(List<StoredEvent> recorded) {
        for (StoredEvent event : recorded) {
            streams.computeIfAbsent(event.streamId(), id -> new StoredEvents()).add(event);
            log.set((int) event.position().value() - 1, event);
        }
    }

    /** The position of the last committed event. */
    GlobalPosition lastPosition() {
        return GlobalPosition.of(log.size());
    }

    /** Announces a transaction that will commit events after the last position drawn. */
    long enterFlight() {
        inFlight.merge(lastPosition, 1, Integer::sum);
        return lastPosition;
    }

    void leaveFlight(long mark) {
        inFlight.computeIfPresent(mark, (position, count) -> count == 1 ? null : count - 1);
    }

    /** The committed event at a place in a stream, if there is one. */
    Optional<StoredEvent> find(StreamId streamId, StreamVersion version) {
        StoredEvents events = streams.get(streamId);
        if (events == null || !version.exists() || version.value() > events.size()) {
            return Optional.empty();
        }
        return Optional.ofNullable(events.get((int) version.value() - 1));
    }

    /**
     * One page of the log, and how far it was looked through.
     *
     * @param maxBytes how many bytes the events of the page may have; one event may be larger
     */
    Scan scan(EventPage page, Predicate<StoredEvent> wanted, long maxBytes) {
        if (page.after().compareTo(lastPosition()) > 0) {
            throw EventStoreUnavailableException.logEndsBefore(page.after(), lastPosition());
        }
        // Positions at the end that were drawn in vain are not passed: a reader continues from what is committed.
        long bound = inFlight.isEmpty() ? log.size() : Math.min(log.size(), inFlight.firstKey());
        long position = page.after().value();
        List<StoredEvent> found = new ArrayList<>();
        long bytes = 0;
        while (position < bound && found.size() < page.limit()) {
            StoredEvent event = log.get((int) position);
            if (event != null && wanted.test(event)) {
                int size = event.stored().payload().length;
                if (!found.isEmpty() && bytes + size > maxBytes) {
                    break;
                }
                bytes += size;
                found.add(event);
            }
            position++;
        }
        return new Scan(found, GlobalPosition.of(position), position >= bound, bytes);
    }

    record Scan(List<StoredEvent> found, GlobalPosition continueAfter, boolean endReached, long bytes) {}
}
