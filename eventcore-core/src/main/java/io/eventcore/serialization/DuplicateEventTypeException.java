package io.eventcore.serialization;

/**
 * Two event classes claim the same stored name: a programming error, found when the names are registered.
 *
 * <p>Give one of them another name with {@link io.eventcore.EventType}.
 *
 * @since 0.1
 */
public final class DuplicateEventTypeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String typeName;
    private final Class<?> first;
    private final Class<?> second;

    DuplicateEventTypeException(String typeName, Class<?> first, Class<?> second) {
        super("Event type name '%s' is claimed by both %s and %s"
                .formatted(typeName, first.getName(), second.getName()));
        this.typeName = typeName;
        this.first = first;
        this.second = second;
    }

    /** The name. */
    public String typeName() {
        return typeName;
    }

    /** The class that claimed it first. */
    public Class<?> first() {
        return first;
    }

    /** The class that claimed it second. */
    public Class<?> second() {
        return second;
    }
}
