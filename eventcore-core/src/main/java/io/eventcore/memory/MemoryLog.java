package io.eventcore.memory;

import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.memory.TransactionLocks.Mode;
import io.eventcore.memory.TransactionScope.Turn;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams and the log, and what the transactions of callers have added and locked.
 *
 * <p>One lock guards the fields, for moments only. A transaction holds its streams by {@link TransactionLocks}, so that
 * no other transaction can append to them, or change what it relies on, before it ends.
 */
final class MemoryLog {
    /** Of a transaction that has appended nothing, or of none. */
    private static final TransactionBuffer NOTHING = new TransactionBuffer();

    private static final byte[] NO_METADATA = {};

    private final ReentrantLock state = new ReentrantLock();
    private final TransactionLocks<StreamId> locks = new TransactionLocks<>("Stream", state, TransactionLocks.PATIENCE);

    private final Map<StreamId, StoredEvents> streams = new HashMap<>();
    private final StoredEvents log = new StoredEvents();
    private final EventDecoder decoder;
    private final Clock clock;

    /** The last position drawn, by whomever. */
    private long lastPosition;

    /** How many open transactions may still commit events after a position; the lowest bounds all readers. */
    private final TreeMap<Long, Integer> inFlight = new TreeMap<>();

    /** The open transactions that have appended. */
    private final Map<MemoryTransaction, TransactionBuffer> open = new HashMap<>();

    MemoryLog(EventDecoder decoder, Clock clock) {
        this.decoder = decoder;
        this.clock = clock;
    }

    /** The transactions of callers, which end with the log locked. */
    TransactionScope transactions() {
        return TransactionScope.ofSpring(state, Turn.EVENTS);
    }

    <T> T locked(Supplier<T> action) {
        state.lock();
        try {
            return action.get();
        } finally {
            state.unlock();
        }
    }

    /** Waits until no other transaction is in the way of an append, and locks its streams for the transaction, if there is one. */
    void lock(@Nullable MemoryTransaction transaction, SerializedAppend append) {
        if (transaction == null && locks.areFree()) {
            return;
        }
        Map<StreamId, Mode> modes = new LinkedHashMap<>();
        for (Participant participant : append.participants()) {
            modes.put(participant.id(), participant.isGuard() ? Mode.SHARED : Mode.EXCLUSIVE);
        }
        locks.acquire(transaction, modes);
    }

    /** The version of a stream as this transaction sees it. */
    StreamVersion version(@Nullable MemoryTransaction transaction, StreamId streamId) {
        StoredEvents events = streams.get(streamId);
        return StreamVersion.of(
                (events == null ? 0 : events.size()) + own(transaction).size(streamId));
    }

    /** What this transaction sees of a stream. */
    List<StoredEvent> eventsAfter(@Nullable MemoryTransaction transaction, StreamId streamId, StreamVersion after) {
        StoredEvents events = streams.get(streamId);
        List<StoredEvent> committed =
                events == null ? List.of() : events.snapshot((int) Math.min(after.value(), events.size()));
        List<StoredEvent> own = own(transaction).eventsAfter(streamId, after);
        if (own.isEmpty()) {
            return committed;
        }
        List<StoredEvent> both = new ArrayList<>(committed);
        both.addAll(own);
        return both;
    }

    private TransactionBuffer own(@Nullable MemoryTransaction transaction) {
        TransactionBuffer own = transaction == null ? null : open.get(transaction);
        return own == null ? NOTHING : own;
    }

