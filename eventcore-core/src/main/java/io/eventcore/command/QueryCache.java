package io.eventcore.command;

import io.eventcore.AppendedEvent;
import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Items of queries as the next decision must see them: the stored events, and after them all pending ones, including
 * those of decisions on streams, since they may match.
 *
 * <p>Each item is cached separately, whatever query asked for it: decisions share a common subject even if their other
 * subjects differ. Not safe for concurrent use.
 */
final class QueryCache {
    /** Upper limit for the cached items. */
    static final int MAX_ITEMS = 1_024;

    /** Upper limit for the items that one decision rests on. */
    static final int MAX_ITEMS_PER_DECISION = 8;

    /** Upper limit for the items that one append rests on; in the worst case, each needs a separate boundary. */
    static final int MAX_ITEMS_PER_APPEND = 160;

    /** How many bytes an item counts for besides its events. */
    private static final long BYTES_PER_ITEM = 512;

    private final CacheBudget budget;

    /** The cached items by the items that commands ask for, least recently used first. */
    private final Map<EventQuery.Item, CachedItem> items = new LinkedHashMap<>(16, 0.75f, true);

    /** The same items, by the tag that their events carry or the stream that the events are in. */
    private final Map<Object, Set<CachedItem>> byGuard = new HashMap<>();

    private final Set<EventQuery.Item> tooLarge = new HashSet<>();
    private final Deque<Pending> pending = new ArrayDeque<>();

    /** The items that the attempt with the turn rests on. */
    private List<CachedItem> inTurn = List.of();

    /** How many of the pending events belong to decisions on queries; no other cache knows these events. */
    private int unknownToStreams;

    /** How many events the items hold. */
    private int events;

    private long bytes;
    private long doubts;
    private long reserved;

    QueryCache(CacheBudget budget) {
        this.budget = budget;
    }

    private static final class Pending {
        private final PendingEvent event;
        private final SharedEvent seenAs;
        private final boolean ofQuery;
        private long bytes;

        Pending(PendingEvent event, SharedEvent seenAs, boolean ofQuery, long bytes) {
            this.event = event;
            this.seenAs = seenAs;
            this.ofQuery = ofQuery;
            this.bytes = bytes;
        }
    }

    /** Hears that another attempt has the turn. */
    void beginTurn() {
        inTurn = List.of();
    }

    /** Hears which items the attempt with the turn rests on. */
    void seesInTurn(List<CachedItem> seen) {
        inTurn = seen;
    }

    /** See {@link StreamCache#doubt}. */
    void doubt() {
        doubts++;
    }

    /** The cached item. */
    @Nullable
    CachedItem find(EventQuery.Item asked) {
        return items.get(asked);
    }

    /** Whether an item is still cached. */
    boolean holds(CachedItem item) {
        Set<CachedItem> ofGuard = byGuard.get(item.guard());
        return ofGuard != null && ofGuard.contains(item);
    }

    /** Whether an item was seen as it is cached since the last doubt. */
    boolean isSureOf(@Nullable CachedItem item) {
        return item != null && item.isSureSince(doubts);
    }

    boolean areSure(List<EventQuery.Item> asked) {
        for (EventQuery.Item item : asked) {
            if (!isSureOf(items.get(item))) {
                return false;
            }
        }
        return true;
    }

    boolean isTooLarge(List<EventQuery.Item> asked) {
        return !tooLarge.isEmpty() && asked.stream().anyMatch(tooLarge::contains);
    }

    /** Stops caching an item, and forgets it. */
    void refuse(EventQuery.Item asked) {
        if (tooLarge.size() >= MAX_ITEMS) {
            tooLarge.clear();
        }
        tooLarge.add(asked);
        remove(asked);
        balance();
    }

