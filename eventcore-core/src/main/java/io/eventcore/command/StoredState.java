package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.DecisionBasis.NotContinuedException;
import io.eventcore.command.DecisionBasis.Reached;
import io.eventcore.command.DecisionBasis.Round;
import io.eventcore.snapshot.SnapshotListener.ReplayReason;
import io.eventcore.snapshot.StoredSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * How the state of one class of commands is stored: as JSON, with the streams of each round and the way in which its events
 * were read.
 *
 * <p>Safe for any number of threads.
 */
final class StoredState<S> {
    private final JsonMapper mapper;
    private final JavaType stateType;
    private final String commandType;

    StoredState(JsonMapper mapper, JavaType stateType, String commandType) {
        this.mapper = mapper;
        this.stateType = stateType;
        this.commandType = commandType;
    }

    /** The way in which the events of a snapshot were read. */
    static String readingKeyOf(StoredSnapshot snapshot) {
        return ReadAs.keyOf(snapshot.state());
    }

    /** How far the events of a snapshot were folded, and the state of each round. */
    Reached<S> reached(StoredSnapshot stored) throws NotContinuedException {
        try {
            List<Round<S>> rounds = new ArrayList<>();
            RestsOn parts = RestsOn.of(ReadAs.stateOf(stored.state()));
            for (StoredRound round : mapper.readValue(parts.state(), StoredRound[].class)) {
                Set<StreamId> streams = new LinkedHashSet<>();
                round.streams.forEach(id -> streams.add(StreamId.of(id)));
                rounds.add(new Round<>(streams, readState(round.state)));
            }
            if (rounds.isEmpty()) {
                throw new NotContinuedException(ReplayReason.UNREADABLE);
            }
            return new Reached<>(stored.versions(), stored.position(), rounds, parts.boundary());
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

    /**
     * The snapshot of a state.
     *
     * @param version of its class
     * @param readingKey the way in which its events were read
     */
    StoredSnapshot snapshot(int version, Reached<S> reached, String readingKey) {
        List<StoredRound> rounds = new ArrayList<>();
        for (Round<S> round : reached.rounds()) {
            List<String> streams = round.streams().stream().map(StreamId::value).toList();
            rounds.add(new StoredRound(streams, writeState(round.state())));
        }
        RestsOn parts = new RestsOn(reached.boundary(), mapper.writeValueAsString(rounds));
        return new StoredSnapshot(
                version, parts.counted(reached.versions()), reached.position(), ReadAs.state(readingKey, parts.text()));
    }

    /** Does not store a state that JSON changes: nothing else would detect the loss. */
    private String writeState(S state) {
        String json = mapper.writerFor(stateType).writeValueAsString(state);
        if (definesEquality(state.getClass()) && !state.equals(readState(json))) {
            throw new IllegalStateException("The state of " + commandType
                    + " does not survive its JSON form: the state that is read back does not equal the one that was"
                    + " written");
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

    /**
     * The way in which the events of a state were read, in front of the state: {@code as/<key>/<state>}. If the events
     * were read as they were stored, the state stands alone, as it did before there were upcasters.
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

    /**
     * The boundary of a state that was made on tags, in front of the state: {@code on/<boundary>/<state>}. A state of
     * streams stands alone, as it did before there were tags.
     */
    private record RestsOn(Optional<Boundary> boundary, String state) {
        private static final String BEGIN = "on/";

        /** Stands for the events of all tags among the versions, which only show how much a snapshot holds. */
        private static final StreamId TAGS = StreamId.of("tags");

        static RestsOn of(String stored) {
            if (!stored.startsWith(BEGIN)) {
                return new RestsOn(Optional.empty(), stored);
            }
            int end = stored.indexOf('/', BEGIN.length());
            return new RestsOn(
                    Optional.of(Boundary.ofText(stored.substring(BEGIN.length(), Math.max(BEGIN.length(), end)))),
                    stored.substring(end + 1));
        }

        String text() {
            return boundary.map(read -> BEGIN + read.toText() + "/" + state).orElse(state);
        }

        Map<StreamId, StreamVersion> counted(Map<StreamId, StreamVersion> versions) {
            if (boundary.isEmpty()) {
                return versions;
            }
            long events = boundary.get().guards().stream()
                    .mapToLong(guard -> guard.seen().version())
                    .sum();
            Map<StreamId, StreamVersion> all = new HashMap<>(versions);
            all.merge(TAGS, StreamVersion.of(events), (one, other) -> StreamVersion.of(one.value() + other.value()));
            return all;
        }
    }

    /** A round as it is stored. Its state is a separate text, so that no number in it changes its type. */
    private record StoredRound(List<String> streams, String state) {}
}
