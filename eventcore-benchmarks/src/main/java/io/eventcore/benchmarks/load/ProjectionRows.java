package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcProjectionStore;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionBuilder;
import io.eventcore.projection.ProjectionRunner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** How fast projections catch up, compared with only reading the log. */
final class ProjectionRows {
    private static final String LOG = "log alone";
    private static final String EMPTY = "empty projection";
    private static final String UPSERT = "JDBC upsert";
    private static final String FOUR = ", 4 partitions";

    private final Filled log;
    private final int events;

    /**
     * The rows.
     *
     * @param million how many events stand for a million: fewer for a smoke test
     */
    ProjectionRows(int million) {
        this.events = Math.max(2_000, million / 50);
        this.log = new Filled("projected_", events / Stores.EVENTS_PER_STREAM, Map.of());
    }

    List<Row> all() {
        return List.of(new Row(
                "p1",
                "catch-up over %,d events (counted as events)".formatted(events),
                1,
                List.of(
                        readLog(),
                        catchUp(EMPTY, false, 1),
                        catchUp(EMPTY + FOUR, false, 4),
                        catchUp(UPSERT, true, 1),
                        catchUp(UPSERT + FOUR, true, 4)),
                List.of(
                        Target.speed(EMPTY, LOG, 0.8),
                        Target.speed(EMPTY + FOUR, LOG, 0.7),
                        Target.speed(UPSERT + FOUR, LOG, 0.12))));
    }

    private Candidate readLog() {
        return Stores.readLog(LOG, log, events - 1);
    }

    /** A new projection, from its start until it has applied everything. */
    private Candidate catchUp(String name, boolean upserts, int partitions) {
        return new Candidate(name, database -> {
            EventStore store = log.store(database);
            JdbcProjectionStore checkpoints = JdbcDatabase.builder(database.pool())
                    .tablePrefix(log.prefix(database))
                    .build()
                    .projectionStore();
            JdbcClient jdbc = JdbcClient.create(database.pool());
            String table = "projected_balance_" + partitions;
            jdbc.sql("CREATE TABLE IF NOT EXISTS " + table + " (account varchar(255) PRIMARY KEY, cents bigint)")
                    .update();
            String upsert = "INSERT INTO " + table + " AS b (account, cents) VALUES (?, ?)"
                    + " ON CONFLICT (account) DO UPDATE SET cents = b.cents + excluded.cents";
            return (thread, turn) -> {
                String projection = "catch-up-" + turn;
                LongAdder applied = new LongAdder();
                ProjectionBuilder<BenchEvent> builder = Projection.named(projection, BenchEvent.class)
                        .partitions(partitions)
                        .on(BenchEvent.MoneyDeposited.class, event -> {
                            applied.increment();
                            if (upserts) {
                                jdbc.sql(upsert)
                                        .params(
                                                event.streamId().value(),
                                                event.event().cents())
                                        .update();
                            }
                        });
                ProjectionRunner runner = ProjectionRunner.builder(store, checkpoints)
                        .transactionManager(new JdbcTransactionManager(database.pool()))
                        .projection(builder.build())
                        .build();
                runner.start();
                AwaitOutcome outcome = runner.awaitPosition(projection, store.lastPosition(), Duration.ofMinutes(10));
                runner.stop();
                checkpoints.forget(projection);
                if (outcome != AwaitOutcome.REACHED) {
                    throw new IllegalStateException(outcome.toString());
                }
                return Limits.checked(applied.sum(), applied.sum(), events);
            };
        });
    }
}
