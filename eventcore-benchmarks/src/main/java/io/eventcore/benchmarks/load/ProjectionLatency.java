package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.jdbc.JdbcProjectionStore;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.JacksonEventSerializer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * How soon a projection has applied, and committed, what was appended: from the return of the append to the commit of the
 * read model, at 100 appends a second. Appends go out by the clock, however late the projection is.
 */
final class ProjectionLatency {
    static final String ROW = "p2";

    private static final String PREFIX = "latency_";
    private static final String PROJECTION = "latency";
    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Database database;
    private final int appends;

    /** How long the appends themselves take: how quiet the machine is. */
    private final Histogram appending = new Histogram(3);

    /** How the follower hears of an append. */
    private enum Way {
        SIGNAL("one JVM, signal", 20),
        NOTIFY("two runners, NOTIFY", 60),
        POLL("two runners, polling only", 0);

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
    void run(StringBuilder verdicts) {
        JdbcSchema.in(database.pool(), "", PREFIX).create();
        database.execute("CREATE TABLE IF NOT EXISTS latency_applied (position bigint PRIMARY KEY)");
        Map<Way, Histogram> results = new LinkedHashMap<>();
        // All of them first: whoever is measured first would be measured while the compilers are still at work.
        for (Way way : Way.values()) {
            measure(way, appends / 2);
        }
        for (Way way : Way.values()) {
            results.put(way, measure(way, appends));
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

    private Histogram measure(Way way, int count) {
        AppendSignal here = new AppendSignal();
        AppendSignal there = way == Way.SIGNAL ? here : new AppendSignal();
        EventStore store = JdbcEventStore.builder(database.pool(), new JacksonEventSerializer(BenchEvent.types()))
                .tablePrefix(PREFIX)
                .appendListener(here)
                .build();
        Map<Long, Long> applied = new ConcurrentHashMap<>();
        ProjectionRunner runner = follower(store, there, applied);
        PostgreSqlNotifications sending = new PostgreSqlNotifications(database.pool(), PREFIX, here);
        PostgreSqlNotifications listening = new PostgreSqlNotifications(database.pool(), PREFIX, there);
        if (way == Way.NOTIFY) {
            sending.startSending();
            listening.start();
        }
        runner.start();
        try {
            append(store, 1);
            await(runner, store);
            Map<Long, Long> committed = append(store, count);
            await(runner, store);
            Histogram micros = new Histogram(3);
            committed.forEach((position, at) -> {
                Long done = applied.get(position);
                if (done != null) {
                    micros.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(done - at)));
                }
            });
            Limits.checked(1, micros.getTotalCount(), count);
            return micros;
        } finally {
            runner.stop();
            sending.stop();
            listening.stop();
        }
    }

    private ProjectionRunner follower(EventStore store, AppendSignal signal, Map<Long, Long> applied) {
        JdbcClient jdbc = JdbcClient.create(database.pool());
        return ProjectionRunner.builder(store, JdbcProjectionStore.in(database.pool(), "", PREFIX))
                .transactionManager(new JdbcTransactionManager(database.pool()))
                .wokenBy(signal)
                .projection(Projection.named(PROJECTION, BenchEvent.class)
                        .on(BenchEvent.MoneyDeposited.class, event -> {
                            long position = event.position().value();
                            jdbc.sql("INSERT INTO latency_applied (position) VALUES (?)")
                                    .param(position)
                                    .update();
                            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                                @Override
                                public void afterCommit() {
                                    applied.put(position, System.nanoTime());
                                }
                            });
                        })
                        .build())
                .build();
    }

    /** When each append had returned, by the position of its event. */
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
            long done = System.nanoTime();
            appending.recordValue(TimeUnit.NANOSECONDS.toMicros(done - sent));
            committed.put(position, done);
        }
        return committed;
    }

    private static void await(ProjectionRunner runner, EventStore store) {
        AwaitOutcome outcome = runner.awaitPosition(PROJECTION, store.lastPosition(), Duration.ofMinutes(2));
        if (outcome != AwaitOutcome.REACHED) {
            throw new IllegalStateException(outcome.toString());
        }
    }
}
