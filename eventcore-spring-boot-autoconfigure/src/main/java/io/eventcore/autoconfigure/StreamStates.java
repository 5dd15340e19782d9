package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.Command;
import io.eventcore.command.CommandClasses;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.snapshot.StoredSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The state of a stream at a version, by the folds of the application's command classes.
 *
 * <p>Of a class that rests on one stream commands are made for it, as {@link SampleCommand} says. What these would decide is
 * never asked.
 */
final class StreamStates {
    /** Up to which version: for a state its stream is read a second time. */
    static final int MAX_VERSION = 8_000;

    private final Supplier<Set<Class<? extends Command<?, ?>>>> commands;
    private final JsonMapper json;
    private final @Nullable SnapshotStore snapshots;

    /**
     * States by these classes.
     *
     * @param commands found when a state is asked for first
     * @param json writes states
     * @param snapshots where snapshots are kept, if they are
     */
    StreamStates(
            Supplier<Set<Class<? extends Command<?, ?>>>> commands,
            JsonMapper json,
            @Nullable SnapshotStore snapshots) {
        this.commands = commands;
        this.json = json;
        this.snapshots = snapshots;
    }

    /** Of an application without command classes. */
    static StreamStates none() {
        return new StreamStates(Set::of, new JsonMapper(), null);
    }

    /**
     * The states of a stream.
     *
     * @param at at the version that was asked for
     * @param before the same without the last event
     * @param leftOut why there is none, or not every one
     */
    record States(
            List<LogViews.State> at,
            List<LogViews.State> before,
            @Nullable String leftOut) {
        static States none(String why) {
            return new States(List.of(), List.of(), why);
        }
    }

    States of(EventStore store, StreamId stream, long version) {
        if (version > MAX_VERSION) {
            return States.none("States are shown up to version " + MAX_VERSION + " of a stream");
        }
        List<Fold> folds = commands.get().stream()
                .flatMap(type -> SampleCommand.of(type, stream).stream())
                .map(Fold::new)
                .toList();
        if (folds.isEmpty()) {
            return States.none("No command class rests on one stream alone and can be made without its values");
        }
        Optional<Iterable<StoredEvent>> stored =
                store.readStreamAfter(stream, StreamVersion.NONE, Event.class).stored();
        long bytes = 0;
        boolean unknown = false;
        List<LogViews.State> before = List.of();
        try {
            for (StoredEvent event : stored.orElse(List.of())) {
                if (event.version().value() > version) {
                    break;
                }
                bytes += event.bytes();
                if (bytes > LogSlices.MAX_BYTES) {
                    return States.none("The events up to this version are too large to be folded here");
                }
                if (event.version().value() == version) {
                    before = states(folds);
                }
                unknown |= !event.isKnown();
                for (RecordedEvent<Event> part : event.decode(Event.class)) {
                    if (part.holdsPersonalData()) {
                        return States.none("An event up to this version holds personal data, which states would show");
                    }
                    folds.forEach(fold -> fold.apply(part.event()));
                }
            }
        } catch (EventDeserializationException e) {
            return States.none("The event at version " + e.version() + " cannot be read");
        }
        List<LogViews.State> at = states(folds);
        return new States(at, before, leftOut(folds, at, unknown));
    }

    private static @Nullable String leftOut(List<Fold> folds, List<LogViews.State> at, boolean unknown) {
        if (unknown) {
            return "Events of unknown types are not part of the states";
        }
        return folds.stream()
                .map(fold -> fold.failure)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(at.isEmpty() ? "No command class reads the events of this stream" : null);
    }

    /** Equal states of several command classes are one. */
    private List<LogViews.State> states(List<Fold> folds) {
        Map<List<Object>, LogViews.State> states = new LinkedHashMap<>();
        for (Fold fold : folds) {
            LogViews.State state = fold.shown(json);
            if (state != null) {
                states.putIfAbsent(Arrays.asList(state.of(), state.state()), state);
            }
        }
        return List.copyOf(states.values());
    }

    /** The snapshots of a stream that the classes would go on from. */
    List<LogViews.Snapshot> snapshots(EventStore store, StreamId stream) {
        SnapshotStore kept = snapshots;
        if (kept == null) {
            return List.of();
        }
        List<LogViews.Snapshot> found = new ArrayList<>();
        for (Class<? extends Command<?, ?>> type : commands.get()) {
            SampleCommand sample = SampleCommand.of(type, stream).orElse(null);
            Snapshot declared = sample == null ? null : type.getAnnotation(Snapshot.class);
            if (sample == null || declared == null) {
                continue;
            }
            Optional<StoredSnapshot> stored = key(sample).flatMap(kept::find);
            stored.ifPresent(snapshot -> found.add(new LogViews.Snapshot(
                    sample.name(),
                    snapshot.versions().getOrDefault(stream, StreamVersion.NONE).value(),
                    snapshot.version() == declared.version())));
        }
        return found;
    }

    /** The key of a command's snapshots, which may contain what the command computes of its values; empty if that fails. */
    private static Optional<SnapshotKey> key(SampleCommand sample) {
        return Optional.ofNullable(
                Attempt.at(() -> CommandClasses.snapshotKey(sample.one()).orElse(null))
                        .value());
    }

    /** The fold of one class, while the events come. */
    private static final class Fold {
        private final SampleCommand sample;
        private final List<Object> states = new ArrayList<>();
        private boolean applied;
        private boolean ofOtherEvents;
        private @Nullable String failure;

        private Fold(SampleCommand sample) {
            this.sample = sample;
            run(() -> {
                for (Command<Object, Event> command : sample.commands()) {
                    states.add(command.initialState());
                }
                return states;
            });
        }

        private void apply(Event event) {
            if (!sample.eventType().isInstance(event)) {
                ofOtherEvents = true;
            }
            if (ofOtherEvents || failure != null) {
                return;
            }
            run(() -> {
                for (int i = 0; i < states.size(); i++) {
                    states.set(i, sample.commands().get(i).apply(states.get(i), event));
                }
                return states;
            });
            applied = true;
        }

        private <T> @Nullable T run(Callable<T> step) {
            Attempt<T> attempt = Attempt.at(step);
            if (attempt.failure() != null) {
                failure = sample.name() + " fails with " + attempt.failure();
            }
            return attempt.value();
        }

        /** Its state as JSON; null if it has none, or if it differs with values of the command. */
        private LogViews.@Nullable State shown(JsonMapper json) {
            if (!applied || ofOtherEvents || failure != null) {
                return null;
            }
            List<@Nullable Object> written = new ArrayList<>();
            for (Object state : states) {
                byte[] stored = run(() -> ShownJson.written(json, state));
                if (failure == null && stored == null) {
                    failure = "The state of " + sample.name() + " has more than " + ShownJson.MAX_STATE + " bytes";
                }
                if (stored != null) {
                    written.add(run(() -> ShownJson.read(stored)));
                }
            }
            if (failure != null) {
                return null;
            }
            if (written.stream().distinct().count() > 1) {
                failure = "The state of " + sample.name() + " depends on values of the command";
                return null;
            }
            return new LogViews.State(sample.name(), sample.stateName(), written.get(0));
        }
    }
}