    /** The ids of the streams that exist for this transaction. */
    List<StreamId> streamIds(@Nullable MemoryTransaction transaction, StreamPrefix prefix, StreamIdPage page) {
        Optional<StreamId> after = page.after();
        Set<StreamId> all = new HashSet<>(own(transaction).streams());
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

    /** Stores the events of an append: for all to see, or with the commit of this transaction. */
    List<StoredEvent> store(@Nullable MemoryTransaction transaction, SerializedAppend append, long[] baseVersions) {
        if (transaction == null) {
            List<StoredEvent> recorded = record(append, baseVersions);
            publish(recorded);
            return recorded;
        }
        if (append.entries().isEmpty()) {
            return List.of();
        }
        TransactionBuffer buffer = open.get(transaction);
        if (buffer == null) {
            buffer = begin(transaction);
        }
        List<StoredEvent> recorded = record(append, baseVersions);
        buffer.add(recorded);
        transaction.add(new Appended(buffer, recorded));
        return recorded;
    }

    /** Announces a transaction that will commit events after the last position drawn. */
    private TransactionBuffer begin(MemoryTransaction transaction) {
        TransactionBuffer buffer = new TransactionBuffer();
        long mark = lastPosition;
        open.put(transaction, buffer);
        inFlight.merge(mark, 1, Integer::sum);
        transaction.add(new MemoryTransaction.Step() {
            @Override
            public void commit() {
                undo();
            }

            @Override
            public void undo() {
                open.remove(transaction);
                inFlight.computeIfPresent(mark, (position, count) -> count == 1 ? null : count - 1);
            }
        });
        return buffer;
    }

    /** Events of a transaction. If they are undone, nothing is left behind but a gap in the positions. */
    private final class Appended implements MemoryTransaction.Step {
        private final TransactionBuffer buffer;
        private final List<StoredEvent> recorded;

        private Appended(TransactionBuffer buffer, List<StoredEvent> recorded) {
            this.buffer = buffer;
            this.recorded = recorded;
        }

        @Override
        public void commit() {
            publish(recorded);
        }

        @Override
        public void undo() {
            buffer.remove(recorded);
        }
    }

    /** Draws positions for the events of an append and gives them their versions; publishes nothing. */
    private List<StoredEvent> record(SerializedAppend append, long[] baseVersions) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        byte[] common = append.metadata().map(MemoryLog::utf8).orElse(NO_METADATA);
        List<StoredEvent> recorded = new ArrayList<>(append.entries().size());
        for (Entry entry : append.entries()) {
            recorded.add(StoredEvent.of(
                    entry.event().streamId(),
                    StreamVersion.of(baseVersions[entry.stream()] + entry.offset()),
                    GlobalPosition.of(++lastPosition),
                    entry.event().id(),
                    now,
                    entry.stored().typeName(),
                    entry.stored().payload(),
                    entry.ownMetadata().map(MemoryLog::utf8).orElse(common),
                    decoder.of(entry.stored())));
        }
        return recorded;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void publish(List<StoredEvent> recorded) {
        for (StoredEvent event : recorded) {
            streams.computeIfAbsent(event.streamId(), id -> new StoredEvents()).add(event);
            log.set((int) event.position().value() - 1, event);
        }
    }

    /** Whether no event was ever stored or is being stored. */
    boolean isUnused() {
        return log.size() == 0 && open.isEmpty();
    }

    /** Publishes events in the positions they have, in a log that is unused; positions are drawn after the last of them. */
    void importEvents(List<StoredEvent> events) {
        publish(events);
        lastPosition = Math.max(lastPosition, log.size());
    }

    /** Publishes events in new positions, in the order given. */
    void importAtEnd(List<StoredEvent> events) {
        List<StoredEvent> placed = new ArrayList<>(events.size());
        events.forEach(event -> placed.add(event.at(event.version(), GlobalPosition.of(++lastPosition))));
        publish(placed);
    }

    /** Waits until no other transaction holds one of these streams. */
    void lockForImport(List<StreamId> ids) {
        if (!locks.areFree()) {
            Map<StreamId, Mode> modes = new LinkedHashMap<>();
            ids.forEach(id -> modes.put(id, Mode.EXCLUSIVE));
            locks.acquire(null, modes);
        }
    }

    /** The position of the last committed event before which no other can appear. */
    GlobalPosition settledEnd() {
        long end = inFlight.isEmpty() ? log.size() : Math.min(log.size(), inFlight.firstKey());
        while (end > 0 && log.get((int) end - 1) == null) {
            end--;
        }
        return GlobalPosition.of(end);
    }

    /** The committed events between two positions, as many as these bounds let through; one at least, if there is one. */
    List<StoredEvent> eventsBetween(GlobalPosition after, GlobalPosition upTo, int limit, long maxBytes) {
        List<StoredEvent> found = new ArrayList<>();
        long end = Math.min(log.size(), upTo.value());
        long bytes = 0;
        for (long position = after.value(); position < end && found.size() < limit; position++) {
            StoredEvent event = log.get((int) position);
            if (event != null) {
                bytes += event.bytes();
                if (!found.isEmpty() && bytes > maxBytes) {
                    break;
                }
                found.add(event);
            }
        }
        return found;
    }

    /** The position of the last committed event. */
    GlobalPosition lastPosition() {
        return GlobalPosition.of(log.size());
    }

    /** The event at a place in a stream as this transaction sees it, if there is one. */
    Optional<StoredEvent> find(@Nullable MemoryTransaction transaction, StreamId streamId, StreamVersion version) {
        Optional<StoredEvent> own = own(transaction).find(streamId, version);
        StoredEvents events = streams.get(streamId);
        if (own.isPresent() || events == null || !version.exists() || version.value() > events.size()) {
            return own;
        }
        return Optional.ofNullable(events.get((int) version.value() - 1));
    }

    /**
     * One page of the log, and how far it was looked through.
     *
     * @param maxBytes how many bytes the events of the page may have; one event may be larger
     */
    StoredPage read(EventPage page, Predicate<StoredEvent> wanted, long maxBytes) {
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
                if (!found.isEmpty() && bytes + event.bytes() > maxBytes) {
                    break;
                }
                bytes += event.bytes();
                found.add(event);
            }
            position++;
        }
        return new StoredPage(found, GlobalPosition.of(position), position >= bound);
    }
}
