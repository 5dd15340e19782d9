package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** What ten projections that catch up cost the primary, with a replica and without. */
@Tag("cluster")
class PostgreSqlReplicaCpuTest {
    private static final ReplicatedDatabase DATABASE = ReplicatedDatabase.INSTANCE;
    private static final int PROJECTIONS = 10;
    private static final int EVENTS = 100_000;
    private static final int PER_APPEND = 1_000;

    private final String prefix = DATABASE.newTables();

    @Test
    void ten_projections_that_catch_up_cost_the_primary_less() {
        EventStore plain = TestDatabase.store(DATABASE.dataSource(), prefix);
        fill(plain);
        DATABASE.standby().awaitReplayOf(DATABASE.primary());

        double without = catchUp(plain, "plain");
        JdbcDatabase database = JdbcDatabase.builder(DATABASE.dataSource())
                .tablePrefix(prefix)
                .replica(DATABASE.standbysDataSource())
                .build();
        EventStore replicated = database.eventStore(new JacksonEventSerializer(LedgerEvent.types()));
        double standbyBefore = DATABASE.standby().cpuSeconds();
        double with = catchUp(replicated, "replicated");
        double onStandby = DATABASE.standby().cpuSeconds() - standbyBefore;

        ReplicaStatus status = database.replicaStatus().orElseThrow();
        System.out.printf(
                "replica: %d projections over %d events each: primary's CPU %.2f s without, %.2f s with a replica (its own: %.2f s);"
                        + " pages from the replica %d, from the primary %d%n",
                PROJECTIONS, EVENTS, without, with, onStandby, status.pagesFromReplica(), status.pagesFromPrimary());
        assertThat(status.pagesFromReplica()).isGreaterThan(10L * PROJECTIONS);
    }

    /** The processor time that the primary has used. Each projection has a runner of its own, so that none reads for another. */
    private double catchUp(EventStore store, String name) {
        GlobalPosition end = store.lastPosition();
        List<LongAdder> applied = new ArrayList<>();
        List<ProjectionRunner> runners = new ArrayList<>();
        double before = DATABASE.primary().cpuSeconds();
        try {
            for (int i = 0; i < PROJECTIONS; i++) {
                LongAdder count = new LongAdder();
                applied.add(count);
                ProjectionRunner runner = ProjectionRunner.builder(store, DATABASE.projectionStore(prefix))
                        .transactionManager(new JdbcTransactionManager(DATABASE.dataSource()))
                        .projection(Projection.named(name + i, LedgerEvent.class)
                                .on(Deposited.class, event -> count.increment())
                                .build())
                        .build();
                runners.add(runner);
                runner.start();
            }
            for (int i = 0; i < PROJECTIONS; i++) {
                assertThat(runners.get(i).awaitPosition(name + i, end, Duration.ofMinutes(3)))
                        .isEqualTo(AwaitOutcome.REACHED);
            }
        } finally {
            runners.forEach(ProjectionRunner::stop);
        }
        double used = DATABASE.primary().cpuSeconds() - before;
        assertThat(applied).allSatisfy(count -> assertThat(count.sum()).isEqualTo(EVENTS));
        return used;
    }

    private static void fill(EventStore store) {
        for (int i = 0; i < EVENTS / PER_APPEND; i++) {
            StreamId account = StreamId.of("account-" + i);
            StreamWrites writes = StreamWrites.empty().registerStream(account, any());
            for (int j = 0; j < PER_APPEND; j++) {
                writes = writes.append(new Deposited(account, j));
            }
            store.appendEvents(writes);
        }
    }
}
