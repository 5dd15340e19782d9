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
 * Items of queries as the next decision is to see them: the events that are stored, and behind them all that are
 * pending, those of decisions on streams too, since they may match.
 *
 * <p>Each item is cached separately, whatever query asked for it: decisions share a common subject even if their other
 * subjects differ. Not safe for concurrent use.
 */
final class QueryCache {
    /** How many items are cached at most. */
    static final int MAX_ITEMS = 1_024;

    /** How many items one decision may rest on. */
    static final int MAX_ITEMS_PER_DECISION = 8;

    /** How many items one append rests on at most; in the worst case each needs a boundary of its own. */
    static final int MAX_ITEMS_PER_APPEND = 160;

    /** What an item counts for beside its events. */
    private static final long BYTES_PER_ITEM = 512;

    private final CacheBudget budget;

    /** By the items that commands ask for, least recently used first. */
    private final Map<EventQuery.Item, CachedItem> items = new LinkedHashMap<>(16, 0.75f, true);

    /** The same ones, by the tag that their events carry or the stream that these are in. */
    private final Map<Object, Set<CachedItem>> byGuard = new HashMap<>();

    private final Set<EventQuery.Item> tooLarge = new HashSet<>();
    private final Deque<Pending> pending = new ArrayDeque<>();

    /** Those that the attempt which has the turn rests on. */
    private List<CachedItem> inTurn = List.of();

    /** How many of the pending events are of decisions on queries, which no other cache knows. */
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

    /** Another attempt has the turn. */
    void beginTurn() {
        inTurn = List.of();
    }

    /** The attempt that has the turn rests on these. */
    void seesInTurn(List<CachedItem> seen) {
        inTurn = seen;
    }

    /** See {@link StreamCache#doubt}. */
    void doubt() {
        doubts++;
    }

    /** The item as it is cached. */
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

    /** Takes no further look at an item, and forgets it. */
    void refuse(EventQuery.Item asked) {
        if (tooLarge.size() >= MAX_ITEMS) {
            tooLarge.clear();
        }
        tooLarge.add(asked);
        remove(asked);
        balance();
    }

    /**
     * Takes in what a read of one item has found, instead of what was cached of it; room for its events is reserved.
     *
     * <p>It is read as a whole each time: below the place of its last event others may have been given the tag since.
     *
     * @return false if there is no room; it is forgotten then
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

    /** What is pending will be stored once more, in this item. */
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

    /** The events that match any of these, each once, in the order in which they will be read. */
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

    /** What is seen of the guard of an item, pending events of a stream included. */
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

    /** The items whose guard an event goes to. */
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
     * @param seenAs the event in a place beyond all that are stored
     * @param ofQuery whether its decision rests on a query
     */
    void addPending(PendingEvent event, SharedEvent seenAs, boolean ofQuery) {
        long size = bytesOf(event, ofQuery);
        pending.add(new Pending(event, seenAs, ofQuery, size));
        bytes += size;
        unknownToStreams += ofQuery ? 1 : 0;
    }

    /**
     * What an append of these decisions has to rest on: what they rest on, and every other item whose guard they write
     * to, so that this goes on from where it was seen. Of those, items that no command needs by now are read again
     * before the next use.
     *
     * @param waiting the decisions that wait behind them
     * @return empty if there are too many; then what waits rests on items that do not go on, and must be lost
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
     * The first of the pending events are stored.
     *
     * @param basis what their append has rested on
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

    /** The pending events will not be stored. */
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

    /** Forgets all items, and which ones were too large; while no decision is in line. */
    void clear() {
        tooLarge.clear();
        evict();
    }

    /** Forgets all items; while no decision is in line. */
    void evict() {
        items.clear();
        byGuard.clear();
        events = 0;
        bytes = 0;
        pending.forEach(event -> bytes += event.bytes);
        balance();
    }

    /** Forgets the items of a guard. A decision in line that rests on one goes on; the attempt that has the turn does not. */
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
