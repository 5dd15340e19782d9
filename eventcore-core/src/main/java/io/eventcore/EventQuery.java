package io.eventcore;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Which events a decision rests on: those that match any of its items. An item matches the events of a stream, or the
 * events that carry all of its tags; if it names types, only events of these types.
 *
 * <pre>{@code
 * EventQuery.tagged("course", course).ofTypes(CourseOpened.class)
 *         .or(EventQuery.tagged("course", course).and("student", student));
 * }</pre>
 *
 * <p>There is no query for types alone, nor for everything: a decision on it would have to wait for every append. Give
 * the types a tag without a value instead ({@link Tag} on the type), which makes the cost visible. Immutable.
 *
 * @param items what matches; one at least, 100 at most
 * @since 0.1
 */
public record EventQuery(List<Item> items) {
    private static final int MAX_ITEMS = 100;
    private static final int MAX_TYPES = 1_000;

    /**
     * One way to match.
     *
     * @param stream the stream that the event is in; empty if the item has tags
     * @param tags the tags that the event carries, in their order; empty for a stream
     * @param types the event types wanted, each standing for itself and its subtypes; empty if every type is
     * @param typeNames the names that events wanted are stored under, once a store has
     *     {@linkplain EventQuery#resolve looked them up}; empty if every type is wanted, or if no store has looked them
     *     up yet
     */
    public record Item(
            Optional<StreamId> stream, List<EventTag> tags, Set<Class<? extends Event>> types, Set<String> typeNames) {
        /**
         * Sorts and copies.
         *
         * @throws IllegalArgumentException if there is neither a stream nor a tag, or both; or if a limit is exceeded
         */
        public Item {
            Objects.requireNonNull(stream, "stream");
            tags = List.copyOf(new TreeSet<>(tags));
            types = Set.copyOf(types);
            typeNames = Set.copyOf(typeNames);
            if (stream.isEmpty() && tags.isEmpty()) {
                throw new IllegalArgumentException("A query needs a stream or a tag: a decision on types alone, or on"
                        + " everything, would have to wait for every append. Mark the types with @Tag(\"...\") and query"
                        + " that tag");
            }
            if (stream.isPresent() && !tags.isEmpty()) {
                throw new IllegalArgumentException(
                        "A query asks for stream '%s' or for tags, not for events of the stream with tags"
                                .formatted(stream.get()));
            }
            if (tags.size() > EventTag.MAX_PER_EVENT) {
                throw new IllegalArgumentException("No event carries more than %d tags, the query asks for %d"
                        .formatted(EventTag.MAX_PER_EVENT, tags.size()));
            }
            if (types.size() > MAX_TYPES || typeNames.size() > MAX_TYPES) {
                throw new IllegalArgumentException("A query may name at most " + MAX_TYPES + " types");
            }
        }

        /** Whether events of every type match. */
        boolean wantsEveryType() {
            return types.isEmpty() && typeNames.isEmpty();
        }

        /** Whether an event stored with these values matches; for an item whose names a store has looked up. */
        public boolean matches(StreamId home, Set<EventTag> carried, String typeName) {
            return (typeNames.isEmpty() || typeNames.contains(typeName))
                    && (stream.isPresent() ? stream.get().equals(home) : carried.containsAll(tags));
        }

        @Override
        public String toString() {
            String subject = stream.isPresent() ? "stream " + stream.get() : tags.toString();
            return typeNames.isEmpty() && types.isEmpty()
                    ? subject
                    : subject + " of " + (types.isEmpty() ? new TreeSet<>(typeNames) : types);
        }
    }

    /**
     * Copies the items, without duplicates.
     *
     * @throws IllegalArgumentException if there is none, or more than 100
     */
    public EventQuery {
        items = List.copyOf(new LinkedHashSet<>(items));
        if (items.isEmpty()) {
            throw new IllegalArgumentException("A query needs a stream or a tag");
        }
        if (items.size() > MAX_ITEMS) {
            throw new IllegalArgumentException(
                    "A query may have at most %d items, has %d".formatted(MAX_ITEMS, items.size()));
        }
    }

    /** The events that carry this tag. */
    public static EventQuery tagged(EventTag tag) {
        return ofItem(Optional.empty(), List.of(tag));
    }

    /**
     * The events that carry the tag of one subject.
     *
     * @throws IllegalArgumentException if it is no tag; see {@link EventTag}
     */
    public static EventQuery tagged(String name, String value) {
        return tagged(EventTag.of(name, value));
    }

