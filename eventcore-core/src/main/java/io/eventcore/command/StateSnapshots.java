package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.internal.MapperOnDemand;
import io.eventcore.serialization.EventCoreJacksonModule;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The snapshots of commands: a decision continues from one if the class of the command asks for it and the snapshot can
 * be trusted; new ones are stored in the background. If anything is wrong with a snapshot, all events are folded.
 *
 * <p>Safe for any number of threads.
 */
final class StateSnapshots {
    private static final int MAX_NAME_LENGTH = 255;

    /** Writes lists of texts only, which no setting of an application changes. */
    private static final JsonMapper KEYS = new JsonMapper();

    private final SnapshotStore store;
    private final SnapshotSettings settings;
    private final MapperOnDemand mapper;

    /** Which class owns a name: the state of another class, read as its own, might even fit. */
    private final Map<String, Class<?>> named = new ConcurrentHashMap<>();

    /** The classes whose snapshots could not be stored: a log line reports that once, not at every command. */
    private final Set<String> warnedAbout = ConcurrentHashMap.newKeySet();

    /** How many snapshots of a class were stored since one of them was used, by the name of the class. */
    private final Map<String, AtomicInteger> unused = new ConcurrentHashMap<>();

    StateSnapshots(SnapshotStore store, SnapshotSettings settings, JsonMapper mapper) {
        this.store = store;
        this.settings = settings;
        // A state whose JSON lacks a property of its class has another shape, and must not be filled with zeros.
        this.mapper = new MapperOnDemand(() -> mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build());
    }

    /** Whether this command has snapshots. */
    boolean concern(Command<?, ?> command) {
        return command.getClass().isAnnotationPresent(Snapshot.class);
    }

    /** The snapshot for one attempt at a command; none if the class of the command asks for none. */
    <S, E extends Event> Optional<CommandSnapshot<S, E>> of(Command<S, E> command) {
        Snapshot declared = command.getClass().getAnnotation(Snapshot.class);
        if (declared == null) {
            return Optional.empty();
        }
        checkName(declared, command.getClass());
        Class<?> before = named.putIfAbsent(declared.name(), command.getClass());
        if (before != null && before != command.getClass()) {
            throw new IllegalArgumentException(
                    "@Snapshot(name = \"%s\") is on both %s and %s: give one of them another name"
                            .formatted(
                                    declared.name(),
                                    before.getName(),
                                    command.getClass().getName()));
        }
        StoredState<S> form = new StoredState<>(
                mapper.get(),
                mapper.get().constructType(CommandType.of(command).stateType()),
                command.getClass().getName());
        return Optional.of(new CommandSnapshot<>(this, command, declared, key(declared, command), form));
    }

    /** What the snapshot of a command is stored under; empty if its class has none. */
    static Optional<SnapshotKey> keyOf(Command<?, ?> command) {
        return Optional.ofNullable(command.getClass().getAnnotation(Snapshot.class))
                .map(declared -> key(declared, command));
    }

    private static SnapshotKey key(Snapshot declared, Command<?, ?> command) {
        return new SnapshotKey(
                declared.name(),
                KEYS.writeValueAsString(List.of(CommandType.of(command).inputsOf(command), command.snapshotKey())));
    }

    SnapshotStore store() {
        return store;
    }

    SnapshotSettings settings() {
        return settings;
    }

    /** Whether this is the first warning about this class of commands; true once. */
    boolean isFirstWarningAbout(String commandType) {
        return warnedAbout.add(commandType);
    }

    void noteSaved(String commandType) {
        unused.computeIfAbsent(commandType, type -> new AtomicInteger()).incrementAndGet();
    }

    void noteUsed(String commandType) {
        AtomicInteger stored = unused.get(commandType);
        if (stored != null) {
            stored.set(0);
        }
    }

    /** Whether so many snapshots were stored in a row, and none was used, that more would only fill the store. */
    boolean areOfNoUse(String commandType) {
        AtomicInteger stored = unused.get(commandType);
        return stored != null && stored.get() >= settings.maxUnused();
    }

    /** Checks what a database could change. */
    static void checkName(Snapshot snapshot, Class<?> commandType) {
        String name = snapshot.name();
        boolean acceptable = !name.isEmpty()
                && name.equals(name.strip())
                && name.codePointCount(0, name.length()) <= MAX_NAME_LENGTH
                && name.chars().noneMatch(Character::isISOControl)
                && StandardCharsets.UTF_8.newEncoder().canEncode(name);
        if (!acceptable) {
            throw new IllegalArgumentException("The name in @Snapshot on " + commandType.getName()
                    + " must have 1 to 255 characters, no control characters and no white space around it");
        }
    }
}
