package io.eventcore.jdbc;

import io.eventcore.Boundary;
import io.eventcore.Boundary.Condition;
import io.eventcore.Boundary.Guard;
import io.eventcore.Boundary.Seen;
import io.eventcore.BoundaryConflictException;
import io.eventcore.EventQuery;
import io.eventcore.EventQuery.Item;
import io.eventcore.EventTag;
import io.eventcore.StoredEvent;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.jdbc.TagHeads.Head;
import io.eventcore.jdbc.TagHeads.HomeRow;
import io.eventcore.jdbc.TagQueries.Cut;
import io.eventcore.jdbc.TagQueries.CutRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads the events that a query matches as one consistent cut, and builds its boundary.
 *
 * <p>The first statement brings, all from one snapshot, how many events each tag and each stream has, and the place of
 * the last one. Along a tag, positions ascend in the order of commit, so these places split its events exactly into
 * those of the snapshot and those committed later; for a stream, the version does that. Later statements end there. The
 * other way round, with the places read after the events, decisions would be lost.
 *
 * <p>If each item is a stream or one tag, that statement brings the events too, unless they are many or large
 * ({@link TagHeads}), and waiting threads share it ({@link SharedReads}). Then it is the only statement.
 */
final class TagReads {
    /** Looking up an entry costs about as much as reading this many in a row. */
    private static final int SIMILAR = 10;

    private final Dialect dialect;
    private final Connections connections;
    private final Payloads payloads;
    private final TagTables tables;
    private final boolean sharing;
    private final Duration patience;
    private final SharedReads<String, Seen, Head> shared;

    /**
     * Reads by these connections.
     *
     * @param sharing whether one thread may read what another thread asks for
     * @param patience how long a read waits for a statement that includes it
     */
    TagReads(
            Dialect dialect,
            Connections connections,
            Payloads payloads,
            TagTables tables,
            boolean sharing,
            Duration patience) {
        this.dialect = dialect;
        this.connections = connections;
        this.payloads = payloads;
        this.tables = tables;
        this.sharing = sharing;
        this.patience = patience;
        this.shared = new SharedReads<>(
                dialect.streams().readsBeforeSharing(),
                rowsAfter -> connections.own(connection -> heads(connection, rowsAfter)));
    }

    /**
     * Reads the events that a query matches.
     *
     * @param query the query, with the stored names of events
     * @param after only what was committed after this boundary of the same query
     * @throws BoundaryConflictException if a backfill has given tags to older events since then
     */
    StoredMatches read(EventQuery query, Optional<Boundary> after, StoredEvent.Decoder decoder) throws SQLException {
        Map<String, Head> heads = fitsOneStatement(query) ? heads(query, after) : Map.of();
        Map<String, CutRow> cut = heads.isEmpty() ? cut(query) : cut(heads);
        if (after.isPresent()) {
            checkNothingCameBelow(after.get(), cut, heads);
        }
        List<String> guards = new ArrayList<>();
        Map<String, Seen> seen = new HashMap<>();
        for (int i = 0; i < query.items().size(); i++) {
            Item item = query.items().get(i);
            String guard = after.isPresent() ? after.get().guardRows().get(i) : guardOf(item, cut);
            guards.add(guard);
            CutRow found = cut.getOrDefault(guard, CutRow.ABSENT);
            seen.put(guard, new Seen(found.version(), EventTag.isRow(guard) ? found.lastPosition() : 0));
        }
        Boundary boundary = Boundary.of(query, guards, seen);
        if (!heads.isEmpty()
                && heads.values().stream().allMatch(head -> head.events().isPresent())) {
            return new StoredMatches(boundary, decoded(query, heads, decoder), ofItems(query, heads, decoder));
        }
        List<TagPart> parts = parts(query, boundary, after, cut);
        return new StoredMatches(
                boundary,
                () -> new TaggedEvents(
                        dialect, connections, payloads, decoder, parts, wholeTag(query, boundary, after)));
    }

    private static boolean fitsOneStatement(EventQuery query) {
        return query.items().size() <= TagHeads.MAX_KEYS
                && query.items().stream().allMatch(item -> item.tags().size() <= 1);
    }

