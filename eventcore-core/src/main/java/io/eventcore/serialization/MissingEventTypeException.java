package io.eventcore.serialization;

import io.eventcore.Event;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Event classes have no stored name: a programming error, found when the names are registered.
 *
 * <p>Give each of them a name with {@link io.eventcore.EventType}; the message contains the line to add. Otherwise,
 * only class names are available, and stored events could not be read after a class is renamed.
 *
 * @since 0.1
 */
public final class MissingEventTypeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_LINES = 50;

    private final transient List<Class<? extends Event>> types;

    MissingEventTypeException(Collection<Class<? extends Event>> types) {
        super("Event classes without a stored name. Add to\n"
                + types.stream()
                        .limit(MAX_LINES)
                        .map(type -> "    " + type.getName() + ": " + lineFor(type))
                        .collect(Collectors.joining("\n"))
                + (types.size() > MAX_LINES ? "\n    and to " + (types.size() - MAX_LINES) + " more" : ""));
        this.types = List.copyOf(types);
    }

    /** The classes. */
    public List<Class<? extends Event>> types() {
        return types;
    }

    /**
     * The line to add to an event class that has no name. The name begins with what the class belongs to: the interface
     * around it, or its package.
     */
    public static String lineFor(Class<? extends Event> type) {
        Class<?> around = type.getEnclosingClass();
        String topic = around == null
                ? type.getPackageName().replaceAll(".*\\.", "")
                : kebab(around.getSimpleName().replaceAll("(?<=.)Events?$", ""));
        String name = kebab(type.getSimpleName());
        return "@EventType(\"%s\")".formatted(topic.isEmpty() ? name : topic + "." + name);
    }

    private static String kebab(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-")
                .toLowerCase(Locale.ROOT);
    }
}
