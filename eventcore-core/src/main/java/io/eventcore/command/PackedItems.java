package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Items that share a boundary. A boundary names each item once, and has one place for each guard. Items that were read
 * at different moments may have seen different places of the same guard.
 */
final class PackedItems {
    private static final int MAX_ITEMS = 100;

    private final Set<EventQuery.Item> items = new LinkedHashSet<>();
    private final List<String> guards = new ArrayList<>();
    private final Map<String, Boundary.Seen> seen = new HashMap<>();

    private PackedItems() {}

    /** What was seen of all these items, in as few boundaries as possible. */
    static List<Boundary> boundariesOf(Collection<CachedItem> all) {
        List<PackedItems> packed = new ArrayList<>(1);
        for (CachedItem item : all) {
            boolean taken = false;
            for (int i = 0; i < packed.size() && !taken; i++) {
                taken = packed.get(i).takes(item, item.seen());
            }
            if (!taken) {
                PackedItems another = new PackedItems();
                another.takes(item, item.seen());
                packed.add(another);
            }
        }
        return packed.stream().map(PackedItems::boundary).toList();
    }

    /** The boundary of these items; empty if two are the same, or have different places for one guard. */
    static Optional<Boundary> boundaryOf(List<CachedItem> all, List<Boundary.Seen> seen) {
        PackedItems packed = new PackedItems();
        for (int i = 0; i < all.size(); i++) {
            if (!packed.takes(all.get(i), seen.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(packed.boundary());
    }

    private boolean takes(CachedItem item, Boundary.Seen what) {
        Boundary.Seen before = seen.get(item.guardRow());
        if (items.size() >= MAX_ITEMS || items.contains(item.item()) || (before != null && !before.equals(what))) {
            return false;
        }
        items.add(item.item());
        guards.add(item.guardRow());
        seen.put(item.guardRow(), what);
        return true;
    }

    private Boundary boundary() {
        return Boundary.of(new EventQuery(List.copyOf(items)), guards, seen);
    }
}
