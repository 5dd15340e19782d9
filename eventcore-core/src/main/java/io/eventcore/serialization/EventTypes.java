package io.eventcore.serialization;

import io.eventcore.Event;
import io.eventcore.EventTag;
import io.eventcore.EventType;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Which event class is stored under which name.
 *
 * <p>The name comes from {@link EventType}, or from the {@link Builder}. No class name is ever stored (unless a
 * prototype {@linkplain Builder#deriveMissingNames() asks for it}), and stored text chooses a class only among those
 * registered here. Immutable, safe for any number of threads.
 *
 * @since 0.1
 */
public final class EventTypes {
    private static final int MAX_NAME_LENGTH = 255;

    private final Map<Class<? extends Event>, String> names;
    private final Map<String, Class<? extends Event>> classes;
    private final Upcasting upcasting;

    private EventTypes(Builder builder, Upcasting upcasting) {
        this.names = Collections.unmodifiableMap(new LinkedHashMap<>(builder.names));
        this.classes = Collections.unmodifiableMap(new LinkedHashMap<>(builder.classes));
        this.upcasting = upcasting;
    }

    /**
     * The event classes at and below these types.
     *
     * @param roots event classes, or sealed types whose permitted classes are registered
     * @throws DuplicateEventTypeException if two classes claim the same name
     * @throws MissingEventTypeException if a class has no name; the message contains the line to add
     * @throws IllegalArgumentException if a type is neither an event class nor sealed, or a name is not valid
     */
    @SafeVarargs
    public static EventTypes of(Class<? extends Event>... roots) {
        Builder builder = builder();
        for (Class<? extends Event> root : roots) {
            builder.register(root);
        }
        return builder.build();
    }

    /** As {@link #of(Class[])}. */
    public static EventTypes of(Collection<? extends Class<? extends Event>> roots) {
        Builder builder = builder();
        roots.forEach(builder::register);
        return builder.build();
    }

    /** A registry to fill class by class. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The name that events of this class are stored under.
     *
     * @throws IllegalArgumentException if the class is not registered
     */
    public String nameOf(Class<? extends Event> type) {
        String name = names.get(type);
        if (name == null) {
            throw new IllegalArgumentException("Event class " + type.getName()
                    + " is not registered: add it, or the sealed interface above it, to the event types. "
                    + remedy(type));
        }
        return name;
    }

    /** These types plus another one, under the name that it declares. */
    EventTypes with(Class<? extends Event> type) {
        if (names.containsKey(type)) {
            return this;
        }
        Builder builder = builder();
        builder.names.putAll(names);
        builder.classes.putAll(classes);
        return new EventTypes(builder.register(type), upcasting);
    }

    /** The class of events stored under this name or alias, if one is registered. */
    public Optional<Class<? extends Event>> classOf(String name) {
        return Optional.ofNullable(classes.get(name));
    }

    /** The registered classes. */
    public Set<Class<? extends Event>> types() {
        return names.keySet();
    }

    /**
     * Every name whose events can be read: the names and aliases of the registered classes, and those at which
     * upcasters begin.
     */
    public Set<String> storedNames() {
        Set<String> found = new LinkedHashSet<>(classes.keySet());
        upcasting.all().forEach(upcaster -> found.add(upcaster.from()));
        return found;
    }

    /**
     * Every name that events which are read as {@code type} may be stored under: the names and aliases of the registered
     * classes that are {@code type} or below it, and the names from which upcasters lead to one of these.
     *
     * @throws IllegalArgumentException if there are none
     */
    public Set<String> namesOf(Class<? extends Event> type) {
        Set<String> found = new LinkedHashSet<>();
        classes.forEach((name, candidate) -> {
            if (type.isAssignableFrom(candidate)) {
                found.add(name);
            }
        });
        if (found.isEmpty()) {
            throw new IllegalArgumentException("No registered event class is a " + type.getName()
                    + ": add it, or the classes below it, to the event types. " + remedy(type));
        }
        return upcasting.leadingTo(found);
    }

    /** The upcasters of events that are stored in earlier shapes. */
    Upcasting upcasting() {
        return upcasting;
    }

    /**
     * Checks that an upcaster of an application is one of those that read events.
     *
     * @throws InvalidUpcastersException if it is not; says what to do
     */
    public void requireUpcaster(Upcaster upcaster) {
        if (!upcasting.all().contains(upcaster)) {
            throw new InvalidUpcastersException(
                    "There is an upcaster %s, but the event types were built without it".formatted(upcaster),
                    "Add it to the EventTypes.Builder of your own event types, or let the library build the event"
                            + " types.");
        }
    }

    /**
     * A short text that identifies how stored events are read: it changes with the upcasters, and is empty if there are
     * none. Results computed from events that were read in another way, such as states of snapshots, are computed
     * again.
     */
    public String readingKey() {
        return upcasting.key();
    }

    /** Whether events can be stored under this name. */
    static boolean isStoredName(String name) {
        return !name.isEmpty()
                && name.equals(name.strip())
                && name.codePointCount(0, name.length()) <= MAX_NAME_LENGTH
                && name.chars().noneMatch(Character::isISOControl)
                && StandardCharsets.UTF_8.newEncoder().canEncode(name);
    }

    private static String remedy(Class<?> type) {
        return "With Spring Boot, add its package " + type.getPackageName()
                + " to eventcore.event-packages, or the class by an EventTypesCustomizer.";
    }

    /** The names, without the classes behind them. */
    @Override
    public String toString() {
        return "EventTypes" + classes.keySet();
    }

    /**
     * Collects event classes. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final Map<Class<? extends Event>, String> names = new LinkedHashMap<>();
        private final Map<String, Class<? extends Event>> classes = new LinkedHashMap<>();
        private final Set<Class<? extends Event>> unnamed = new LinkedHashSet<>();
        private final Map<String, Class<? extends Event>> laterRevisions = new LinkedHashMap<>();
        private final List<Upcaster> upcasters = new ArrayList<>();
        private boolean derived;
        private boolean onlyNewEvents;

        private Builder() {}

        /**
         * Stores events of classes that have no name under the simple name of their class. For prototypes: renaming such
         * a class makes its stored events unreadable.
         */
        public Builder deriveMissingNames() {
            derived = true;
            return this;
        }

        /**
         * Registers an event class under the name it declares, or every event class below a sealed type. Registering a
         * class again has no effect. A class that declares no name can get one until the registry is built.
         *
         * @throws DuplicateEventTypeException if another class claims one of the names
         * @throws IllegalArgumentException if the type is neither an event class nor sealed, or a name is not
         *     acceptable
         */
        public Builder register(Class<? extends Event> type) {
            Objects.requireNonNull(type, "type");
            if (isEventClass(type)) {
                registerDeclared(type);
            }
            if (type.isSealed()) {
                for (Class<?> permitted : type.getPermittedSubclasses()) {
                    register(permitted.asSubclass(Event.class));
                }
            } else if (!isEventClass(type)) {
                throw new IllegalArgumentException(type.getName()
                        + " is not sealed, so the event classes below it are unknown: seal it or register them");
            }
            return this;
        }

        /**
         * Registers an event class under this name, whatever it declares. For classes that cannot be annotated.
         *
         * @throws DuplicateEventTypeException if another class claims one of the names
         * @throws IllegalArgumentException if the class already has another name, a name is not valid, or a
         *     {@link io.eventcore.Tag} marks what cannot be a tag
         */
        public Builder register(Class<? extends Event> type, String name, String... aliases) {
            EventTag.namesMarkedOn(type);
            String before = names.putIfAbsent(type, name);
            if (before != null && !before.equals(name)) {
                throw new IllegalArgumentException(
                        "%s is already registered as '%s', not as '%s'".formatted(type.getName(), before, name));
            }
            claim(name, type);
            for (String alias : aliases) {
                claim(alias, type);
            }
            return this;
        }

        /** Reads events with an upcaster: those that are stored under the name at which it begins. */
        public Builder upcaster(Upcaster upcaster) {
            upcasters.add(Objects.requireNonNull(upcaster, "upcaster"));
            return this;
        }

        /**
         * Does not require upcasters from the earlier revisions of the classes: for code that reads no events stored
         * earlier, such as tests.
         */
        public Builder forNewEventsOnly() {
            onlyNewEvents = true;
            return this;
        }

        /**
         * The registry of what was collected.
         *
         * @throws MissingEventTypeException if a class has no name; names the line to add
         * @throws DuplicateEventTypeException if two classes claim the same derived name
         * @throws InvalidUpcastersException if upcasters contradict each other, or do not lead to a class; the message
         *     names them
         */
        public EventTypes build() {
            List<Class<? extends Event>> missing =
                    unnamed.stream().filter(type -> !names.containsKey(type)).toList();
            if (!derived && !missing.isEmpty()) {
                throw new MissingEventTypeException(missing);
            }
            missing.forEach(type -> register(type, type.getSimpleName()));
            return new EventTypes(
                    this, UpcastingCheck.compose(upcasters, classes, onlyNewEvents ? Map.of() : laterRevisions));
        }

        private static boolean isEventClass(Class<?> type) {
            return !type.isInterface() && !Modifier.isAbstract(type.getModifiers());
        }

        private void registerDeclared(Class<? extends Event> type) {
            EventType declared = type.getAnnotation(EventType.class);
            if (declared == null) {
                unnamed.add(type);
            } else {
                register(type, storedName(declared, type), declared.aliases());
            }
        }

        private String storedName(EventType declared, Class<? extends Event> type) {
            if (declared.revision() < 1) {
                throw new IllegalArgumentException("The revision in @EventType on %s must be at least 1, is %d"
                        .formatted(type.getName(), declared.revision()));
            }
            if (declared.revision() == 1) {
                return declared.value();
            }
            if (Revision.of(declared.value()).number() > 1) {
                throw new IllegalArgumentException(
                        ("@EventType on %s has a revision, and a name that also ends with one: write '%s' without the"
                                        + " number")
                                .formatted(type.getName(), declared.value()));
            }
            String name = new Revision(declared.value(), declared.revision()).storedName();
            laterRevisions.put(name, type);
            return name;
        }

        private void claim(String name, Class<? extends Event> type) {
            checkName(name, type);
            Class<? extends Event> before = classes.putIfAbsent(name, type);
            if (before != null && before != type) {
                throw new DuplicateEventTypeException(name, before, type);
            }
        }

        private static void checkName(String name, Class<?> type) {
            if (!isStoredName(name)) {
                throw new IllegalArgumentException("The event type name of " + type.getName()
                        + " must have 1 to 255 characters, no control characters and no white space around it");
            }
        }
    }
}