    /**
     * Replaces what was cached of an item with what a read has found; room for its events is reserved.
     *
     * <p>Each read returns the whole item: a backfill may since have given its tag to events before its last one.
     *
     * @return false if there is no room; then the item is forgotten
     */
    boolean add(EventQuery.Item asked, FoundMatches found) {
        reserved += found.bytes();
        remove(asked);
        CachedItem item = new CachedItem(asked, found, doubts);
        items.put(asked, item);
        byGuard.computeIfAbsent(item.guard(), guard -> new LinkedHashSet<>()).add(item);
        bytes += item.bytes() + BYTES_PER_ITEM;
        events += item.events().size();
        boolean added = reserve(BYTES_PER_ITEM) && reserveForPending(item);
        if (!added) {
            remove(asked);
        }
        balance();
        return added;
    }

    /**
     * Where to begin a read of these items, each of one tag or stream: right before the last event of each cached one,
     * so that the read shows whether the log is still the one that is cached.
     *
     * @param inLine the decisions that wait to be stored: an item that one of them rests on is read as a whole
     * @return by the rows of the guards; a guard of which everything is to be read is missing
     */
    Map<String, Boundary.Seen> beforeLast(List<EventQuery.Item> asked, Collection<PendingDecision> inLine) {
        Set<CachedItem> restedOn = new HashSet<>();
        inLine.forEach(decision -> restedOn.addAll(decision.items()));
        Map<String, Boundary.Seen> known = new HashMap<>();
        Set<String> whole = new HashSet<>();
        for (EventQuery.Item each : asked) {
            CachedItem item = items.get(each);
            String row = guardRow(each);
            Optional<Boundary.Seen> from =
                    item == null || restedOn.contains(item) ? Optional.empty() : item.beforeLast();
            // A read begins at one place of a guard.
            if (from.isEmpty() || !from.get().equals(known.getOrDefault(row, from.get()))) {
                whole.add(row);
            } else {
                known.put(row, from.get());
            }
        }
        known.keySet().removeAll(whole);
        return known;
    }

    /** The row that guards an item of one tag or stream. */
    static String guardRow(EventQuery.Item asked) {
        return asked.stream()
                .map(StreamId::value)
                .orElseGet(() -> asked.tags().get(0).rowId());
    }

    /**
     * Continues a cached item from a read that began right before its last event; room for all events that were found
     * is reserved. Call it only while no append is in progress, and no decision in line rests on the item.
     *
     * @return false if the item is not cached as it is stored, or has become too large: nothing is changed, and room is
     *     given back
     */
    boolean continueFrom(EventQuery.Item asked, FoundMatches found) {
        CachedItem item = items.get(asked);
        reserved += found.bytes();
        boolean continues = false;
        if (item != null
                && item.isContinuedBy(found)
                && item.events().size() + found.events().size() <= StreamCache.MAX_EVENTS) {
            continues = true;
            long bytesBefore = item.bytes();
            int eventsBefore = item.events().size();
            item.continueFrom(found, doubts);
            bytes += item.bytes() - bytesBefore;
            events += item.events().size() - eventsBefore;
        }
        balance();
        return continues;
    }

    /** Reserves room for the pending events that this item will hold once they are stored. */
    private boolean reserveForPending(CachedItem item) {
        for (Pending event : pending) {
            if (item.matches(event.event)) {
                if (!reserve(event.event.bytes())) {
                    return false;
                }
                event.bytes += event.event.bytes();
                bytes += event.event.bytes();
            }
        }
        return true;
    }

    private boolean reserve(long more) {
        if (!budget.reserve(more)) {
            return false;
        }
        reserved += more;
        return true;
    }

    /** The events that match any of these items, each once, in the order in which a reader will see them. */
    List<SharedEvent> eventsOf(List<CachedItem> wanted) {
        List<SharedEvent> found = new ArrayList<>(wanted.get(0).events());
        if (wanted.size() > 1) {
            for (CachedItem item : wanted.subList(1, wanted.size())) {
                found.addAll(item.events());
            }
            found.sort(Comparator.comparing(event -> event.stored().position()));
            removeRepeated(found);
        }
        for (Pending event : pending) {
            if (matchesAny(wanted, event.event)) {
                found.add(event.seenAs);
            }
        }
        return found;
    }

