package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamVersion;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An item of queries, as it was read and as groups of decisions have continued it: its stored events, and what was seen
 * of its guard.
 *
 * <p>An append that rests on the item and writes events of its guard holds the guard's row from its check to its
 * commit. So the guard then holds what was seen, followed by these events: it need not be read again. If other events
 * that do not match were added since it was read, the version is too low by their number. A store then checks the
 * events or refuses the append; it never accepts more.
 *
 * <p>Not safe for concurrent use.
 */
final class CachedItem {
    private final EventQuery.Item asked;
    private final EventQuery.Item item;
    private final String guardRow;
    private final List<SharedEvent> events = new ArrayList<>();
    private Boundary.Seen seen;
    private boolean counted;
    private long bytes;
    private long sureSince;

    /**
     * An item as it was read.
     *
     * @param asked as commands ask for it
     * @param found what a read of it alone has found
     * @param doubts see {@link #isSureSince}
     */
    CachedItem(EventQuery.Item asked, FoundMatches found, long doubts) {
        this.asked = asked;
        this.item = found.boundary().query().items().get(0);
        this.guardRow = found.boundary().guardRows().get(0);
        this.seen = found.boundary().seen(guardRow);
        this.events.addAll(found.events());
        this.bytes = found.bytes();
        this.sureSince = doubts;
    }

    /** As commands ask for it. */
    EventQuery.Item asked() {
        return asked;
    }

    /** With the names that events are stored under. */
    EventQuery.Item item() {
        return item;
    }

    String guardRow() {
        return guardRow;
    }

    /** What every event of the guard has in common: the tag that it carries, or the stream that it is in. */
    Object guard() {
        return item.stream().isPresent() ? item.stream().get() : EventTag.ofRow(guardRow);
    }

    /** What was seen of the guard, up to the last stored event. */
    Boundary.Seen seen() {
        return seen;
    }

    /** Whether the version of the guard was counted since the read, and may be too low. */
    boolean isCounted() {
        return counted;
    }

    List<SharedEvent> events() {
        return events;
    }

    long bytes() {
        return bytes;
    }

    /**
     * Whether, since this number of doubts, the item was read and every event that may have been added to it was
     * counted.
     */
    boolean isSureSince(long doubts) {
        return sureSince == doubts;
    }

    /** Hears that events of its guard are about to be stored that the item will lack. */
    void doubt() {
        sureSince = -1;
    }

    boolean matches(PendingEvent event) {
        return item.matches(event.streamId(), event.tags(), event.typeName());
    }

    /** The boundary of a query for this item alone. */
    Boundary boundary(Boundary.Seen from) {
        return Boundary.of(new EventQuery(List.of(item)), List.of(guardRow), Map.of(guardRow, from));
    }

    /** Whether the stored events are exactly the cached ones. */
    boolean isAs(StoredMatches read) {
        int next = 0;
        for (StoredEvent event : read.events()) {
            if (next == events.size() || !events.get(next).stored().id().equals(event.id())) {
                return false;
            }
            next++;
        }
        return next == events.size();
    }

    /**
     * Where to begin a read that shows whether the cached events are still the first ones, and brings later ones: right
     * before the last cached event. If the version was counted too low, the store refuses to read from there.
     *
     * @return empty if the item must be read as a whole: its guard has a later event than the last cached one, or an
     *     event is not decoded for good. The keys of sealed events are looked up together, for a whole read
     */
    Optional<Boundary.Seen> beforeLast() {
        if (events.isEmpty() || !events.stream().allMatch(SharedEvent::isKept)) {
            return Optional.empty();
        }
        StoredEvent last = events.get(events.size() - 1).stored();
        if (item.stream().isPresent()) {
            return last.version().value() == seen.version()
                    ? Optional.of(new Boundary.Seen(seen.version() - 1, 0))
                    : Optional.empty();
        }
        return last.position().value() == seen.lastPosition()
                ? Optional.of(
                        new Boundary.Seen(seen.version() - 1, last.position().value() - 1))
                : Optional.empty();
    }

    /** Whether a read that began before the last cached event has found that event first, and in its place. */
    boolean isContinuedBy(FoundMatches read) {
        if (read.events().isEmpty()) {
            return false;
        }
        StoredEvent first = read.events().get(0).stored();
        StoredEvent last = events.get(events.size() - 1).stored();
        return first.id().equals(last.id()) && first.position().equals(last.position());
    }

    /**
     * Continues from a read that began before the last cached event. Call it only while no decision in line rests on
     * this item.
     */
    void continueFrom(FoundMatches read, long doubts) {
        List<SharedEvent> later = read.events().subList(1, read.events().size());
        events.addAll(later);
        for (SharedEvent event : later) {
            bytes += CacheBudget.bytes(event.stored());
        }
        seen = read.boundary().seen(guardRow);
        counted = false;
        sureSince = doubts;
    }

    /** Sets what is seen of the guard now: no event that matches was added since the read. */
    void recount(Boundary.Seen now) {
        seen = now;
        counted = false;
    }

    /** Hears that an append that rested on this item has stored an event of the guard. */
    void goOn(SharedEvent event, boolean matches) {
        StreamVersion version = event.stored().version();
        seen = item.stream().isPresent()
                ? new Boundary.Seen(version.value(), 0)
                : new Boundary.Seen(
                        seen.version() + 1, event.stored().position().value());
        counted |= item.stream().isEmpty();
        if (matches) {
            events.add(event);
            bytes += CacheBudget.bytes(event.stored());
        }
    }
}
