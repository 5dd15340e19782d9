package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The clock of the database is set back while a lease is held: the time the lease runs out at lies far ahead then. */
class LeaseClockTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final ProjectionPartition BALANCES = new ProjectionPartition("balances", 0);
    private static final Duration LEASE = Duration.ofMillis(400);

    private static List<TestDatabase> databases() {
        return List.of(PostgreSqlDatabase.INSTANCE, H2Database.INSTANCE);
    }

    @ParameterizedTest
    @MethodSource("databases")
    void a_lease_that_runs_out_later_than_any_that_is_taken_now_belongs_to_no_one(TestDatabase database) {
        String prefix = database.newTables();
        ProjectionStore store = database.projectionStore(prefix);
        store.register("balances", 1, 1, GlobalPosition.START);

        assertThat(store.acquire(BALANCES, 1, "dead", Duration.ofSeconds(100))).isPresent();
        assertThat(store.acquire(BALANCES, 1, "other", Duration.ofSeconds(30))).isEmpty();
        assertThat(store.acquire(BALANCES, 1, "dead", Duration.ofHours(1))).isPresent();
        assertThat(store.acquire(BALANCES, 1, "other", Duration.ofMinutes(40))).isEmpty();

        assertThat(store.acquire(BALANCES, 1, "other", Duration.ofSeconds(30))).isPresent();
    }

    @ParameterizedTest
    @MethodSource("databases")
    void a_projection_goes_on_whose_owner_has_died_before_the_clock_was_set_back(TestDatabase database) {
        String prefix = database.newTables();
        ProjectionStore store = database.projectionStore(prefix);
        EventStore events = database.store(prefix);
        events.appendEvents(StreamWrites.to(ADA, ExpectedVersion.any(), new LedgerEvent.Deposited(ADA, 1)));
        store.register("balances", 1, 1, GlobalPosition.START);
        assertThat(store.acquire(BALANCES, 1, "dead", Duration.ofHours(1))).isPresent();
        ProjectionRunner runner = ProjectionRunner.builder(events, store)
                .lease(LEASE)
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .projection(Projection.named("balances", LedgerEvent.class)
                        .atLeastOnce()
                        .on(LedgerEvent.class, event -> {})
                        .build())
                .build();
        runner.start();
        try {
            Eventually.until(
                    "it is taken over",
                    () -> runner.status().get(0).partitions().get(0).state() == ProjectionState.LIVE);
        } finally {
            runner.stop();
        }
    }
}
