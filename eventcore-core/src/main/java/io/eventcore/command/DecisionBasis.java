package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * What a decision rests on: the versions of all streams visited, and the fold of all their events in global order.
 *
 * <p>Each round of discovery reads the new streams only, but the fold starts over with all of them, because an event of
 * a new stream may lie between two events of an old one.
 */
final class DecisionBasis<S, E extends Event> {
    /** More rounds or streams than any real decision rests on: a command that goes on inventing streams must stop. */
    private static final int MAX_ROUNDS = 100;

    private static final int MAX_STREAMS = 10_000;

    private final Command<S, E> command;
    private final Map<StreamId, StreamVersion> versions = new LinkedHashMap<>();
    private final List<EventStreamReader<E>> readers = new ArrayList<>();
    private S state;

    private DecisionBasis(Command<S, E> command) {
        this.command = command;
        this.state = command.initialState();
    }

    /**
     * Reads and folds the streams a command declares and discovers.
     *
     * @throws IllegalArgumentException if it declares none, or goes on discovering without end
     */
    static <S, E extends Event> DecisionBasis<S, E> read(EventStore store, Command<S, E> command) {
        DecisionBasis<S, E> basis = new DecisionBasis<>(command);
        Set<StreamId> declared = command.streams();
        if (declared.isEmpty()) {
            throw new IllegalArgumentException(command.getClass().getName() + " declares no stream for this instance");
        }
        basis.visit(store, declared);
        if (CommandType.of(command).discovers()) {
            basis.discover(store);
        }
        return basis;
    }

    /**
     * Decides on this basis.
     *
     * @return the events, under the version of every stream visited
     * @throws io.eventcore.UndeclaredStreamException if there is an event for a stream that was not visited
     * @throws RuntimeException whatever the command throws to refuse
     */
    StreamWrites decide(CommandContext context) {
        StreamWrites writes = StreamWrites.empty().withMetadata(context.metadata());
        for (Map.Entry<StreamId, StreamVersion> stream : versions.entrySet()) {
            writes = writes.registerStream(stream.getKey(), ExpectedVersion.exactly(stream.getValue()));
        }
        for (E event : command.handle(state, context)) {
            writes = writes.append(event);
        }
        return writes;
    }

    /** The version of every stream visited, once the events decided on were written. */
    Map<StreamId, StreamVersion> versionsAfter(EventStreamSlice slice) {
        Map<StreamId, StreamVersion> after = new HashMap<>(versions);
        slice.events().forEach(event -> after.put(event.streamId(), event.version()));
        return after;
    }

    private void discover(EventStore store) {
        for (int round = 1; ; round++) {
            List<StreamId> unknown = command.discoverStreams(state).stream()
                    .filter(id -> !versions.containsKey(id))
                    .toList();
            if (unknown.isEmpty()) {
                return;
            }
            if (round > MAX_ROUNDS || versions.size() + unknown.size() > MAX_STREAMS) {
                throw new IllegalArgumentException("%s goes on discovering streams: %d after %d rounds"
                        .formatted(command.getClass().getName(), versions.size() + unknown.size(), round));
            }
            visit(store, unknown);
        }
    }

    private void visit(EventStore store, Collection<StreamId> streams) {
        Map<StreamId, StreamVersion> fromTheBeginning = new HashMap<>();
        streams.forEach(id -> fromTheBeginning.put(id, StreamVersion.NONE));
        EventStreamReader<E> reader = store.readStreams(fromTheBeginning, command.eventType());
        readers.add(reader);
        versions.putAll(reader.versions());
        state = fold();
    }

    private S fold() {
        if (readers.size() == 1) {
            return readers.get(0).fold(command.initialState(), command::apply);
        }
        PriorityQueue<Head<E>> heads =
                new PriorityQueue<>(Comparator.comparing((Head<E> head) -> head.event.position()));
        readers.forEach(reader -> Head.of(reader.iterator(), heads));
        S folded = command.initialState();
        while (!heads.isEmpty()) {
            Head<E> first = heads.remove();
            folded = command.apply(folded, first.event.event());
            Head.of(first.rest, heads);
        }
        return folded;
    }

    /** The next event of a reader, and what comes after it. */
    private record Head<E extends Event>(RecordedEvent<E> event, Iterator<RecordedEvent<E>> rest) {
        static <E extends Event> void of(Iterator<RecordedEvent<E>> events, PriorityQueue<Head<E>> heads) {
            if (events.hasNext()) {
                heads.add(new Head<>(events.next(), events));
            }
        }
    }
}
