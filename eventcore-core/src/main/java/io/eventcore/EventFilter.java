package io.eventcore;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which events of the log a reader wants: those of matching streams, optionally only of certain types, or only those
 * that carry certain tags.
 *
 * <p>An event carries the tags that it was appended with. If a backfill gives old events more tags, a reader that has
 * passed these events does not see them: let it begin again. During the backfill, the store refuses pages by a tag of
 * that name.
 *
 * <p>Applied before the limit of a page: a page is never short because other events were left out. Immutable.
 *
 * @param streams the pattern that stream ids must match
 * @param types the event types wanted, each standing for itself and its subtypes; empty means all
 * @param tags the tags that an event must carry, all of them; empty means any or none
 * @since 0.1
 */
public record EventFilter(StreamPattern streams, Set<Class<? extends Event>> types, Set<EventTag> tags) {
    private static final EventFilter ALL = new EventFilter(StreamPattern.all(), Set.of());

    /**
     * Copies types and tags.
     *
     * @throws IllegalArgumentException if there are more tags than one event carries
     */
    public EventFilter {
        Objects.requireNonNull(streams, "streams");
        types = Set.copyOf(types);
        tags = Set.copyOf(tags);
        if (tags.size() > EventTag.MAX_PER_EVENT) {
            throw new IllegalArgumentException("No event carries more than %d tags, the filter asks for %d"
                    .formatted(EventTag.MAX_PER_EVENT, tags.size()));
        }
    }

    /** A filter that asks for no tags. */
    public EventFilter(StreamPattern streams, Set<Class<? extends Event>> types) {
        this(streams, types, Set.of());
    }

    /** Every event. */
    public static EventFilter all() {
        return ALL;
    }

    /** The events of the streams whose ids begin with this prefix. */
    public static EventFilter prefix(StreamPrefix prefix) {
        return new EventFilter(StreamPattern.startingWith(prefix), Set.of());
    }

    /** The events of the streams whose ids match this pattern. */
    public static EventFilter pattern(StreamPattern pattern) {
        return new EventFilter(pattern, Set.of());
    }

    /** The events that carry this tag, whatever their streams. */
    public static EventFilter tagged(EventTag tag) {
        return ALL.and(tag);
    }

    /**
     * The events that carry the tag of one subject, whatever their streams.
     *
     * @throws IllegalArgumentException if it is not a valid tag; see {@link EventTag}
     */
    public static EventFilter tagged(String name, String value) {
        return tagged(EventTag.of(name, value));
    }

    /**
     * This filter, narrowed to events that carry this tag too.
     *
     * @throws IllegalArgumentException if these are more tags than one event carries
     */
    public EventFilter and(EventTag tag) {
        Objects.requireNonNull(tag, "tag");
        Set<EventTag> more = new LinkedHashSet<>(tags);
        more.add(tag);
        return new EventFilter(streams, types, more);
    }

    /**
     * This filter, narrowed to events that carry the tag of this subject too.
     *
     * @throws IllegalArgumentException if it is not a valid tag, or these are more tags than one event carries
     */
    public EventFilter and(String name, String value) {
        return and(EventTag.of(name, value));
    }

    /** This filter, whatever tags events carry. */
    public EventFilter withAnyTags() {
        return tags.isEmpty() ? this : new EventFilter(streams, types);
    }

    /**
     * This filter, narrowed to event types. Events stored under an alias of a type, or under a name from which
     * upcasters lead to it, count as events of that type.
     *
     * @param wanted event classes, or interfaces that stand for every registered event class below them
     */
    @SafeVarargs
    public final EventFilter ofTypes(Class<? extends Event>... wanted) {
        Set<Class<? extends Event>> more = new LinkedHashSet<>(types);
        for (Class<? extends Event> type : wanted) {
            more.add(type);
        }
        return new EventFilter(streams, more, tags);
    }

    /**
     * Decides which events match, by the stored names of the {@link #types()}. For authors of stores.
     *
     * @param typeNames the names; all of them, old names included
     * @throws IllegalArgumentException if the filter asks for tags: an event that was read does not show its tags
     */
    public Predicate<StoredEvent> matchingNames(Set<String> typeNames) {
        if (!tags.isEmpty()) {
            throw new IllegalArgumentException(
                    "An event that was read does not show its tags: read with the filter" + " instead");
        }
        Set<String> names = Set.copyOf(typeNames);
        boolean everyStream = streams.equals(StreamPattern.all());
        return event -> (types.isEmpty() || names.contains(event.typeName()))
                && (everyStream || streams.matches(event.streamId()));
    }

    /**
     * The parts of a stored event that are of the wanted {@link #types()}; all parts if every type is wanted. For code
     * that decodes events found by their stored names: one name may lead to several types.
     */
    public <E extends Event> List<RecordedEvent<E>> only(List<RecordedEvent<E>> parts) {
        if (types.isEmpty()) {
            return parts;
        }
        for (RecordedEvent<E> part : parts) {
            if (!wants(part.event())) {
                return parts.stream().filter(other -> wants(other.event())).toList();
            }
        }
        return parts;
    }

    private boolean wants(Event event) {
        for (Class<? extends Event> type : types) {
            if (type.isInstance(event)) {
                return true;
            }
        }
        return false;
    }

    /** Whether every event matches. */
    public boolean matchesAll() {
        return types.isEmpty() && tags.isEmpty() && streams.equals(StreamPattern.all());
    }
}
