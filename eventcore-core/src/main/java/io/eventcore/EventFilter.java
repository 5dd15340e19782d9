package io.eventcore;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which events of the log a reader wants: those of matching streams, optionally of certain types only.
 *
 * <p>Applied before the limit of a page: a page is never short because others were left out. Immutable.
 *
 * @param streams the pattern that stream ids must match
 * @param types the event types wanted, each standing for itself and its subtypes; empty means all
 * @since 0.1
 */
public record EventFilter(StreamPattern streams, Set<Class<? extends Event>> types) {
    private static final EventFilter ALL = new EventFilter(StreamPattern.all(), Set.of());

    /** Copies the types. */
    public EventFilter {
        Objects.requireNonNull(streams, "streams");
        types = Set.copyOf(types);
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

    /**
     * This filter, narrowed to event types. Events stored under an alias of a type, or under a name
     * that upcasters lead from to it, count as events of that type.
     *
     * @param wanted event classes, or interfaces that stand for every registered event class below them
     */
    @SafeVarargs
    public final EventFilter ofTypes(Class<? extends Event>... wanted) {
        Set<Class<? extends Event>> more = new LinkedHashSet<>(types);
        for (Class<? extends Event> type : wanted) {
            more.add(type);
        }
        return new EventFilter(streams, more);
    }

    /**
     * Tells which events match, by the names that events of the {@link #types()} are stored under. For authors of stores.
     *
     * @param typeNames the names; all of them, old names included
     */
    public Predicate<StoredEvent> matchingNames(Set<String> typeNames) {
        Set<String> names = Set.copyOf(typeNames);
        boolean everyStream = streams.equals(StreamPattern.all());
        return event -> (types.isEmpty() || names.contains(event.typeName()))
                && (everyStream || streams.matches(event.streamId()));
    }

    /**
     * Those of the parts of a stored event that are of the {@link #types()} wanted; all, if every type is. For what decodes
     * events that were found by their stored names: one name may lead to several types.
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
        return types.isEmpty() && streams.equals(StreamPattern.all());
    }
}