    private static void removeRepeated(List<SharedEvent> sorted) {
        @Nullable GlobalPosition before = null;
        int kept = 0;
        for (SharedEvent event : sorted) {
            GlobalPosition position = event.stored().position();
            if (!position.equals(before)) {
                sorted.set(kept++, event);
            }
            before = position;
        }
        sorted.subList(kept, sorted.size()).clear();
    }

    private static boolean matchesAny(List<CachedItem> wanted, PendingEvent event) {
        for (CachedItem item : wanted) {
            if (item.matches(event)) {
                return true;
            }
        }
        return false;
    }

    /** What is seen of the guard of an item, including pending events of a stream. */
    Boundary.Seen seenOf(CachedItem item) {
        if (item.item().stream().isEmpty()) {
            return item.seen();
        }
        StreamId stream = item.item().stream().get();
        long more = pending.stream()
                .filter(event -> event.event.streamId().equals(stream))
                .count();
        return new Boundary.Seen(item.seen().version() + more, 0);
    }

    /** Whether decisions on queries have pending events in one of these streams. */
    boolean isPendingIn(Collection<StreamId> streams) {
        return unknownToStreams > 0
                && pending.stream().anyMatch(event -> event.ofQuery && streams.contains(event.event.streamId()));
    }

    /** Reserves room for the events of a decision; false if there is none. */
    boolean reserve(PendingDecision decision) {
        long needed = 0;
        for (PendingEvent event : decision.pendingEvents()) {
            needed += bytesOf(event, decision.isOnQuery());
        }
        return reserve(needed);
    }

    private long bytesOf(PendingEvent event, boolean ofQuery) {
        long times = ofQuery ? 1 : 0;
        for (CachedItem item : of(event)) {
            times += item.matches(event) ? 1 : 0;
        }
        return times * event.bytes();
    }

    /** The items to whose guard an event is written. */
    private Set<CachedItem> of(PendingEvent event) {
        if (byGuard.isEmpty()) {
            return Set.of();
        }
        Set<CachedItem> found = new LinkedHashSet<>(byGuard.getOrDefault(event.streamId(), Set.of()));
        for (EventTag tag : event.tags()) {
            found.addAll(byGuard.getOrDefault(tag, Set.of()));
        }
        return found;
    }

    /**
     * Adds a pending event, for which room was reserved.
     *
     * @param seenAs the event in a place after all stored events
     * @param ofQuery whether its decision rests on a query
     */
    void addPending(PendingEvent event, SharedEvent seenAs, boolean ofQuery) {
        long size = bytesOf(event, ofQuery);
        pending.add(new Pending(event, seenAs, ofQuery, size));
        bytes += size;
        unknownToStreams += ofQuery ? 1 : 0;
    }

    /**
     * The items that an append of these decisions must rest on: those that the decisions rest on, and every other item
     * to whose guard they write, so that the item can continue from what was seen. Other items that no command needs
     * now are read again before their next use.
     *
     * @param waiting the decisions that wait after them
     * @return empty if there are too many; then the waiting decisions rest on items that cannot continue, and must be
     *     lost
     */
    Optional<Set<CachedItem>> basisOf(List<PendingDecision> decisions, Collection<PendingDecision> waiting) {
        Set<CachedItem> basis = new LinkedHashSet<>();
        decisions.forEach(decision -> basis.addAll(decision.items()));
        if (byGuard.isEmpty()) {
            return Optional.of(basis);
        }
        Set<CachedItem> touched = new LinkedHashSet<>();
        for (PendingDecision decision : decisions) {
            decision.pendingEvents().forEach(event -> touched.addAll(of(event)));
        }
        touched.removeAll(basis);
        if (touched.isEmpty()) {
            return Optional.of(basis);
        }
        Set<CachedItem> needed = new HashSet<>(inTurn);
        waiting.forEach(decision -> needed.addAll(decision.items()));
        Set<CachedItem> whole = new LinkedHashSet<>(basis);
        for (CachedItem item : touched) {
            if (needed.contains(item)) {
                whole.add(item);
            } else {
                item.doubt();
            }
        }
        if (whole.size() <= MAX_ITEMS_PER_APPEND) {
            return Optional.of(whole);
        }
        touched.forEach(CachedItem::doubt);
        return Optional.empty();
    }

