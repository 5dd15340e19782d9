package io.eventcore.benchmarks.load;

import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.concurrent.TimeUnit;
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

/**
 * What an append, a read and a command cost without a database, on one thread and, garbage collection included, one core.
 * Streams get ten events each; the store begins anew with every iteration, so that it stays in memory.
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

    /** Begins anew. */
    @Setup(Level.Iteration)
    public void begin() {
        EventSerializer serializer =
                serialization.equals("jackson") ? new JacksonEventSerializer(BenchEvent.types()) : new PassThrough();
        store = new InMemoryEventStore(serializer);
        executor = CommandExecutor.builder(store).build();
        turn = 0;
        filled = Streams.filled("filled", 0);
        for (int i = 0; i < Stores.EVENTS_PER_STREAM; i++) {
            store.appendEvents(StreamWrites.to(filled, ExpectedVersion.exactly(i), BenchEvent.deposit(filled, i))
                    .withMetadata(BenchEvent.METADATA));
        }
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
}
