package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * The log is set back and has grown to the same length by other events, in a moment in which no statement of a running
 * projection fails, as behind a pooler that holds requests while a server is replaced.
 */
class QuietSetBackTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final int KEPT = 10;
    private static final int LOST = 10;

    private final String prefix = DATABASE.newTables();
    private final TableNames names = new TableNames("", prefix);
    private final EventStore store = DATABASE.store(prefix);
    private final JdbcClient application = JdbcClient.create(DATABASE.dataSource());
    private final JdbcClient owner = JdbcClient.create(DATABASE.ownersDataSource());
    private final ProjectionRunner runner = ProjectionRunner.builder(store, DATABASE.projectionStore(prefix))
            .transactionManager(new JdbcTransactionManager(DATABASE.dataSource()))
            .poll(Duration.ofMillis(2), Duration.ofMillis(50))
            .retryPause(Duration.ofMillis(2), Duration.ofMillis(50))
            .projection(Projection.named("applied", Event.class)
                    .on(
                            Event.class,
                            event -> application
                                    .sql(names.in("INSERT INTO eventcore_applied VALUES (?, ?)"))
                                    .params(event.position().value(), event.id())
                                    .update())
                    .onError(failure -> FailureDecision.RETRY)
                    .build())
            .build();

    @BeforeEach
    void applyMoreThanWillBeKept() {
        DATABASE.createTable(prefix + "applied", "position bigint, event_id uuid");
        append(KEPT);
        runner.start();
        awaitApplied(KEPT);
        Eventually.until("the checkpoint is where the events end", () -> position() == lastPosition());
        DATABASE.runScript(names.in("CREATE TABLE eventcore_kept AS SELECT * FROM eventcore_projection"));
        append(LOST);
        awaitApplied(KEPT + LOST);
    }

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void a_projection_whose_checkpoint_went_back_with_the_log_goes_on_from_there() {
        setBack("""
                UPDATE eventcore_projection p
                SET position = k.position, seen_position = k.seen_position, seen_event_id = k.seen_event_id
                FROM eventcore_kept k;
                DELETE FROM eventcore_applied WHERE position > (SELECT position FROM eventcore_kept);
                """);

        awaitApplied(KEPT + LOST);
        append(5);
        awaitApplied(KEPT + LOST + 5);
        Eventually.until("it is live", () -> state() == ProjectionState.LIVE, runner::status);
    }

    @Test
    void a_projection_that_has_applied_what_the_log_has_lost_stops_and_applies_nothing_more() {
        setBack("");

        Eventually.until("it has stopped", () -> state() == ProjectionState.FAILED, runner::status);
        append(5);
        assertThat(runner.status().get(0).partitions().get(0).lastFailure()).contains("set back");
        assertThat(owner.sql(names.in("SELECT count(*) FROM eventcore_applied"))
                        .query(Integer.class)
                        .single())
                .isEqualTo(KEPT + LOST);
    }

    /** A failover takes longer than a lease, and whoever takes the next one only knows what the store has kept. */
    @Test
    void what_was_applied_elsewhere_is_known_to_be_lost_under_the_next_lease_too_and_to_who_does_not_get_it() {
        ConcurrentLinkedQueue<UUID> elsewhere = new ConcurrentLinkedQueue<>();
        List<ProjectionRunner> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            both.add(ProjectionRunner.builder(store, DATABASE.projectionStore(prefix))
                    .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                    .lease(Duration.ofMillis(600))
                    .projection(Projection.named("elsewhere" + i, Event.class)
                            .on(Event.class, event -> elsewhere.add(event.id()))
                            .atLeastOnce()
                            .clearedBy(elsewhere::clear)
                            .build())
                    .build());
        }
        try {
            both.forEach(ProjectionRunner::start);
            Eventually.until("all is applied", () -> elsewhere.size() == 2 * (KEPT + LOST));
            DATABASE.runScript(names.in("""
                    UPDATE eventcore_projection
                    SET token = token + 1, owner = 'another', good_until = now() + interval '50 seconds'
                    WHERE name LIKE 'elsewhere%';
                    """));
            for (ProjectionRunner one : both) {
                Eventually.until("it stands by", () -> state(one) == ProjectionState.STANDBY, one::status);
            }
            setBack("""
                    UPDATE eventcore_projection p
                    SET position = k.position, seen_position = k.seen_position, seen_event_id = k.seen_event_id
                    FROM eventcore_kept k;
                    DELETE FROM eventcore_applied WHERE position > (SELECT position FROM eventcore_kept);
                    UPDATE eventcore_projection SET good_until = now() WHERE name = 'elsewhere0';
                    """);

            for (ProjectionRunner one : both) {
                Eventually.until("it has stopped", () -> state(one) == ProjectionState.FAILED, one::status);
                assertThat(one.status().get(0).partitions().get(0).lastFailure())
                        .contains("set back", "elsewhere", "reset it");
            }
            elsewhere.clear();
            both.get(0).reset("elsewhere0");
            Eventually.until("the log as it is now", () -> elsewhere.size() == KEPT + LOST);
            Eventually.until("it is live", () -> state(both.get(0)) == ProjectionState.LIVE, both.get(0)::status);
        } finally {
            both.forEach(ProjectionRunner::stop);
        }
    }

    /** Other events stand in the places of those that are lost, all in one commit. */
    private void setBack(String withIt) {
        DATABASE.runScript(names.in("""
                BEGIN;
                ALTER TABLE eventcore_event DISABLE TRIGGER refuse_change;
                UPDATE eventcore_event SET event_id = gen_random_uuid()
                WHERE position > (SELECT position FROM eventcore_kept);
                ALTER TABLE eventcore_event ENABLE ALWAYS TRIGGER refuse_change;
                %s
                COMMIT;
                """.formatted(withIt)));
    }

    private void append(int events) {
        for (int i = 0; i < events; i++) {
            store.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, i)));
        }
    }

    private ProjectionState state() {
        return state(runner);
    }

    private static ProjectionState state(ProjectionRunner runner) {
        return runner.status().get(0).partitions().get(0).state();
    }

    private long position() {
        return owner.sql(names.in("SELECT position FROM eventcore_projection"))
                .query(Long.class)
                .single();
    }

    private long lastPosition() {
        return store.lastPosition().value();
    }

    /** Until exactly the events of the log are applied, each once. */
    private void awaitApplied(int events) {
        Eventually.until(
                events + " events of the log are applied, and nothing else",
                () -> events == owner.sql(names.in("""
                                SELECT count(*) - 2 * count(*) FILTER (WHERE e.event_id IS NULL OR a.event_id IS NULL)
                                FROM eventcore_event e
                                FULL JOIN eventcore_applied a ON a.position = e.position AND a.event_id = e.event_id
                                """)).query(Integer.class).single(),
                runner::status);
    }
}
