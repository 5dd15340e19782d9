package io.eventcore;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What a decision was made on: a query, and the last events that it had found when it was read. An append that
 * {@linkplain StreamWrites#restingOn rests on} it succeeds only if no event that matches the query has been committed
 * since.
 *
 * <p>Reading makes a boundary ({@link EventStore#readEvents(EventQuery, Class)}). It holds a place for each tag and
 * stream, never one position for the query: positions are assigned before the commit, so an event may appear below one
 * that was read. As {@linkplain #toText() text} it can leave the process, for example as an ETag. Immutable.
 *
 * @since 0.1
 */
public final class Boundary implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int MAX_TEXT = 1 << 20;
    private static final String FORM = "1";
    private static final String BETWEEN_PARTS = "\u001e";
    private static final String BETWEEN_FIELDS = "\u001f";
    private static final String BETWEEN_VALUES = "\u001d";

    /**
     * What a reader saw of a guard: the one stream or tag of an item whose row an append locks.
     *
     * @param version how many committed events it had
     * @param lastPosition the highest position of its events; 0 if it had none, or for a stream
     */
    public record Seen(long version, long lastPosition) implements Serializable {
        /** No events seen. */
        public static final Seen NOTHING = new Seen(0, 0);

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if one is negative
         */
        public Seen {
            if (version < 0 || lastPosition < 0) {
                throw new IllegalArgumentException("A boundary counts from 0");
            }
        }
    }

    /**
     * A row that an append resting on the boundary locks, and the events that must not have been added to it. For
     * authors of stores.
     *
     * @param rowId the stream's id, or the {@linkplain EventTag#rowId() row of the tag}
     * @param seen what the reader saw
     * @param conditions a new event must match none of these
     */
    public record Guard(String rowId, Seen seen, List<Condition> conditions) implements Serializable {
        /** Copies the conditions. */
        public Guard {
            Objects.requireNonNull(rowId, "rowId");
            Objects.requireNonNull(seen, "seen");
            conditions = List.copyOf(conditions);
        }

        /** Whether every event of the guard matches, so that a row that has moved is a conflict without a check. */
        public boolean matchesEveryEvent() {
            return conditions.stream().anyMatch(Condition::matchesEveryEvent);
        }
    }

    /**
     * Which events of a guard match an item.
     *
     * @param otherTags the rows of the other tags that the event carries, in their order
     * @param typeNames the names of which it has one; empty if any
     */
    public record Condition(List<String> otherTags, Set<String> typeNames) implements Serializable {
        /** Copies both. */
        public Condition {
            otherTags = List.copyOf(otherTags);
            typeNames = Set.copyOf(typeNames);
        }

        boolean matchesEveryEvent() {
            return otherTags.isEmpty() && typeNames.isEmpty();
        }
    }

    private final transient EventQuery query;
    private final transient List<String> guards;
    private final transient Map<String, Seen> seen;
    private final transient boolean read;

    private Boundary(EventQuery query, List<String> guards, Map<String, Seen> seen, boolean read) {
        this.query = query;
        this.guards = List.copyOf(guards);
        this.seen = Collections.unmodifiableMap(new TreeMap<>(seen));
        this.read = read;
    }

    /**
     * The boundary of a reader that found nothing: no event that matches has ever been stored. If there may be many
     * events besides the matching ones, read instead.
     */
    public static Boundary nothing(EventQuery query) {
        List<String> guards = new ArrayList<>();
        Map<String, Seen> seen = new TreeMap<>();
        for (EventQuery.Item item : query.items()) {
            String guard = item.stream()
                    .map(StreamId::value)
                    .orElseGet(() -> item.tags().get(0).rowId());
            guards.add(guard);
            seen.put(guard, Seen.NOTHING);
        }
        return new Boundary(query, guards, seen, false);
    }

    /**
     * Where to go on reading items of one tag or stream each, for {@link StoreInternals#readMatching}. Let no append
     * rest on it: no read has found that nothing else matches.
     *
     * @param known what is known of some of their rows; of the others, everything is to be read
     * @throws IllegalArgumentException if an item has several tags
     */
    public static Boundary after(EventQuery query, Map<String, Seen> known) {
        if (query.items().stream().anyMatch(item -> item.tags().size() > 1)) {
            throw new IllegalArgumentException("Which of several tags guards an item is not known before it is read");
        }
        Boundary from = nothing(query);
        Map<String, Seen> seen = new TreeMap<>(from.seen);
        seen.replaceAll((row, nothing) -> known.getOrDefault(row, nothing));
        return new Boundary(query, from.guards, seen, false);
    }

    /**
     * What a store has read. For authors of stores.
     *
     * @param query with the names that events are stored under
     * @param guards for each item the row of its guard: its stream, or one of its tags
     * @param seen for each guard what the first statement of the read saw of it
     * @throws IllegalArgumentException if a guard does not belong to its item, or {@code seen} lacks it
     */
    public static Boundary of(EventQuery query, List<String> guards, Map<String, Seen> seen) {
        return told(query, guards, seen, true);
    }

    private static Boundary told(EventQuery query, List<String> guards, Map<String, Seen> seen, boolean read) {
        if (guards.size() != query.items().size() || query.namesClasses()) {
            throw new IllegalArgumentException("A boundary needs a guard for each item, and stored names");
        }
        Map<String, Seen> used = new TreeMap<>();
        for (int i = 0; i < guards.size(); i++) {
            String guard = guards.get(i);
            Seen found = seen.get(guard);
            if (!rowsOf(query.items().get(i)).contains(guard) || found == null) {
                throw new IllegalArgumentException("A boundary has no such guard");
            }
            used.put(guard, found);
        }
        return new Boundary(query, guards, used, read);
    }

    private static List<String> rowsOf(EventQuery.Item item) {
        return item.stream().isPresent()
                ? List.of(item.stream().get().value())
                : item.tags().stream().map(EventTag::rowId).toList();
    }

    /** The query that was read. */
    public EventQuery query() {
        return query;
    }

    /**
     * Whether a store has read this in this process. A store refuses to read while a backfill gives stored events one
     * of the tags; no store has checked that for a boundary of {@link #nothing}, or of a text. For authors of stores.
     */
    public boolean wasRead() {
        return read;
    }

    /** The guard of each item of the query, in the order of the items. For authors of stores. */
    public List<String> guardRows() {
        return guards;
    }

    /**
     * What was seen of a guard. For authors of stores.
     *
     * @throws IllegalArgumentException if it is none of {@link #guardRows()}
     */
    public Seen seen(String guardRow) {
        Seen found = seen.get(guardRow);
        if (found == null) {
            throw new IllegalArgumentException("Not a guard of this boundary");
        }
        return found;
    }

    /**
     * The highest position that was seen; {@link GlobalPosition#START} if no event was seen, or the query names only
     * streams.
     */
    public GlobalPosition lastPosition() {
        return GlobalPosition.of(
                seen.values().stream().mapToLong(Seen::lastPosition).max().orElse(0));
    }

    /** Each guard once, in the order of the rows. For authors of stores. */
    public List<Guard> guards() {
        List<Guard> found = new ArrayList<>();
        seen.forEach((row, what) -> {
            List<Condition> conditions = new ArrayList<>();
            for (int i = 0; i < guards.size(); i++) {
                if (guards.get(i).equals(row)) {
                    EventQuery.Item item = query.items().get(i);
                    List<String> others = rowsOf(item).stream()
                            .filter(other -> !other.equals(row))
                            .toList();
                    conditions.add(new Condition(others, item.typeNames()));
                }
            }
            found.add(new Guard(row, what, conditions));
        });
        found.sort((a, b) -> Identifiers.compareCodePoints(a.rowId(), b.rowId()));
        return found;
    }

    /**
     * This boundary with the names that events are stored under instead of types. For authors of stores.
     *
     * @throws IllegalArgumentException if a type is not registered
     */
    public Boundary resolve(Function<? super Class<? extends Event>, Set<String>> storedNames) {
        if (!query.namesClasses()) {
            return this;
        }
        EventQuery resolved = query.resolve(storedNames, Event.class);
        return resolved.items().size() == guards.size()
                ? new Boundary(resolved, guards, seen, read)
                : nothing(resolved);
    }

    /**
     * The boundary as a short text of letters, digits, {@code -} and {@code _}. Not signed: a client that changes it
     * only changes what its own append rests on.
     *
     * @throws IllegalStateException if it is {@link #nothing} of a query that names classes, or its text would be
     *     longer than a mebibyte
     */
    public String toText() {
        if (query.namesClasses()) {
            throw new IllegalStateException(
                    "A boundary that was not read has no text if it names classes, because only a store knows their"
                            + " stored names");
        }
        List<String> parts = new ArrayList<>();
        parts.add(FORM);
        for (int i = 0; i < guards.size(); i++) {
            EventQuery.Item item = query.items().get(i);
            Seen what = seen(guards.get(i));
            parts.add(String.join(
                    BETWEEN_FIELDS,
                    item.stream().map(StreamId::value).orElse(""),
                    String.join(
                            BETWEEN_VALUES,
                            item.tags().stream().map(Boundary::written).toList()),
                    String.join(BETWEEN_VALUES, new TreeSet<>(item.typeNames())),
                    Integer.toString(rowsOf(item).indexOf(guards.get(i))),
                    Long.toString(what.version()),
                    Long.toString(what.lastPosition())));
        }
        String text = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(String.join(BETWEEN_PARTS, parts).getBytes(StandardCharsets.UTF_8));
        if (text.length() > MAX_TEXT) {
            throw new IllegalStateException("A boundary of %d items has too long a text: %d characters"
                    .formatted(guards.size(), text.length()));
        }
        return text;
    }

    private static String written(EventTag tag) {
        return tag.name() + ':' + tag.value();
    }

    /**
     * The boundary of a text.
     *
     * @throws IllegalArgumentException if it is not {@link #toText()} of a boundary
     */
    public static Boundary ofText(String text) {
        if (text.length() > MAX_TEXT) {
            throw new IllegalArgumentException("Not the text of a boundary: too long");
        }
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(BETWEEN_PARTS, -1);
            if (!parts[0].equals(FORM)) {
                throw new IllegalArgumentException("unknown form");
            }
            List<EventQuery.Item> items = new ArrayList<>();
            List<String> guards = new ArrayList<>();
            Map<String, Seen> seen = new TreeMap<>();
            for (int i = 1; i < parts.length; i++) {
                String[] fields = parts[i].split(BETWEEN_FIELDS, -1);
                if (fields.length != 6) {
                    throw new IllegalArgumentException("an item has six fields");
                }
                EventQuery.Item item = new EventQuery.Item(
                        fields[0].isEmpty() ? Optional.empty() : Optional.of(StreamId.of(fields[0])),
                        values(fields[1]).stream().map(Boundary::tagOf).toList(),
                        Set.of(),
                        Set.copyOf(new TreeSet<>(values(fields[2]))));
                String guard = rowsOf(item).get(Integer.parseInt(fields[3]));
                Seen what = new Seen(Long.parseLong(fields[4]), Long.parseLong(fields[5]));
                Seen before = seen.putIfAbsent(guard, what);
                if (before != null && !before.equals(what)) {
                    throw new IllegalArgumentException("two places of one guard");
                }
                items.add(item);
                guards.add(guard);
            }
            return told(new EventQuery(items), guards, seen, false);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("Not the text of a boundary", e);
        }
    }

    private static List<String> values(String field) {
        return field.isEmpty() ? List.of() : List.of(field.split(BETWEEN_VALUES, -1));
    }

    private static EventTag tagOf(String written) {
        int colon = written.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("a tag without a colon");
        }
        return new EventTag(written.substring(0, colon), written.substring(colon + 1));
    }

    private Object writeReplace() {
        return new Text(toText());
    }

    /** How Java serializes it. */
    private record Text(String text) implements Serializable {
        private Object readResolve() {
            return ofText(text);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Boundary that
                && query.equals(that.query)
                && guards.equals(that.guards)
                && seen.equals(that.seen);
    }

    @Override
    public int hashCode() {
        return Objects.hash(query, guards, seen);
    }

    /** The query, and how many events of each guard were seen. */
    @Override
    public String toString() {
        List<String> places = new ArrayList<>();
        seen.forEach((row, what) ->
                places.add((EventTag.isRow(row) ? EventTag.ofRow(row).toString() : row) + "@" + what.version()));
        return "Boundary[" + query + ", seen " + places + "]";
    }
}
