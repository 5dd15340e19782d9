package io.eventcore.benchmarks.load;

import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an append, a read and a command cost without a database, on one thread and, garbage collection included, one
 * core. Commands run on young streams that their executor knows, and on streams of ten events that it does not know.
 * Another benchmark measures what Jackson alone takes for the JSON of the latter. Each stream gets ten events. Each
 * iteration starts with a new store, so that the store fits in memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC", "-Xms2g", "-Xmx2g"})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class MemoryBenchmark {
    /** How events are encoded: {@code jackson} or {@code none}. */
    @Param({"jackson", "none"})
    public String serialization = "";

    private InMemoryEventStore store = new InMemoryEventStore(new PassThrough());
    private CommandExecutor executor = CommandExecutor.builder(store).build();
    private StreamId stream = StreamId.of("none");
    private StreamId filled = StreamId.of("none");
    private int turn;

    /** Starts with a new store. */
    @Setup(Level.Iteration)
    public void begin() {
        store = new InMemoryEventStore(serializer(serialization));
        executor = CommandExecutor.builder(store).build();
        turn = 0;
        filled = Streams.filled("filled", 0);
        for (int i = 0; i < Stores.EVENTS_PER_STREAM; i++) {
            store.appendEvents(StreamWrites.to(filled, ExpectedVersion.exactly(i), BenchEvent.deposit(filled, i))
                    .withMetadata(BenchEvent.METADATA));
        }
    }

    private static EventSerializer serializer(String name) {
        return name.equals("jackson") ? new JacksonEventSerializer(BenchEvent.types()) : new PassThrough();
    }

    private int next() {
        int version = turn % Stores.EVENTS_PER_STREAM;
        if (version == 0) {
            stream = Streams.filled("account", turn / Stores.EVENTS_PER_STREAM);
        }
        turn++;
        return version;
    }

    /** One event to a young stream. */
    @Benchmark
    public EventStreamSlice append() {
        int version = next();
        return store.appendEvents(
                StreamWrites.to(stream, ExpectedVersion.exactly(version), BenchEvent.deposit(stream, version))
                        .withMetadata(BenchEvent.METADATA));
    }

    /** A stream of ten events, decoded. */
    @Benchmark
    public int readTenEvents() {
        return store.readStream(filled, BenchEvent.class).fold(0, (sum, event) -> sum + 1);
    }

    /** A whole command on a young stream: read, fold, decide, append. */
    @Benchmark
    public ExecutionResult command() {
        next();
        return executor.execute(new Stores.Count(stream));
    }

    /** A whole command on a stream of ten events, or a few more, that its executor does not know. */
    @Benchmark
    public ExecutionResult coldCommand(Cold cold) {
        return cold.executor.execute(new Stores.Count(cold.next()));
    }

    /** Only the JSON of a command on a cold stream: Jackson alone decodes ten events and encodes one. */
    @Benchmark
    public int rawJson(Json json) {
        int characters = 0;
        for (byte[] event : json.stored) {
            characters += json.reader.<Deposit>readValue(event).note().length();
        }
        return characters + json.writer.writeValueAsBytes(Json.deposit(turn++)).length;
    }

    /** Streams of ten events: so many streams that none gets many more events before an iteration ends. */
    @State(Scope.Benchmark)
    public static class Cold {
        private static final int STREAMS = 20_000;

        /** The same serialization as in the benchmark. */
        @Param({"jackson", "none"})
        public String serialization = "";

        private CommandExecutor executor = CommandExecutor.builder(new InMemoryEventStore(new PassThrough()))
                .build();
        private int turn;

        /** Starts with a new store. */
        @Setup(Level.Iteration)
        public void begin() {
            InMemoryEventStore store = new InMemoryEventStore(serializer(serialization));
            executor = CommandExecutor.builder(store)
                    .warmStreams(WarmStreamSettings.off())
                    .build();
            turn = 0;
            for (int i = 0; i < STREAMS; i++) {
                StreamId stream = next();
                StreamWrites writes = StreamWrites.empty()
                        .withMetadata(BenchEvent.METADATA)
                        .registerStream(stream, ExpectedVersion.noStream());
                for (int event = 0; event < Stores.EVENTS_PER_STREAM; event++) {
                    writes = writes.append(BenchEvent.deposit(stream, event));
                }
                store.appendEvents(writes);
            }
        }

        private StreamId next() {
            return Streams.filled("cold", turn++ % STREAMS);
        }
    }

    /** A deposit as Jackson handles it without this library. */
    record Deposit(String account, long cents, String currency, String reference, String bookedBy, String note) {}

    /** The JSON of ten deposits. */
    @State(Scope.Benchmark)
    public static class Json {
        private static final JsonMapper MAPPER = JsonMapper.builder().build();

        private final ObjectReader reader = MAPPER.readerFor(Deposit.class);
        private final ObjectWriter writer = MAPPER.writerFor(Deposit.class);
        private final List<byte[]> stored = IntStream.range(0, Stores.EVENTS_PER_STREAM)
                .mapToObj(i -> writer.writeValueAsBytes(deposit(i)))
                .toList();

        private static Deposit deposit(int cents) {
            BenchEvent.MoneyDeposited event = BenchEvent.deposit(Streams.filled("cold", 0), cents);
            return new Deposit(
                    event.account().value(),
                    event.cents(),
                    event.currency(),
                    event.reference(),
                    event.bookedBy(),
                    event.note());
        }
    }
}
