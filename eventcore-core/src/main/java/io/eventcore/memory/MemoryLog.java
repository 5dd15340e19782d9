package io.eventcore.memory;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.EventPage;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.memory.MemoryTags.Tagged;
import io.eventcore.memory.TransactionLocks.Mode;
import io.eventcore.memory.TransactionScope.CommitOrder;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.serialization.internal.MovedGuards;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
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
    private final TransactionLocks<String> locks =
            new TransactionLocks<>(MemoryTags::nameOf, state, TransactionLocks.PATIENCE);

    private final Map<StreamId, StoredEvents> streams = new HashMap<>();
    private final StoredEvents log = new StoredEvents();
    private final MemoryTags tags = new MemoryTags();
    private final EventDecoder decoder;
    private final Clock clock;

    /** The last position assigned by any transaction. */
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
        return TransactionScope.ofSpring(state, CommitOrder.EVENTS);
    }

    <T> T locked(Supplier<T> action) {
        state.lock();
        try {
            return action.get();
        } finally {
            state.unlock();
        }
    }

    /**
     * Waits until no other transaction blocks an append, and locks its tags and streams for the transaction, if there
     * is one.
     */
    void lock(@Nullable MemoryTransaction transaction, SerializedAppend append) {
        if (transaction == null && locks.areFree()) {
            return;
        }
        Map<String, Mode> modes = new LinkedHashMap<>();
        for (TagRow tag : append.tagRows()) {
            modes.put(tag.rowId(), tag.isGuard() ? Mode.SHARED : Mode.EXCLUSIVE);
        }
        for (Participant participant : append.participants()) {
            modes.put(participant.id().value(), participant.isGuard() ? Mode.SHARED : Mode.EXCLUSIVE);
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

    /** How many events carry a tag, and where the last of them stands, as this transaction sees it. */
    Boundary.Seen seen(@Nullable MemoryTransaction transaction, String tagRow) {
        MemoryTags own = own(transaction).tags();
        int owned = own.count(tagRow);
        return new Boundary.Seen(
                (long) tags.count(tagRow) + owned, owned > 0 ? own.lastPosition(tagRow) : tags.lastPosition(tagRow));
    }

    /** The events that carry a tag after a position, as this transaction sees them, in order. */
    List<Tagged> taggedAfter(@Nullable MemoryTransaction transaction, String tagRow, long position) {
        List<Tagged> own = own(transaction).tags().after(tagRow, position);
        List<Tagged> committed = tags.after(tagRow, position);
        if (own.isEmpty()) {
            return committed;
        }
        List<Tagged> both = new ArrayList<>(committed);
        both.addAll(own);
        return both;
    }

    /** Checks what the append rests on: tags first, then streams, as every store names the first conflict. */
    void check(@Nullable MemoryTransaction transaction, SerializedAppend append, long[] versions) {
        for (TagRow tag : append.tagRows()) {
            for (Boundary.Guard guard : tag.guards()) {
                long version = seen(transaction, tag.rowId()).version();
                checkGuard(
                        guard,
                        version,
                        () -> taggedAfter(transaction, tag.rowId(), guard.seen().lastPosition()));
            }
        }
        for (int i = 0; i < versions.length; i++) {
            Participant participant = append.participants().get(i);
            StreamVersion actual = StreamVersion.of(versions[i]);
            if (!participant.expected().isMetBy(actual)) {
                throw new VersionConflictException(participant.id(), participant.expected(), actual);
            }
            for (Boundary.Guard guard : participant.guards()) {
                checkGuard(
                        guard,
                        versions[i],
                        () ->
                                eventsAfter(
                                                transaction,
                                                participant.id(),
                                                StreamVersion.of(guard.seen().version()))
                                        .stream()
                                        .map(event -> new Tagged(event, Set.of()))
                                        .toList());
            }
        }
    }

    /** Its row is where it was, or else nothing that matches has come to it. */
    private static void checkGuard(Boundary.Guard guard, long version, Supplier<List<Tagged>> beyond) {
        long moved = version - guard.seen().version();
        if (moved == 0) {
            return;
        }
        if (moved < 0
                || moved > MovedGuards.MAX_LOOK
                || guard.matchesEveryEvent()
                || hasCome(guard, moved, beyond.get())) {
            throw new BoundaryConflictException(
                    guard.rowId(), StreamVersion.of(guard.seen().version()), StreamVersion.of(version));
        }
    }

    /** Whether one of these matters, or is missing here: as in a database, what came below the place that was seen is a conflict. */
    private static boolean hasCome(Boundary.Guard guard, long moved, List<Tagged> come) {
        return come.size() != moved
                || come.stream().anyMatch(event -> guard.conditions().stream().anyMatch(event::meets));
    }

    /** Stores the events of an append: for all to see, or with the commit of this transaction. */
    List<StoredEvent> store(@Nullable MemoryTransaction transaction, SerializedAppend append, long[] baseVersions) {
        if (transaction == null) {
            List<StoredEvent> recorded = record(append, baseVersions);
            publish(recorded);
            tags.add(tagged(append, recorded));
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
        List<Tagged> tagged = tagged(append, recorded);
        buffer.add(recorded);
        buffer.tags().add(tagged);
        transaction.add(new Appended(buffer, recorded, tagged));
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
        private final List<Tagged> tagged;

        private Appended(TransactionBuffer buffer, List<StoredEvent> recorded, List<Tagged> tagged) {
            this.buffer = buffer;
            this.recorded = recorded;
            this.tagged = tagged;
        }

        @Override
        public void commit() {
            publish(recorded);
            tags.add(tagged);
        }

        @Override
        public void undo() {
            buffer.remove(recorded);
            buffer.tags().remove(tagged);
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

    private static List<Tagged> tagged(SerializedAppend append, List<StoredEvent> recorded) {
        if (append.tagRows().isEmpty()) {
            return List.of();
        }
        List<Tagged> tagged = new ArrayList<>();
        for (int i = 0; i < recorded.size(); i++) {
            List<Integer> carried = append.entries().get(i).tags();
            if (!carried.isEmpty()) {
                Set<String> rows = new HashSet<>();
                carried.forEach(index -> rows.add(append.tagRows().get(index).rowId()));
                tagged.add(new Tagged(recorded.get(i), rows));
            }
        }
        return tagged;
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
    void importEvents(List<Tagged> events) {
        publish(events.stream().map(Tagged::event).toList());
        tags.add(events.stream().filter(event -> !event.rows().isEmpty()).toList());
        lastPosition = Math.max(lastPosition, log.size());
    }

    /** Publishes events in new positions, in the order given. */
    void importAtEnd(List<Tagged> events) {
        List<Tagged> placed = new ArrayList<>(events.size());
        for (Tagged tagged : events) {
            StoredEvent event = tagged.event();
            placed.add(new Tagged(event.at(event.version(), GlobalPosition.of(++lastPosition)), tagged.rows()));
        }
        publish(placed.stream().map(Tagged::event).toList());
        tags.add(placed.stream().filter(event -> !event.rows().isEmpty()).toList());
    }

    /** Whether any committed event carries a tag. */
    boolean holdsTags() {
        return !tags.isEmpty();
    }

    /** The tags of a committed event. */
    Set<EventTag> tagsAt(GlobalPosition position) {
        return tags.at(position.value());
    }

    /** Waits until no other transaction holds one of these rows of tags and streams. */
    void lockForImport(Collection<String> rows) {
        if (!locks.areFree()) {
            Map<String, Mode> modes = new LinkedHashMap<>();
            rows.forEach(row -> modes.put(row, Mode.EXCLUSIVE));
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
     * @param carried the tags that an event must carry
     * @param maxBytes how many bytes the events of the page may have; one event may be larger
     */
    StoredPage read(EventPage page, Set<EventTag> carried, Predicate<StoredEvent> wanted, long maxBytes) {
        if (page.after().compareTo(lastPosition()) > 0) {
            throw EventStoreUnavailableException.logEndsBefore(page.after(), lastPosition());
        }
        // Positions at the end that were drawn in vain are not passed: a reader continues from what is committed.
        long bound = inFlight.isEmpty() ? log.size() : Math.min(log.size(), inFlight.firstKey());
        if (!carried.isEmpty()) {
            return readTagged(page, tags.carrying(carried, page.after().value()), wanted, bound, maxBytes);
        }
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

    /** Of events in the order of their positions, those up to a bound that fit a page. */
    private static StoredPage readTagged(
            EventPage page, Iterable<StoredEvent> tagged, Predicate<StoredEvent> wanted, long bound, long maxBytes) {
        List<StoredEvent> found = new ArrayList<>();
        long bytes = 0;
        for (StoredEvent event : tagged) {
            if (event.position().value() > bound) {
                break;
            }
            if (wanted.test(event)) {
                bytes += event.bytes();
                if (found.size() == page.limit() || (!found.isEmpty() && bytes > maxBytes)) {
                    return new StoredPage(found, found.get(found.size() - 1).position(), false);
                }
                found.add(event);
            }
        }
        return new StoredPage(
                found, GlobalPosition.of(Math.max(bound, page.after().value())), true);
    }
}
