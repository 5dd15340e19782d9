package io.eventcore.benchmarks.load;

import io.eventcore.Event;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.JdbcEventStore;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A store that holds many events before the measurement begins: mostly streams of ten events, and some long streams. It
 * is filled once for each database, when the first candidate asks for it.
 */
final class Filled {
    private static final int PER_APPEND = 1_000;

    private final String prefix;
    private final int shortStreams;
    private final Map<Integer, Integer> longStreams;
    private final Events made;
    private final Map<Database, JdbcEventStore> stores = new HashMap<>();

    /** How many events the measurements have added to each of the short streams. */
    private final Map<Integer, Integer> added = new ConcurrentHashMap<>();

    /**
     * A store to be filled.
     *
     * @param prefix the prefix of its table names
     * @param shortStreams how many streams of ten events it gets
     * @param longStreams how many streams of other lengths, by their length
     */
    Filled(String prefix, int shortStreams, Map<Integer, Integer> longStreams) {
        this(prefix, shortStreams, longStreams, BenchEvent::deposit);
    }

    /** The same with events other than deposits. */
    Filled(String prefix, int shortStreams, Map<Integer, Integer> longStreams, Events made) {
        this.made = made;
        this.prefix = prefix;
        this.shortStreams = shortStreams;
        this.longStreams = longStreams;
    }

    /** Makes the event at a place in a stream. */
    interface Events {
        Event at(StreamId stream, long place);
    }

    synchronized JdbcEventStore store(Database database) {
        return stores.computeIfAbsent(database, this::fill);
    }

    /** The prefix of the tables, once they are filled. */
    String prefix(Database database) {
        store(database);
        return prefix;
    }

    int shortStreams() {
        return shortStreams;
    }

    /** How many events the short streams have when the measurement begins. */
    int events() {
        return shortStreams * Stores.EVENTS_PER_STREAM;
    }

    /** One of the streams of the given length. */
    StreamId stream(int length, long turn) {
        int streams = length == Stores.EVENTS_PER_STREAM ? shortStreams : longStreams.getOrDefault(length, 0);
        return Streams.filled("filled" + length, (int) Math.floorMod(turn * 7919, (long) streams));
    }

    /** The version of a short stream. Only the caller appends to that stream, and appends one event. */
    int takeVersion(int number) {
        return Stores.EVENTS_PER_STREAM + added.merge(number, 1, Integer::sum) - 1;
    }

    /** Where a part of the log begins. Parts follow each other and start over at the end of the log. */
    long start(long turn, int events) {
        long total = (long) shortStreams * Stores.EVENTS_PER_STREAM;
        return 1 + Math.floorMod(turn * events, total - events + 1);
    }

    private JdbcEventStore fill(Database database) {
        JdbcEventStore store = Stores.store(database, prefix);
        int perAppend = PER_APPEND / Stores.EVENTS_PER_STREAM;
        for (int first = 0; first < shortStreams; first += perAppend) {
            StreamWrites writes = StreamWrites.empty().withMetadata(BenchEvent.METADATA);
            for (int number = first; number < Math.min(first + perAppend, shortStreams); number++) {
                StreamId stream = Streams.filled("filled" + Stores.EVENTS_PER_STREAM, number);
                writes = writes.registerStream(stream, ExpectedVersion.noStream());
                for (int event = 0; event < Stores.EVENTS_PER_STREAM; event++) {
                    writes = writes.append(made.at(stream, event));
                }
            }
            store.appendEvents(writes);
        }
        longStreams.forEach((length, count) -> {
            for (int number = 0; number < count; number++) {
                StreamId stream = Streams.filled("filled" + length, number);
                for (int version = 0; version < length; version += PER_APPEND) {
                    Event[] events = new Event[Math.min(PER_APPEND, length - version)];
                    for (int i = 0; i < events.length; i++) {
                        events[i] = made.at(stream, i);
                    }
                    store.appendEvents(StreamWrites.to(stream, ExpectedVersion.exactly(version), events)
                            .withMetadata(BenchEvent.METADATA));
                }
            }
        });
        database.analyze(prefix);
        return store;
    }
}