    /**
     * Hears that the first of the pending events are stored.
     *
     * @param basis the items that their append rested on
     */
    void stored(List<AppendedEvent> appended, Set<CachedItem> basis) {
        for (AppendedEvent event : appended) {
            Pending first = pending.remove();
            bytes -= first.bytes;
            unknownToStreams -= first.ofQuery ? 1 : 0;
            @Nullable SharedEvent stored = null;
            for (CachedItem item : of(first.event)) {
                if (basis.contains(item)) {
                    stored = stored != null ? stored : first.seenAs.at(event.version(), event.position());
                    long before = item.bytes();
                    boolean matches = item.matches(first.event);
                    item.goOn(stored, matches);
                    events += matches ? 1 : 0;
                    bytes += item.bytes() - before;
                }
            }
        }
        balance();
    }

    /** Drops the pending events: they will not be stored. */
    void dropPending() {
        pending.forEach(event -> bytes -= event.bytes);
        pending.clear();
        unknownToStreams = 0;
        balance();
    }

    /** Makes room for the items of one more decision; false if too many are needed. */
    boolean makeRoom(Collection<PendingDecision> inLine) {
        if (items.size() + MAX_ITEMS_PER_DECISION <= MAX_ITEMS) {
            return true;
        }
        Set<CachedItem> needed = new HashSet<>(inTurn);
        inLine.forEach(decision -> needed.addAll(decision.items()));
        for (CachedItem item : List.copyOf(items.values())) {
            if (items.size() > MAX_ITEMS / 2 && !needed.contains(item)) {
                remove(item);
            }
        }
        balance();
        return items.size() + MAX_ITEMS_PER_DECISION <= MAX_ITEMS;
    }

    /** Forgets all items, and which ones were too large. Call it only while no decision is in line. */
    void clear() {
        tooLarge.clear();
        evict();
    }

    /** Forgets all items. Call it only while no decision is in line. */
    void evict() {
        items.clear();
        byGuard.clear();
        events = 0;
        bytes = 0;
        pending.forEach(event -> bytes += event.bytes);
        balance();
    }

    /**
     * Forgets the items of a guard. A decision in line that rests on one continues; the attempt with the turn does not.
     */
    void evict(String guardRow) {
        tooLarge.removeIf(item -> item.tags().stream()
                        .anyMatch(tag -> tag.rowId().equals(guardRow))
                || item.stream().map(StreamId::value).filter(guardRow::equals).isPresent());
        for (CachedItem item : List.copyOf(items.values())) {
            if (item.guardRow().equals(guardRow)) {
                remove(item);
            }
        }
        balance();
    }

    private void remove(CachedItem item) {
        if (holds(item)) {
            remove(item.asked());
        }
    }

    private void remove(EventQuery.Item asked) {
        CachedItem removed = items.remove(asked);
        if (removed != null) {
            bytes -= removed.bytes() + BYTES_PER_ITEM;
            events -= removed.events().size();
            byGuard.computeIfPresent(removed.guard(), (guard, all) -> {
                all.remove(removed);
                return all.isEmpty() ? null : all;
            });
        }
    }

    private void balance() {
        budget.release(reserved - bytes);
        reserved = bytes;
    }

    /** Whether nothing is cached, and nothing is about to be. */
    boolean isEmpty() {
        return reserved == 0;
    }

    /** Whether it holds more events than it should keep. */
    boolean hasTooManyEvents() {
        return events > StreamCache.MAX_EVENTS;
    }
}
