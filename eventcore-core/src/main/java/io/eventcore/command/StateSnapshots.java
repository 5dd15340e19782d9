package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.command.DecisionBasis.NotContinuedException;
import io.eventcore.command.DecisionBasis.Reached;
import io.eventcore.command.DecisionBasis.Round;
import io.eventcore.internal.Callback;
import io.eventcore.internal.OwnThreads;
import io.eventcore.serialization.EventCoreJacksonModule;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.transaction.AfterCommit;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * Continues decisions from snapshots where the class of the command asks for it and one can be trusted, and stores new
 * ones off the caller's path. Whatever is wrong with a snapshot, all events are folded.
 *
 * <p>Safe for any number of threads.
 */
final class StateSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(StateSnapshots.class);

    private static final int MAX_NAME_LENGTH = 255;

    private final SnapshotStore store;
    private final SnapshotSettings settings;
    private final JsonMapper mapper;

    /** Which class owns a name: the state of another one, read as its own, might even fit. */
    private final Map<String, Class<?>> named = new ConcurrentHashMap<>();

    /** The classes whose snapshots could not be stored: who has read of it once need not read it at every command. */
    private final Set<String> warnedAbout = ConcurrentHashMap.newKeySet();

    StateSnapshots(SnapshotStore store, SnapshotSettings settings, JsonMapper mapper) {
        this.store = store;
        this.settings = settings;
        // A state whose JSON lacks what its class has now is of another shape, and must not be filled with zeros.
        this.mapper = mapper.rebuild()
                .addModule(new EventCoreJacksonModule())
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /** Where the basis of one attempt at a command comes from. */
    <S, E extends Event> BasisSource<S, E> sourceOf(Command<S, E> command) {
        Snapshot declared = command.getClass().getAnnotation(Snapshot.class);
        if (declared == null) {
            return BasisSource.replaying(command);
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
        return new Snapshots<>(command, declared);
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

    /**
     * The way in which the events of a state were read, before the state: {@code as/<key>/<state>}. A state of events that
     * were read as they were stored stands alone, as it did before there were upcasters.
     */
    private static final class ReadAs {
        private static final String BEGIN = "as/";

        static String state(String key, String state) {
            return key.isEmpty() ? state : BEGIN + key + "/" + state;
        }

        static String keyOf(String stored) {
            return stored.startsWith(BEGIN)
                    ? stored.substring(BEGIN.length(), stored.indexOf('/', BEGIN.length()))
                    : "";
        }

        static String stateOf(String stored) {
            return stored.startsWith(BEGIN) ? stored.substring(stored.indexOf('/', BEGIN.length()) + 1) : stored;
        }
    }

    /** A round as it is stored; its state is a text of its own, so that no number in it is taken for another kind. */
    private record StoredRound(List<String> streams, String state) {}

    /** The snapshot of one command, for the length of one attempt. */
    private final class Snapshots<S, E extends Event> implements BasisSource<S, E> {
        private final Command<S, E> command;
        private final String commandType;
        private final Snapshot declared;
        private final SnapshotKey key;
        private final JavaType stateType;
        private @Nullable ReplayReason rejected;

        Snapshots(Command<S, E> command, Snapshot declared) {
            CommandType type = CommandType.of(command);
            this.command = command;
            this.commandType = command.getClass().getName();
            this.declared = declared;
            this.key = new SnapshotKey(
                    declared.name(), mapper.writeValueAsString(List.of(type.inputsOf(command), command.snapshotKey())));
            this.stateType = mapper.constructType(type.stateType());
        }

        @Override
        public DecisionBasis<S, E> read(EventStore events) {
            try {
                Optional<StoredSnapshot> stored = find(events);
                if (stored.isPresent()) {
                    DecisionBasis<S, E> basis = DecisionBasis.continueFrom(events, command, reached(stored.get()));
                    tell(listener -> listener.used(commandType));
                    return basis;
                }
            } catch (NotContinuedException e) {
                reject(e.reason());
            } catch (EventStoreException | DecideAgainException e) {
                throw e;
            } catch (Throwable e) {
                // The command failed on a state that JSON has changed; on the true one it may not.
                reject(ReplayReason.UNREADABLE);
            }
            return DecisionBasis.read(events, command);
        }

        private void tell(Consumer<SnapshotListener> news) {
            Callback.SNAPSHOT_LISTENER.run(() -> news.accept(settings.listener()));
        }

        private Optional<StoredSnapshot> find(EventStore events) throws NotContinuedException {
            Optional<StoredSnapshot> stored;
            try {
                stored = store.find(key);
            } catch (Throwable e) {
                LOG.debug("The snapshot store failed", OwnThreads.redacted(e));
                throw new NotContinuedException(ReplayReason.UNAVAILABLE);
            }
            if (stored.isPresent() && stored.get().version() != declared.version()) {
                throw new NotContinuedException(ReplayReason.OUTDATED);
            }
            if (stored.isPresent()
                    && !ReadAs.keyOf(stored.get().state())
                            .equals(events.internals().readingKey())) {
                throw new NotContinuedException(ReplayReason.OUTDATED);
            }
            return stored;
        }

        private void reject(ReplayReason reason) {
            rejected = reason;
            LOG.info("A snapshot of {} is not used ({}): all events are folded", commandType, reason);
            tell(listener -> listener.replayed(commandType, reason));
        }

        private Reached<S> reached(StoredSnapshot stored) throws NotContinuedException {
            try {
                List<Round<S>> rounds = new ArrayList<>();
                for (StoredRound round : mapper.readValue(ReadAs.stateOf(stored.state()), StoredRound[].class)) {
                    Set<StreamId> streams = new LinkedHashSet<>();
                    round.streams.forEach(id -> streams.add(StreamId.of(id)));
                    rounds.add(new Round<>(streams, readState(round.state)));
                }
                if (rounds.isEmpty()) {
                    throw new NotContinuedException(ReplayReason.UNREADABLE);
                }
                return new Reached<>(stored.versions(), stored.position(), rounds);
            } catch (JacksonException | IllegalArgumentException e) {
                throw new NotContinuedException(ReplayReason.UNREADABLE);
            }
        }

        private S readState(String json) {
            S state = mapper.readValue(json, stateType);
            if (state == null) {
                throw new IllegalArgumentException("the state is null");
            }
            return state;
        }

        @Override
        public Runnable take(EventStore events, DecisionBasis<S, E> basis) {
            int afterEvents =
                    declared.afterEvents() == Snapshot.AS_CONFIGURED ? settings.afterEvents() : declared.afterEvents();
            boolean due = rejected != null || basis.folded() >= afterEvents;
            // What others were about to store had no place yet when it was folded.
            if (!due || basis.position().equals(GlobalPosition.START) || StreamCache.isBeyondAll(basis.position())) {
                return NOTHING;
            }
            if (basis.holdsPersonalData()) {
                return this::dropPersonal;
            }
            StoredSnapshot snapshot;
            try {
                snapshot = stored(basis.reached(), events.internals().readingKey());
            } catch (Throwable e) {
                return () -> drop(e);
            }
            return () -> {
                if (events.internals().joinsCallersTransaction()) {
                    AfterCommit.run(() -> saveLater(snapshot));
                } else {
                    saveLater(snapshot);
                }
            };
        }

        /** Nothing could erase from a state what it has taken from events. One from before they held any stays behind. */
        private void dropPersonal() {
            tell(listener -> listener.dropped(commandType));
            if (warnedAbout.add(commandType)) {
                LOG.warn("{} folds events with @PersonalData, so no snapshot of it is stored; said once", commandType);
            }
        }

        private void saveLater(StoredSnapshot snapshot) {
            try {
                settings.executor().execute(() -> save(snapshot));
            } catch (RejectedExecutionException e) {
                LOG.debug("A snapshot of {} is dropped: too many are waiting", commandType);
                tell(listener -> listener.dropped(commandType));
            } catch (Throwable e) {
                // No thread can be started, above all. The command has succeeded all the same.
                drop(e);
            }
        }

        private void save(StoredSnapshot snapshot) {
            try {
                if (rejected == ReplayReason.AHEAD_OF_LOG) {
                    store.delete(key);
                }
                store.save(key, snapshot);
                tell(listener -> listener.saved(commandType));
            } catch (Throwable e) {
                drop(e);
            }
        }

        private void drop(Throwable e) {
            tell(listener -> listener.dropped(commandType));
            if (warnedAbout.add(commandType)) {
                // Jackson quotes the state it stumbles over, and so may whatever the state's own code throws.
                LOG.warn("A snapshot of {} could not be stored; said once", commandType, OwnThreads.redacted(e));
            }
        }

        private StoredSnapshot stored(Reached<S> reached, String readingKey) {
            List<StoredRound> rounds = new ArrayList<>();
            for (Round<S> round : reached.rounds()) {
                List<String> streams =
                        round.streams().stream().map(StreamId::value).toList();
                rounds.add(new StoredRound(streams, writeState(round.state())));
            }
            return new StoredSnapshot(
                    declared.version(),
                    reached.versions(),
                    reached.position(),
                    ReadAs.state(readingKey, mapper.writeValueAsString(rounds)));
        }

        /** Lossy JSON would be noticed nowhere else: a state that comes back different is not stored. */
        private String writeState(S state) {
            String json = mapper.writerFor(stateType).writeValueAsString(state);
            if (definesEquality(state.getClass()) && !state.equals(readState(json))) {
                throw new IllegalStateException("The state of " + commandType
                        + " does not survive its JSON form: what is read back is not equal to what was written");
            }
            return json;
        }

        private static boolean definesEquality(Class<?> type) {
            try {
                return type.getMethod("equals", Object.class).getDeclaringClass() != Object.class;
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException("Every class has equals", e);
            }
        }
    }
}