    /** The events of a stream. */
    public static EventQuery ofStream(StreamId streamId) {
        return ofItem(Optional.of(streamId), List.of());
    }

    private static EventQuery ofItem(Optional<StreamId> stream, List<EventTag> tags) {
        return new EventQuery(List.of(new Item(stream, tags, Set.of(), Set.of())));
    }

    /**
     * Of these events, those that carry this tag too.
     *
     * @throws IllegalArgumentException if the query asks for a stream
     */
    public EventQuery and(EventTag tag) {
        Objects.requireNonNull(tag, "tag");
        List<Item> narrowed = new ArrayList<>();
        for (Item item : items) {
            List<EventTag> more = new ArrayList<>(item.tags);
            more.add(tag);
            narrowed.add(new Item(item.stream, more, item.types, item.typeNames));
        }
        return new EventQuery(narrowed);
    }

    /**
     * Of these events, those that carry the tag of this subject too.
     *
     * @throws IllegalArgumentException if it is not a valid tag, or the query asks for a stream
     */
    public EventQuery and(String name, String value) {
        return and(EventTag.of(name, value));
    }

    /**
     * These events and those of another query.
     *
     * @throws IllegalArgumentException if the two have more than 100 items together
     */
    public EventQuery or(EventQuery other) {
        List<Item> both = new ArrayList<>(items);
        both.addAll(other.items);
        return new EventQuery(both);
    }

    /**
     * Of these events, those of the types given. Events stored under an alias of a type, or under a name from which
     * upcasters lead to it, count as events of that type.
     *
     * @param wanted event classes, or interfaces that stand for every registered event class below them
     * @throws IllegalArgumentException if an item already names types: name them before {@link #or}
     */
    @SafeVarargs
    public final EventQuery ofTypes(Class<? extends Event>... wanted) {
        Set<Class<? extends Event>> types = new LinkedHashSet<>();
        for (Class<? extends Event> type : wanted) {
            types.add(type);
        }
        return narrowed(types);
    }

    private EventQuery narrowed(Set<Class<? extends Event>> wanted) {
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("ofTypes needs a type");
        }
        List<Item> narrowed = new ArrayList<>();
        for (Item item : items) {
            if (!item.wantsEveryType()) {
                throw new IllegalArgumentException(
                        "The query already names types: call ofTypes on each part before or(...)");
            }
            narrowed.add(new Item(item.stream, item.tags, wanted, Set.of()));
        }
        return new EventQuery(narrowed);
    }

    /**
     * This query with the names that events are stored under instead of types. For authors of stores.
     *
     * @param storedNames the names that events of a type are stored under
     * @param eventType the type that items without types stand for; {@link Event} for every type
     * @throws IllegalArgumentException if a type is not registered
     */
    public EventQuery resolve(
            Function<? super Class<? extends Event>, Set<String>> storedNames, Class<? extends Event> eventType) {
        List<Item> resolved = new ArrayList<>();
        for (Item item : items) {
            Set<String> names = new HashSet<>(item.typeNames);
            item.types.forEach(type -> names.addAll(storedNames.apply(type)));
            if (item.wantsEveryType() && eventType != Event.class) {
                names.addAll(storedNames.apply(eventType));
            }
            resolved.add(new Item(item.stream, item.tags, Set.of(), names));
        }
        return new EventQuery(resolved);
    }

    /** Whether an event stored with these values matches; for a query whose names a store has looked up. */
    public boolean matches(StreamId home, Set<EventTag> carried, String typeName) {
        for (Item item : items) {
            if (item.matches(home, carried, typeName)) {
                return true;
            }
        }
        return false;
    }

    /** The types that the items want; empty if one item wants all. */
    Set<Class<? extends Event>> wantedTypes() {
        Set<Class<? extends Event>> wanted = new HashSet<>();
        for (Item item : items) {
            if (item.types.isEmpty()) {
                return Set.of();
            }
            wanted.addAll(item.types);
        }
        return wanted;
    }

    /** Whether it names classes, which only a store can turn into stored names. */
    boolean namesClasses() {
        return items.stream().anyMatch(item -> !item.types.isEmpty());
    }

    @Override
    public String toString() {
        return String.join(" or ", items.stream().map(Item::toString).toList());
    }
}
