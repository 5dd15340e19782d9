package io.eventcore.benchmarks.load;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.HotStreamSettings;
import io.eventcore.command.Stream;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.jdbc.GroupCommitSettings;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The work of all rows, done by the event store. */
final class Stores {
    /** How many events a young stream gets before the next one begins. */
    static final int EVENTS_PER_STREAM = 10;

    /**
     * How many commands want the same stream before all want the next one: so few that folding the stream stays cheap.
     */
    static final int COMMANDS_PER_HOT_STREAM = 400;

    private static final int PAGE = 2_000;

    private Stores() {}

    static JdbcEventStore store(Database database, String prefix) {
        return store(database, prefix, BenchEvent.types());
    }

    static JdbcEventStore store(Database database, String prefix, EventTypes types) {
        JdbcSchema.in(database.pool(), "", prefix).create();
        return JdbcDatabase.builder(database.pool())
                .tablePrefix(prefix)
                .build()
                .eventStore(new JacksonEventSerializer(types));
    }

    /** A new store whose appends never share a transaction. */
    static Source direct(String prefix) {
        return database -> {
            JdbcSchema.in(database.pool(), "", prefix).create();
            return direct(database, prefix);
        };
    }

    /** A filled store, opened so that its appends never share a transaction. */
    static Source directly(Filled filled) {
        return database -> direct(database, filled.prefix(database));
    }

    private static JdbcEventStore direct(Database database, String prefix) {
        return JdbcDatabase.builder(database.pool())
                .tablePrefix(prefix)
                .build()
                .eventStoreBuilder(new JacksonEventSerializer(BenchEvent.types()))
                .groupCommit(GroupCommitSettings.off())
                .build();
    }

    /** Which store a candidate works on: a new one, or a filled one. */
    interface Source {
        EventStore in(Database database);
    }

    static Source empty(String prefix) {
        return database -> store(database, prefix);
    }

