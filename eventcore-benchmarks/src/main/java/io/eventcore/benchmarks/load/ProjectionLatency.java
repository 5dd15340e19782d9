package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.benchmarks.load.LatencyFollower.Applied;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AppendSignal;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * How soon a projection has applied and committed an appended event: from the return of the append to the commit of the
 * read model, at 100 appends a second. Appends start on schedule, however late the projection is. Both ends read the
 * clock of the machine that they share.
 */
final class ProjectionLatency {
    static final String ROW = "p2";

    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Database database;
    private final int appends;

    /** How long the appends themselves take, which shows how quiet the machine is. */
    private final Histogram appending = new Histogram(3);

    /** How the follower hears of an append. */
    private enum Way {
        SIGNAL("one JVM, signal", 8),
        NOTIFY("two JVMs, NOTIFY", 20),
        POLL("two JVMs, polling only", 0);

        private final String text;
        private final int targetMillis;

        Way(String text, int targetMillis) {
            this.text = text;
            this.targetMillis = targetMillis;
        }
    }

    /**
     * A measurement.
     *
     * @param appends how many appends are measured in each way
     */
    ProjectionLatency(Database database, int appends) {
        this.database = database;
        this.appends = appends;
    }

    /** Prints a table, and adds to the table of targets. */
    void run(StringBuilder verdicts) throws Exception {
        JdbcSchema.in(database.pool(), "", LatencyFollower.PREFIX).create();
        database.execute("CREATE TABLE IF NOT EXISTS latency_applied (position bigint PRIMARY KEY)");
        Map<Way, Histogram> results = new LinkedHashMap<>();
        for (Way way : Way.values()) {
            results.put(way, measure(way));
        }
        StringBuilder table =
                new StringBuilder("### %s. from commit to applied, 100 appends a second%n%n".formatted(ROW));
        table.append("| way | events | p50 ms | p99 ms | max ms |\n|---|---|---|---|---|\n");
        results.forEach((way, micros) -> {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %d | %.2f | %.2f | %.2f |%n",
                    way.text,
                    micros.getTotalCount(),
                    micros.getValueAtPercentile(50) / 1e3,
                    micros.getValueAtPercentile(99) / 1e3,
                    micros.getMaxValue() / 1e3));
            double p99 = micros.getValueAtPercentile(99) / 1e3;
            if (way.targetMillis > 0) {
                verdicts.append(String.format(
                        Locale.ROOT,
                        "| %s | from commit to applied, %s | p99 at most %d ms | %.2f | %s |%n",
                        ROW,
                        way.text,
                        way.targetMillis,
                        p99,
                        p99 <= way.targetMillis ? "reached" : "missed"));
            }
        });
        table.append(String.format(
                Locale.ROOT,
                "%nThe appends themselves: p50 %.2f ms, p99 %.2f ms.%n",
                appending.getValueAtPercentile(50) / 1e3,
                appending.getValueAtPercentile(99) / 1e3));
        System.out.println(table);
    }

    private Histogram measure(Way way) throws Exception {
        AppendSignal signal = new AppendSignal();
        EventStore store = JdbcDatabase.builder(database.pool())
                .tablePrefix(LatencyFollower.PREFIX)
                .build()
                .eventStoreBuilder(new JacksonEventSerializer(BenchEvent.types()))
                .appendListener(signal)
                .build();
        PostgreSqlNotifications sending = new PostgreSqlNotifications(database.pool(), LatencyFollower.PREFIX, signal);
        if (way == Way.NOTIFY) {
            sending.startSending();
        }
        BlockingQueue<Applied> news = new LinkedBlockingQueue<>();
        AutoCloseable follower = follower(way, signal, news);
        try {
            // As many appends first, to warm up the compilers: the other process is new each time.
            latencies(append(store, appends), news);
            return latencies(append(store, appends), news);
        } finally {
            follower.close();
            sending.stop();
        }
    }

    private AutoCloseable follower(Way way, AppendSignal signal, BlockingQueue<Applied> news) throws IOException {
        return way == Way.SIGNAL
                ? LatencyFollower.start(database.pool(), signal, news::add)
                : LatencyFollower.inOtherProcess(database.url(), way == Way.NOTIFY, news::add);
    }

    /** How long the follower took to apply the appended events; waits for all of them. */
    private static Histogram latencies(Map<Long, Long> appended, BlockingQueue<Applied> news)
            throws InterruptedException {
        Histogram micros = new Histogram(3);
        Map<Long, Long> left = new HashMap<>(appended);
        while (!left.isEmpty()) {
            Applied next = news.poll(2, TimeUnit.MINUTES);
            if (next == null) {
                throw new IllegalStateException(
                        "The follower has stopped, %d events before the end".formatted(left.size()));
            }
            Long at = left.remove(next.position());
            if (at != null) {
                micros.recordValue(Math.max(0, next.micros() - at));
            }
        }
        return micros;
    }

    /** When each append returned, by the position of its event. */
    private Map<Long, Long> append(EventStore store, int count) {
        Map<Long, Long> committed = new LinkedHashMap<>();
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = begin + i * EVERY_NANOS;
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            StreamId stream = Streams.of("latency", 0, begin + i / Stores.EVENTS_PER_STREAM);
            long sent = System.nanoTime();
            long position = store.appendEvents(
                            StreamWrites.to(stream, ExpectedVersion.any(), BenchEvent.deposit(stream, i))
                                    .withMetadata(BenchEvent.METADATA))
                    .lastPosition()
                    .value();
            committed.put(position, LatencyFollower.nowMicros());
            appending.recordValue(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sent));
        }
        return committed;
    }
}
