package io.eventcore.memory;

import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.memory.MemoryTags.Tagged;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One read of what a query matches, as a transaction sees it. Needs the lock of the log. */
final class TaggedRead {
    private final MemoryLog log;
    private final @Nullable MemoryTransaction transaction;
    private final Map<String, Boundary.Seen> seen = new TreeMap<>();

    TaggedRead(MemoryLog log, @Nullable MemoryTransaction transaction) {
        this.log = log;
        this.transaction = transaction;
    }

    StoredMatches read(EventQuery query, Optional<Boundary> after) {
        if (after.isPresent() && !after.get().query().equals(query)) {
            throw new IllegalArgumentException("The boundary to read after is that of another query: "
                    + after.get().query());
        }
        List<String> guards = new ArrayList<>();
        TreeMap<GlobalPosition, StoredEvent> all = new TreeMap<>();
        List<List<StoredEvent>> ofItems = new ArrayList<>();
        for (int i = 0; i < query.items().size(); i++) {
            EventQuery.Item item = query.items().get(i);
            String guard = after.isPresent() ? after.get().guardRows().get(i) : guardOf(item);
            guards.add(guard);
            Boundary.Seen from = after.map(boundary -> boundary.seen(guard)).orElse(Boundary.Seen.NOTHING);
            List<StoredEvent> found = item.stream().isPresent()
                    ? readStream(item, item.stream().get(), from)
                    : readTag(item, guard, from);
            found.forEach(event -> all.put(event.position(), event));
            ofItems.add(found);
        }
        return new StoredMatches(Boundary.of(query, guards, seen), List.copyOf(all.values()), ofItems);
    }

    /** The one of an item's tags with the fewest events, whose order among equals is that of the rows. */
    private String guardOf(EventQuery.Item item) {
        if (item.stream().isPresent()) {
            return item.stream().get().value();
        }
        String rarest = "";
        long fewest = Long.MAX_VALUE;
        for (EventTag tag : item.tags()) {
            long count = see(tag.rowId()).version();
            if (count < fewest) {
                fewest = count;
                rarest = tag.rowId();
            }
        }
        return rarest;
    }

    private Boundary.Seen see(String tagRow) {
        return seen.computeIfAbsent(tagRow, row -> log.seen(transaction, row));
    }

    private List<StoredEvent> readTag(EventQuery.Item item, String guard, Boundary.Seen from) {
        see(guard);
        List<StoredEvent> found = new ArrayList<>();
        for (Tagged tagged : log.taggedAfter(transaction, guard, from.lastPosition())) {
            boolean carriesAll =
                    item.tags().stream().allMatch(tag -> tagged.rows().contains(tag.rowId()));
            if (carriesAll && isWanted(item, tagged.event())) {
                found.add(tagged.event());
            }
        }
        return found;
    }

    private List<StoredEvent> readStream(EventQuery.Item item, StreamId stream, Boundary.Seen from) {
        StreamVersion version = log.version(transaction, stream);
        seen.put(stream.value(), new Boundary.Seen(version.value(), 0));
        List<StoredEvent> found = new ArrayList<>();
        for (StoredEvent event : log.eventsAfter(transaction, stream, StreamVersion.of(from.version()))) {
            if (isWanted(item, event)) {
                found.add(event);
            }
        }
        return found;
    }

    private static boolean isWanted(EventQuery.Item item, StoredEvent event) {
        return item.typeNames().isEmpty() || item.typeNames().contains(event.typeName());
    }
}