    /** One event to a young stream. */
    static Candidate append(String name, Source source) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            return (thread, turn) -> {
                StreamId stream = Streams.of("account", thread, turn / EVENTS_PER_STREAM);
                ExpectedVersion expected = ExpectedVersion.exactly(turn % EVENTS_PER_STREAM);
                store.appendEvents(StreamWrites.to(stream, expected, BenchEvent.deposit(stream, turn))
                        .withMetadata(BenchEvent.METADATA));
                return 1;
            };
        });
    }

    /** Many events to a new stream; counts events. */
    static Candidate appendMany(String name, Source source, int events) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            return (thread, turn) -> {
                StreamId stream = Streams.of("batch", thread, turn);
                StreamWrites writes = StreamWrites.empty()
                        .withMetadata(BenchEvent.METADATA)
                        .registerStream(stream, ExpectedVersion.noStream());
                for (int i = 0; i < events; i++) {
                    writes = writes.append(BenchEvent.deposit(stream, i));
                }
                store.appendEvents(writes);
                return events;
            };
        });
    }

    /** One event to each of two young streams. */
    static Candidate transfer(String name, Source source) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            return (thread, turn) -> {
                StreamId from = Streams.of("from", thread, turn / EVENTS_PER_STREAM);
                StreamId to = Streams.of("to", thread, turn / EVENTS_PER_STREAM);
                ExpectedVersion expected = ExpectedVersion.exactly(turn % EVENTS_PER_STREAM);
                store.appendEvents(StreamWrites.empty()
                        .withMetadata(BenchEvent.METADATA)
                        .registerStream(from, expected)
                        .registerStream(to, expected)
                        .append(BenchEvent.deposit(from, -turn))
                        .append(BenchEvent.deposit(to, turn)));
                return 1;
            };
        });
    }

    /** One event to a young stream; the append rests on a stream common to all. */
    static Candidate guarded(String name, Source source) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            StreamId guard = Streams.of("guard", 0, 0);
            store.appendEvents(StreamWrites.to(guard, ExpectedVersion.any(), BenchEvent.deposit(guard, 1)));
            return (thread, turn) -> {
                StreamId stream = Streams.of("guarded", thread, turn / EVENTS_PER_STREAM);
                store.appendEvents(StreamWrites.empty()
                        .withMetadata(BenchEvent.METADATA)
                        .registerStream(guard, ExpectedVersion.exactly(1))
                        .registerStream(stream, ExpectedVersion.exactly(turn % EVENTS_PER_STREAM))
                        .append(BenchEvent.deposit(stream, turn)));
                return 1;
            };
        });
    }

    /** One event to a stream that was filled long ago, chosen at random among those of the thread. */
    static Candidate appendToOld(String name, Filled filled, int threads) {
        return new Candidate(name, database -> {
            EventStore store = filled.store(database);
            return (thread, turn) -> {
                int turns = filled.shortStreams() / threads;
                int number = ThreadLocalRandom.current().nextInt(turns) * threads + thread;
                StreamId stream = Streams.filled("filled" + EVENTS_PER_STREAM, number);
                int version = filled.takeVersion(number);
                store.appendEvents(
                        StreamWrites.to(stream, ExpectedVersion.exactly(version), BenchEvent.deposit(stream, turn))
                                .withMetadata(BenchEvent.METADATA));
                return 1;
            };
        });
    }

    /** A whole command over two streams of about ten events, chosen at random. */
    static Candidate command(String name, Filled filled, WarmStreamSettings warm) {
        return new Candidate(name, database -> {
            CommandExecutor executor = CommandExecutor.builder(filled.store(database))
                    .warmStreams(warm)
                    .build();
            return new Candidate.Work() {
                @Override
                public long run(int thread, long turn) {
                    ThreadLocalRandom random = ThreadLocalRandom.current();
                    int from = random.nextInt(filled.shortStreams());
                    int to = (from + 1 + random.nextInt(filled.shortStreams() - 1)) % filled.shortStreams();
                    executor.execute(new Transfer(
                            Streams.filled("filled" + EVENTS_PER_STREAM, from),
                            Streams.filled("filled" + EVENTS_PER_STREAM, to),
                            turn));
                    return 1;
                }

                @Override
                public String remark() {
                    return executor.warmStreams().toString();
                }
            };
        });
    }

    /** Commands that all want the same stream. */
    static Candidate hot(String name, Source source, HotStreamSettings settings) {
        return new Candidate(
                name,
                database -> new HotCommands(CommandExecutor.builder(source.in(database))
                        .hotStreams(settings)
                        .build()));
    }

    /** Appends to one stream at its current version, again and again until no other append was faster. */
    static Candidate racedByHand(String name, Source source) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            AtomicLong appends = new AtomicLong();
            LongAdder conflicts = new LongAdder();
            return new Candidate.Work() {
                @Override
                public long run(int thread, long turn) {
                    StreamId stream = Streams.of("hot", 0, appends.getAndIncrement() / COMMANDS_PER_HOT_STREAM);
                    while (!append(stream, turn)) {
                        conflicts.increment();
                    }
                    return 1;
                }

                private boolean append(StreamId stream, long turn) {
                    long version = store.streamVersion(stream).value();
                    try {
                        store.appendEvents(StreamWrites.to(
                                        stream, ExpectedVersion.exactly(version), BenchEvent.deposit(stream, turn))
                                .withMetadata(BenchEvent.METADATA));
                        return true;
                    } catch (VersionConflictException e) {
                        return false;
                    }
                }

                @Override
                public String remark() {
                    return String.format(
                            Locale.ROOT, "%.1f conflicts for each append", (double) conflicts.sum() / appends.get());
                }
            };
        });
    }

    /** Executes commands on one stream, each with up to five attempts. A command that exhausts them does not count. */
    private static final class HotCommands implements Candidate.Work {
        private final CommandExecutor executor;
        private final AtomicLong commands = new AtomicLong();
        private final LongAdder atOnce = new LongAdder();
        private final LongAdder givenUp = new LongAdder();

        private HotCommands(CommandExecutor executor) {
            this.executor = executor;
        }

        @Override
        public long run(int thread, long turn) {
            try {
                StreamId hot = Streams.of("hot", 0, commands.getAndIncrement() / COMMANDS_PER_HOT_STREAM);
                if (executor.execute(new Count(hot)).attempts() == 1) {
                    atOnce.increment();
                }
                return 1;
            } catch (RetriesExhaustedException e) {
                givenUp.increment();
                return 0;
            }
        }

        @Override
        public String remark() {
            return String.format(
                    Locale.ROOT,
                    "%.1f %% of %,d commands needed one attempt, %.1f %% were given up after five",
                    100.0 * atOnce.sum() / commands.get(),
                    commands.get(),
                    100.0 * givenUp.sum() / commands.get());
        }
    }

    /** A whole stream, decoded. */
    static Candidate readStream(String name, Filled filled, int length) {
        return readStream(name, filled::store, filled, length);
    }

    static Candidate readStream(String name, Source source, Filled filled, int length) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            return (thread, turn) -> {
                int count = store.readStream(filled.stream(length, turn), BenchEvent.class)
                        .fold(0, (sum, event) -> sum + 1);
                return Limits.checked(1, count, length);
            };
        });
    }

    /** A stream too long to be held in memory, decoded. */
    static Candidate readLongStream(String name, Filled filled, int length) {
        return new Candidate(name, database -> new LongRead(filled.store(database), filled.stream(length, 0), length));
    }

    /** Reads one stream to its end, and finally once more to measure the heap. */
    private record LongRead(EventStore store, StreamId stream, int length) implements Candidate.Work {
        @Override
        public long run(int thread, long turn) {
            int count = store.readStream(stream, BenchEvent.class).fold(0, (sum, event) -> sum + 1);
            return Limits.checked(1, count, length);
        }

        @Override
        public String remark() {
            long[] live = {0, 0};
            int read = store.readStream(stream, BenchEvent.class).fold(0, (count, event) -> {
                if (count == length / 10) {
                    live[0] = liveKilobytes();
                } else if (count == length - length / 10) {
                    live[1] = liveKilobytes();
                }
                return count + 1;
            });
            Limits.checked(1, read, length);
            return String.format(
                    Locale.ROOT,
                    "after a tenth of the stream %,d KiB of the heap are in use, a tenth before its end %,d KiB",
                    live[0],
                    live[1]);
        }

        private static long liveKilobytes() {
            System.gc();
            return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024;
        }
    }

    /** Part of the log, decoded; counts events. */
    static Candidate readLog(String name, Filled filled, int events) {
        return readLog(name, filled::store, filled, events);
    }

    /** Part of the log as later code reads it, through one upcaster; counts events. */
    static Candidate readLogUpcast(String name, Filled filled, int events) {
        return readLog(
                name,
                database -> JdbcDatabase.builder(database.pool())
                        .tablePrefix(filled.prefix(database))
                        .build()
                        .eventStore(new JacksonEventSerializer(BenchEvent.laterTypes())),
                filled,
                events);
    }

    static Candidate readLog(String name, Source source, Filled filled, int events) {
        return new Candidate(name, database -> {
            EventStore store = source.in(database);
            return (thread, turn) -> {
                GlobalPosition after = GlobalPosition.of(filled.start(turn, events));
                long read = 0;
                while (read < events) {
                    EventBatch<BenchEvent> batch = store.readEvents(
                            EventFilter.all(), EventPage.after(after, page(events - read)), BenchEvent.class);
                    read += batch.events().size();
                    after = batch.continueAfter();
                    if (batch.endReached()) {
                        break;
                    }
                }
                return Limits.checked(read, read, events);
            };
        });
    }

    private static int page(long wanted) {
        return (int) Math.min(PAGE, wanted);
    }

    /** Moves money; the decision of all measurements of commands. */
    record Transfer(@Stream StreamId from, @Stream StreamId to, long cents) implements Command<Long, BenchEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, BenchEvent event) {
            return balance + ((BenchEvent.MoneyDeposited) event).cents();
        }

        @Override
        public List<BenchEvent> handle(Long balance) {
            return List.of(BenchEvent.deposit(from, -1), BenchEvent.deposit(to, 1));
        }
    }

    /** Adds one event to a stream. */
    record Count(@Stream StreamId counter) implements Command<Long, BenchEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BenchEvent event) {
            return count + 1;
        }

        @Override
        public List<BenchEvent> handle(Long count) {
            return List.of(BenchEvent.deposit(counter, count));
        }
    }
}