    private Map<String, Head> heads(EventQuery query, Optional<Boundary> after) throws SQLException {
        Map<String, Seen> rowsAfter = new HashMap<>();
        for (Item item : query.items()) {
            String row = rowOf(item);
            rowsAfter.put(row, after.map(before -> before.seen(row)).orElse(Seen.NOTHING));
        }
        return sharing && !connections.inCallersTransaction()
                ? shared.read(rowsAfter, patience)
                : connections.joinOrOwn(connection -> heads(connection, rowsAfter));
    }

    /** The stream of an item, or its one tag. */
    private static String rowOf(Item item) {
        return item.stream()
                .map(StreamId::value)
                .orElseGet(() -> item.tags().get(0).rowId());
    }

    private Map<String, Head> heads(Connection connection, Map<String, Seen> rowsAfter) throws SQLException {
        tables.check(connection);
        return dialect.tagHeads().read(connection, rowsAfter, payloads.budget());
    }

    /** How far all of them have come, unless a backfill is giving one of the tags to old events. */
    private static Map<String, CutRow> cut(Map<String, Head> heads) throws SQLException {
        Map<String, CutRow> rows = new HashMap<>();
        Set<String> incompleteNames = new HashSet<>();
        heads.forEach((row, head) -> {
            rows.put(row, head.row());
            if (!head.complete()) {
                incompleteNames.add(EventTag.ofRow(row).name());
            }
        });
        return new Cut(rows, incompleteNames).checked(rows.keySet(), incompleteNames);
    }

    private Map<String, CutRow> cut(EventQuery query) throws SQLException {
        Set<String> rows = new TreeSet<>(RowIds.ORDER);
        Set<String> names = new HashSet<>();
        for (Item item : query.items()) {
            item.stream().ifPresent(stream -> rows.add(stream.value()));
            for (EventTag tag : item.tags()) {
                rows.add(tag.rowId());
                names.add(tag.name());
            }
        }
        return connections.joinOrOwn(connection -> {
            tables.check(connection);
            return dialect.tags().cut(connection, rows).checked(rows, names);
        });
    }

    /** The events of all heads that the query matches, each once, in the order of the log. */
    private static Collection<HomeRow> matching(EventQuery query, Map<String, Head> heads) {
        Map<Long, HomeRow> matching = new TreeMap<>();
        for (Item item : query.items()) {
            Head head = Objects.requireNonNull(heads.get(rowOf(item)));
            for (HomeRow event : head.events().orElseThrow()) {
                if (item.typeNames().isEmpty()
                        || item.typeNames().contains(event.row().typeName())) {
                    matching.put(event.row().position(), event);
                }
            }
        }
        return List.copyOf(matching.values());
    }

    private static Iterable<StoredEvent> decoded(
            EventQuery query, Map<String, Head> heads, StoredEvent.Decoder decoder) {
        Collection<HomeRow> events = matching(query, heads);
        return () -> decoded(events, decoder);
    }

    private static List<Iterable<StoredEvent>> ofItems(
            EventQuery query, Map<String, Head> heads, StoredEvent.Decoder decoder) {
        List<Iterable<StoredEvent>> ofItems = new ArrayList<>(query.items().size());
        for (Item item : query.items()) {
            // Only who asks for them looks for them.
            ofItems.add(
                    () -> decoded(new EventQuery(List.of(item)), heads, decoder).iterator());
        }
        return ofItems;
    }

    private static Iterator<StoredEvent> decoded(Collection<HomeRow> events, StoredEvent.Decoder decoder) {
        if (decoder.prepares()) {
            List<byte[]> found = new ArrayList<>();
            events.forEach(event -> event.row().addPayload(found));
            decoder.prepare(found);
        }
        return events.stream()
                .map(event -> event.row().of(event.home(), decoder))
                .iterator();
    }

