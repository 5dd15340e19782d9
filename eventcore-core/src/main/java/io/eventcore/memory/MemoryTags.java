package io.eventcore.memory;

import io.eventcore.Boundary;
import io.eventcore.EventTag;
import io.eventcore.StoredEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which events carry which tags, each tag's in the order of their positions. Of a tag, that is the order of their commits too:
 * its writers exclude each other from before they draw a position to their end. Needs the lock of the log.
 */
final class MemoryTags {
    /** An event, and the rows of all its tags. */
    record Tagged(StoredEvent event, Set<String> rows) {
        long position() {
            return event.position().value();
        }

        boolean meets(Boundary.Condition condition) {
            return (condition.typeNames().isEmpty() || condition.typeNames().contains(event.typeName()))
                    && rows.containsAll(condition.otherTags());
        }
    }

    private final Map<String, List<Tagged>> entries = new HashMap<>();
    private final Map<Long, Tagged> byPosition = new HashMap<>();

    void add(List<Tagged> events) {
        for (Tagged event : events) {
            byPosition.put(event.position(), event);
            event.rows()
                    .forEach(row -> entries.computeIfAbsent(row, any -> new ArrayList<>())
                            .add(event));
        }
    }

    /** Takes back what was added last. */
    void remove(List<Tagged> events) {
        for (Tagged event : events) {
            byPosition.remove(event.position());
            event.rows()
                    .forEach(row -> entries.computeIfPresent(row, (any, own) -> {
                        own.remove(own.size() - 1);
                        return own.isEmpty() ? null : own;
                    }));
        }
    }

    boolean isEmpty() {
        return byPosition.isEmpty();
    }

    /** The tags of the event at a position. */
    Set<EventTag> at(long position) {
        Tagged event = byPosition.get(position);
        return event == null
                ? Set.of()
                : event.rows().stream().map(EventTag::ofRow).collect(Collectors.toSet());
    }

    int count(String row) {
        return of(row).size();
    }

    /** The highest position of a tag; 0 if it has none. */
    long lastPosition(String row) {
        List<Tagged> all = of(row);
        return all.isEmpty() ? 0 : all.get(all.size() - 1).position();
    }

    /** The events of a tag after a position. */
    List<Tagged> after(String row, long position) {
        List<Tagged> all = of(row);
        int from = 0;
        int to = all.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (all.get(middle).position() <= position) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return all.subList(from, all.size());
    }

    /** The events after a position that carry all of these tags, in the order of their positions. */
    List<StoredEvent> carrying(Set<EventTag> all, long position) {
        Set<String> rows = all.stream().map(EventTag::rowId).collect(Collectors.toSet());
        String rarest = rows.stream().min(Comparator.comparingInt(this::count)).orElseThrow();
        return after(rarest, position).stream()
                .filter(event -> event.rows().containsAll(rows))
                .map(Tagged::event)
                .toList();
    }

    private List<Tagged> of(String row) {
        return entries.getOrDefault(row, List.of());
    }

    /** What is locked, as messages call it. */
    static String nameOf(String row) {
        return EventTag.isRow(row) ? "Tag '" + EventTag.ofRow(row) + "'" : "Stream '" + row + "'";
    }
}
