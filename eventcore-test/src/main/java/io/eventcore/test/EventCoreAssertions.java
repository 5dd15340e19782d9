package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.command.Command;
import io.eventcore.command.CommandClasses;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.MissingEventTypeException;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.Upcaster;
import io.eventcore.snapshot.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonDifferenceCalculator;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.type.classreading.CachingMetadataReaderFactory;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.util.ClassUtils;

/**
 * Assertions for a test that belongs in every application: it finds at build time what would otherwise fail at the
 * first execution of a command.
 *
 * <pre>{@code
 * @Test
 * void commands_and_events_are_well_formed() {
 *     EventCoreAssertions.assertWellFormed("com.acme.bank");
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class EventCoreAssertions {
    private static final Path TYPES_FILE = Path.of("src", "test", "resources", "eventcore-types.json");
    private static final String UPDATE = "eventcore.types.update";

    private EventCoreAssertions() {}

    /**
     * Asserts that every command in a package and below it is well-formed: its {@code @Stream}s mark ids, it says which
     * events it reads, and all these events have a stored name of their own, given the event classes in the same
     * packages. Also asserts that samples of each of these event classes survive writing as JSON and reading back.
     *
     * <p>Samples are made with the constructor, with a value for each component: one has an element in each collection;
     * the others have each constant of an enum, each class of a sealed type, and each optional part once empty. A class
     * whose constructor refuses these values has no sample and so no check, nor has one with several constructors that
     * is not a record: the store checks their events when it stores them, and {@link CommandScenario} checks them in
     * tests. The JSON is that of the library alone; if the application adds modules or customizers, use
     * {@link #assertWellFormed(String, EventTypes, EventSerializer)}.
     *
     * @throws AssertionError if something is wrong, or if there is no command; the message names every class, its
     *     component and what to do
     */
    public static void assertWellFormed(String packageName) {
        List<Class<?>> classes = classesIn(packageName);
        EventTypes.Builder types = EventTypes.builder().forNewEventsOnly();
        List<String> problems = new ArrayList<>();
        for (Class<?> type : classes) {
            if (isConcrete(type) && Event.class.isAssignableFrom(type)) {
                register(type.asSubclass(Event.class), types, problems);
            }
        }
        EventTypes named = named(types, problems);
        check(packageName, classes, named, json(named), problems);
    }

    private static void register(Class<? extends Event> type, EventTypes.Builder types, List<String> problems) {
        try {
            types.register(type);
        } catch (IllegalArgumentException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }

    private static EventTypes named(EventTypes.Builder types, List<String> problems) {
        try {
            return types.build();
        } catch (MissingEventTypeException e) {
            for (Class<? extends Event> type : e.types()) {
                problems.add("%s has no stored name: add %s"
                        .formatted(type.getName(), MissingEventTypeException.lineFor(type)));
                types.register(type, type.getName());
            }
            return types.build();
        }
    }

    /**
     * As {@link #assertWellFormed(String)}, for an application that registers its event classes by hand.
     *
     * @param types the event classes the application works with
     */
    public static void assertWellFormed(String packageName, EventTypes types) {
        assertWellFormed(packageName, types, json(types));
    }

    /**
     * As {@link #assertWellFormed(String)}, for an application that registers its event classes by hand or adds to their
     * JSON.
     *
     * @param types the event classes the application works with
     * @param serializer writes and reads them as the application does
     */
    public static void assertWellFormed(String packageName, EventTypes types, EventSerializer serializer) {
        check(packageName, classesIn(packageName), types, serializer, new ArrayList<>());
    }

    /**
     * Asserts that every event class in a package and below it comes back from its JSON unchanged: writes and reads
     * samples of each, and compares them component by component.
     *
     * <p>Samples are made as for {@link #assertWellFormed(String)}, which tries them too, but skips a class without a
     * sample. Here that is an error: pass a sample. The JSON is that of the library alone; if the application adds
     * modules or customizers, use {@link #assertRoundTrips(EventTypes, EventSerializer, Event...)}.
     *
     * @param samples further samples: of classes for which none can be made, or with values that should be tried
     * @throws AssertionError if one does not come back, or there is no event class, or no sample of one; the message
     *     names every class, its component and what to do
     */
    public static void assertRoundTrips(String packageName, Event... samples) {
        EventTypes.Builder types = EventTypes.builder().forNewEventsOnly();
        List<String> problems = new ArrayList<>();
        for (Class<?> type : classesIn(packageName)) {
            if (isConcrete(type) && Event.class.isAssignableFrom(type)) {
                register(type.asSubclass(Event.class), types, problems);
            }
        }
        EventTypes named = named(types, problems);
        if (named.types().isEmpty()) {
            problems.add("There is no event class in package " + packageName + " and below it: is the name right?");
        }
        checkRoundTrips(named, json(named), List.of(samples), problems);
    }

    /**
     * As {@link #assertRoundTrips(String, Event...)}, for an application that registers its event classes by hand or adds to
     * their JSON.
     *
     * @param types the event classes the application works with
     * @param serializer writes and reads them as the application does
     */
    public static void assertRoundTrips(EventTypes types, EventSerializer serializer, Event... samples) {
        checkRoundTrips(types, serializer, List.of(samples), new ArrayList<>());
    }

    private static void checkRoundTrips(
            EventTypes types, EventSerializer serializer, List<Event> samples, List<String> problems) {
        for (Class<? extends Event> type : types.types()) {
            List<Event> tried = new ArrayList<>(Samples.of(type));
            samples.stream().filter(type::isInstance).forEach(tried::add);
            if (tried.isEmpty()) {
                problems.add("No sample can be made of %s: pass one to this method".formatted(type.getName()));
            }
            checkJson(type, tried, serializer, problems);
        }
        for (Event sample : samples) {
            if (!types.types().contains(sample.getClass())) {
                problems.add("A sample of %s is given, which is not one of the checked event classes"
                        .formatted(sample.getClass().getName()));
            }
        }
        if (!problems.isEmpty()) {
            throw new AssertionError("Events do not come back unchanged:\n- " + String.join("\n- ", problems));
        }
    }

    /**
     * Asserts that events stored earlier are still read as the same events: compares the event classes of a package,
     * and below it, with the file {@code src/test/resources/eventcore-types.json}, which is committed with the code.
     *
     * <p>The file has every stored name that the code ever wrote, the shape of its events, and samples with the events
     * that they are read as. The assertion fails for a name without a reader, a sample that cannot be read or is read
     * as something else, a changed shape, and a name that is not in the file. With
     * {@code -Deventcore.types.update=true}, it updates the file to what the code does, and people review the change of
     * the file. Samples of former shapes stay, because such events may be stored. An entry that can no longer be read
     * stays and fails until it can be read again, or is deleted from the file by hand.
     *
     * <p>Samples are made as for {@link #assertWellFormed(String)}.
     *
     * @param samples events of classes for which no sample can be made, at least one of each; they are committed with
     *     the file
     * @throws AssertionError if something differs; the message names every stored name, its class, the component and
     *     what to do
     */
    public static void assertCompatible(String packageName, Event... samples) {
        assertCompatible(packageName, List.of(), samples);
    }

    /**
     * As {@link #assertCompatible(String, Event...)}, for an application with upcasters.
     *
     * @param upcasters all upcasters of the application: with Spring, its beans of this type
     */
    public static void assertCompatible(
            String packageName, Collection<? extends Upcaster> upcasters, Event... samples) {
        EventTypes.Builder types = EventTypes.builder().forNewEventsOnly();
        upcasters.forEach(types::upcaster);
        classesIn(packageName).stream()
                .filter(type -> isConcrete(type) && Event.class.isAssignableFrom(type))
                .forEach(type -> types.register(type.asSubclass(Event.class)));
        EventTypes built = types.build();
        assertCompatible(TYPES_FILE, built, json(built), samples);
    }

    /**
     * As {@link #assertCompatible(String, Event...)}, for an application that registers its event classes by hand, adds
     * to their JSON.
     *
     * @param file the file of types, relative to the folder of the build
     * @param types the event classes the application works with
     * @param serializer writes and reads them as the application does, as JSON
     */
    public static void assertCompatible(Path file, EventTypes types, EventSerializer serializer, Event... samples) {
        TypesLock lock = new TypesLock(file, types, serializer, List.of(samples));
        if (Boolean.getBoolean(UPDATE)) {
            lock.update();
        }
        List<String> problems = lock.problems();
        if (!problems.isEmpty()) {
            throw new AssertionError("""
                The events of the code are not those of %s:
                - %s
                Stored events are not rewritten. A class that has another name now keeps the old one in the aliases of \
                its @EventType; another shape that old payloads do not fit needs the next revision, and an upcaster from the one before, which is given to \
                assertCompatible as well. If all of this is meant, run the test once with -D%s=true and review the change of the file. What cannot be \
                read stays in the file: delete it by hand only if no such event was ever stored.
                See the guide, 'How do events change?'\
                """.formatted(file, String.join("\n- ", problems), UPDATE));
        }
    }

    private static void check(
            String packageName,
            List<Class<?>> classes,
            EventTypes types,
            EventSerializer serializer,
            List<String> problems) {
        types.types().forEach(type -> checkJson(type, Samples.of(type), serializer, problems));
        int commands = 0;
        Map<String, Class<?>> snapshots = new HashMap<>();
        for (Class<?> type : classes) {
            if (isConcrete(type) && Command.class.isAssignableFrom(type)) {
                commands++;
                check(type, types, problems);
                Snapshot snapshot = type.getAnnotation(Snapshot.class);
                Class<?> before = snapshot == null ? null : snapshots.put(snapshot.name(), type);
                if (before != null) {
                    problems.add("The snapshots of %s and %s have one name: give one of them another in @Snapshot"
                            .formatted(before.getName(), type.getName()));
                }
            }
        }
        if (commands == 0) {
            problems.add("There is no command in package " + packageName + " and below it: is the name right?");
        }
        if (!problems.isEmpty()) {
            throw new AssertionError("Not well-formed:\n- " + String.join("\n- ", problems));
        }
    }

    /** The stored form of events, personal data included. */
    private static EventSerializer json(EventTypes types) {
        return new JacksonEventSerializer(
                types, EventJson.builder().build(), PersonalDataProtection.of(new InMemorySubjectKeyStore()));
    }

    private static void checkJson(
            Class<? extends Event> type,
            List<? extends Event> samples,
            EventSerializer serializer,
            List<String> problems) {
        Set<String> found = new LinkedHashSet<>();
        for (Event sample : samples) {
            try {
                SerializedEvent stored = plain(serializer.serialize(sample));
                String different = difference(sample, stored, serializer.deserialize(stored), serializer);
                if (!different.isEmpty()) {
                    found.add("%s comes back different: %s".formatted(type.getName(), different));
                }
            } catch (RuntimeException e) {
                found.add("%s cannot be stored: %s. See the guide, 'What may an event hold?'"
                        .formatted(type.getName(), e.getMessage()));
            }
        }
        problems.addAll(found);
    }

    /**
     * Asserts that a command finds by its tags every event that its fold needs: each registered event class below the
     * type that it reads carries one of the tags that {@link io.eventcore.Tag} marks on the command. If a mark is
     * forgotten, the rule misses events, and nothing else fails.
     *
     * <p>An event class that implements {@link Event#eventTags()} is checked with samples, as
     * {@link #assertWellFormed(String)} makes them; it carries the tags that any of them returns.
     *
     * @param types the event classes the application works with
     * @param inItsStreams event types that need no tag because the command reads them by its declared streams
     * @throws AssertionError if a class carries none of the tags, or the command has none; the message names every
     *     class and what to do
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // It is only read.
    public static void assertTagged(
            EventTypes types, Class<? extends Command<?, ?>> command, Class<? extends Event>... inItsStreams) {
        assertTagged(types, CommandClasses.check(command), TagCheck.of(command), Set.of(inItsStreams));
    }

    /**
     * As {@link #assertTagged(EventTypes, Class, Class...)}, for a command that builds its own query: each class that
     * an item of the query asks for carries all tags of one such item.
     *
     * @param command with any values
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // It is only read.
    public static void assertTagged(EventTypes types, Command<?, ?> command, Class<? extends Event>... inItsStreams) {
        assertTagged(types, command.eventType(), TagCheck.of(command), Set.of(inItsStreams));
    }

    private static void assertTagged(
            EventTypes types,
            Class<? extends Event> eventType,
            TagCheck check,
            Set<Class<? extends Event>> inItsStreams) {
        Set<Class<?>> read = new LinkedHashSet<>(concreteBelow(eventType));
        types.types().stream().filter(eventType::isAssignableFrom).forEach(read::add);
        List<String> problems = check.problems(read, inItsStreams);
        if (!problems.isEmpty()) {
            throw new AssertionError("Not found by tags:\n- " + String.join("\n- ", problems));
        }
    }

    /** As it is read before its persons are erased: here nothing seals it. */
    private static SerializedEvent plain(SerializedEvent form) {
        return form instanceof PersonalEvent
                ? SerializedEvent.of(form.typeName(), PersonalEvent.plainPayload(form))
                : form;
    }

    /** Which components differ; empty if none does, or only what the class itself says does not count and JSON leaves out. */
    private static String difference(Event sample, SerializedEvent stored, Event back, EventSerializer serializer) {
        if (back.getClass() != sample.getClass()) {
            return "as " + back.getClass().getName();
        }
        String components = new RecursiveComparisonDifferenceCalculator()
                .determineDifferences(back, sample, new RecursiveComparisonConfiguration()).stream()
                        .map(component -> "component '"
                                + component.getDecomposedPath().stream().collect(Collectors.joining(".")) + "'")
                        .distinct()
                        .collect(Collectors.joining(", "));
        boolean countsForNothing = sample.equals(back)
                && Arrays.equals(plain(serializer.serialize(back)).payload(), stored.payload());
        return countsForNothing ? "" : components;
    }

    @SuppressWarnings("unchecked") // It is a Command, of whatever state and events.
    private static void check(Class<?> type, EventTypes types, List<String> problems) {
        try {
            Class<? extends Event> eventType = CommandClasses.check((Class<? extends Command<?, ?>>) type);
            for (Class<?> event : concreteBelow(eventType)) {
                if (!types.types().contains(event)) {
                    problems.add("%s reads %s, but event class %s has no stored name: register it"
                            .formatted(type.getName(), eventType.getName(), event.getName()));
                }
            }
            if (eventType != Event.class
                    && concreteBelow(eventType).isEmpty()
                    && types.types().stream().noneMatch(eventType::isAssignableFrom)) {
                problems.add("%s reads %s, but no registered event class is one: seal the type, or register its classes"
                        .formatted(type.getName(), eventType.getName()));
            }
        } catch (IllegalArgumentException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }

    /** The classes that a type stands for, as far as it says so itself: it is one, or it is sealed. */
    private static Set<Class<?>> concreteBelow(Class<?> type) {
        Set<Class<?>> found = new LinkedHashSet<>();
        if (isConcrete(type)) {
            found.add(type);
        }
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                found.addAll(concreteBelow(permitted));
            }
        }
        return found;
    }

    private static boolean isConcrete(Class<?> type) {
        return !type.isInterface() && !Modifier.isAbstract(type.getModifiers());
    }

    private static List<Class<?>> classesIn(String packageName) {
        PathMatchingResourcePatternResolver resolver = new PathMatchingResourcePatternResolver();
        MetadataReaderFactory readers = new CachingMetadataReaderFactory(resolver);
        String pattern = "classpath*:" + ClassUtils.convertClassNameToResourcePath(packageName) + "/**/*.class";
        AssignableTypeFilter commands = new AssignableTypeFilter(Command.class);
        AssignableTypeFilter events = new AssignableTypeFilter(Event.class);
        List<Class<?>> found = new ArrayList<>();
        try {
            for (Resource resource : resolver.getResources(pattern)) {
                MetadataReader reader = readers.getMetadataReader(resource);
                if (commands.match(reader, readers) || events.match(reader, readers)) {
                    String name = reader.getClassMetadata().getClassName();
                    found.add(ClassUtils.resolveClassName(name, ClassUtils.getDefaultClassLoader()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }
}