    /**
     * Finds old events to which a backfill has given tags since the boundary was read: they lie below what the boundary
     * saw. For a guard, the count reveals this. For another tag, the place up to which its name was filled does, if it
     * lies beyond the boundary. A head that came with its events has as many beyond as the guard has grown by.
     */
    private void checkNothingCameBelow(Boundary after, Map<String, CutRow> cut, Map<String, Head> heads)
            throws SQLException {
        for (Guard guard : after.guards()) {
            CutRow found = cut.getOrDefault(guard.rowId(), CutRow.ABSENT);
            Seen seen = guard.seen();
            long grown = found.version() - seen.version();
            Head head = heads.get(guard.rowId());
            boolean counted = head != null && head.events().isPresent();
            if (grown > 0
                    && EventTag.isRow(guard.rowId())
                    && !counted
                    && connections.joinOrOwn(connection -> dialect.tags()
                                    .count(connection, found.key(), seen.lastPosition(), found.lastPosition()))
                            != grown) {
                throw cameBelow(guard, found);
            }
            Set<String> otherNames = new TreeSet<>();
            for (Condition condition : guard.conditions()) {
                condition
                        .otherTags()
                        .forEach(row -> otherNames.add(EventTag.ofRow(row).name()));
            }
            if (!otherNames.isEmpty()) {
                long filledTo =
                        connections.joinOrOwn(connection -> dialect.tags().filledTo(connection, otherNames));
                if (filledTo > 0 && filledTo >= after.lastPosition().value()) {
                    throw cameBelow(guard, found);
                }
            }
        }
    }

    private static BoundaryConflictException cameBelow(Guard guard, CutRow found) {
        return new BoundaryConflictException(
                guard.rowId(), StreamVersion.of(guard.seen().version()), StreamVersion.of(found.version()));
    }

    /** The rarest tag: decisions on it conflict with the fewest other commands. */
    private static String guardOf(Item item, Map<String, CutRow> cut) {
        return item.stream().isPresent()
                ? item.stream().get().value()
                : item.tags().stream()
                        .map(EventTag::rowId)
                        .min(Comparator.comparingLong(
                                row -> cut.getOrDefault(row, CutRow.ABSENT).version()))
                        .orElseThrow();
    }

    private static List<TagPart> parts(
            EventQuery query, Boundary boundary, Optional<Boundary> after, Map<String, CutRow> cut) {
        List<TagPart> parts = new ArrayList<>();
        for (int i = 0; i < query.items().size(); i++) {
            Item item = query.items().get(i);
            String guard = boundary.guardRows().get(i);
            CutRow row = cut.getOrDefault(guard, CutRow.ABSENT);
            Seen from = after.map(before -> before.seen(guard)).orElse(Seen.NOTHING);
            List<Long> others = new ArrayList<>();
            boolean similar = item.tags().size() == 2;
            boolean possible = row.version() > from.version();
            for (EventTag tag : item.tags()) {
                CutRow other = cut.getOrDefault(tag.rowId(), CutRow.ABSENT);
                possible &= other.version() > 0;
                if (!tag.rowId().equals(guard)) {
                    others.add(other.key());
                    similar &= other.version() / SIMILAR <= row.version() - from.version();
                }
            }
            if (possible) {
                parts.add(
                        item.stream().isPresent()
                                ? TagPart.ofStream(row.key(), from.version(), row.version(), item.typeNames())
                                : TagPart.ofTag(
                                        row.key(),
                                        from.lastPosition(),
                                        row.lastPosition(),
                                        others,
                                        similar,
                                        item.typeNames()));
            }
        }
        return parts;
    }

    /** How many events a read must find if its query is only one tag; empty for any other query. */
    private static Optional<TaggedEvents.Whole> wholeTag(
            EventQuery query, Boundary boundary, Optional<Boundary> after) {
        Item item = query.items().get(0);
        if (query.items().size() > 1
                || item.tags().size() != 1
                || !item.typeNames().isEmpty()) {
            return Optional.empty();
        }
        String guard = boundary.guardRows().get(0);
        long before = after.map(boundaryBefore -> boundaryBefore.seen(guard).version())
                .orElse(0L);
        return Optional.of(new TaggedEvents.Whole(guard, boundary.seen(guard).version() - before));
    }
}
