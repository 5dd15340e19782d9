package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionState;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** What befalls the transaction of a projection is no fault of the event that was being applied. */
class LostCommitAnswerTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    private final String prefix = DATABASE.newTables();
    private final TableNames names = new TableNames("", prefix);
    private final EventStore store = DATABASE.store(prefix);
    private final JdbcClient application = JdbcClient.create(DATABASE.dataSource());
    private final JdbcClient superuser = JdbcClient.create(DATABASE.superusersDataSource());
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicBoolean disturbed = new AtomicBoolean();
    private final LosingAnswers manager = new LosingAnswers();

    private volatile Disturbance disturbance = Disturbance.NONE;
    private volatile FailureDecision decision = FailureDecision.SKIP;
    private volatile boolean broken;

    private enum Disturbance {
        NONE,
        SESSION_ENDS,
        ANSWER_IS_LOST
    }

    private final ProjectionRunner runner = ProjectionRunner.builder(store, DATABASE.projectionStore(prefix))
            .transactionManager(manager)
            .poll(Duration.ofMillis(2), Duration.ofMillis(50))
            .retryPause(Duration.ofMillis(2), Duration.ofMillis(50))
            .projection(Projection.named("applied", Event.class)
                    .on(Event.class, this::apply)
                    .onError(failure -> {
                        asked.incrementAndGet();
                        return decision;
                    })
                    .build())
            .build();

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void an_event_whose_commit_took_effect_is_not_applied_again() {
        check(Disturbance.ANSWER_IS_LOST);
    }

    @Test
    void an_event_that_was_being_applied_when_the_session_ended_is_applied_later() {
        check(Disturbance.SESSION_ENDS);
    }

    @Test
    void a_parked_event_whose_commit_took_effect_is_not_applied_again() {
        DATABASE.createTable(prefix + "applied", "position bigint PRIMARY KEY");
        decision = FailureDecision.PARK;
        broken = true;
        append();
        append();
        runner.start();
        Eventually.until("both events wait", () -> waiting() == 2, runner::status);

        broken = false;
        manager.isApplying = false;
        disturbance = Disturbance.ANSWER_IS_LOST;
        runner.retryParked("applied", ADA);

        Eventually.until("the stream goes on", () -> waiting() == 0, runner::status);
        assertThat(disturbed).isTrue();
        assertThat(applied()).hasSize(2);
    }

    private long waiting() {
        return runner.parkedStreams("applied").stream()
                .mapToLong(stream -> stream.waiting())
                .sum();
    }

    private void check(Disturbance real) {
        disturbance = real;
        DATABASE.createTable(prefix + "applied", "position bigint PRIMARY KEY");
        append();
        runner.start();

        Eventually.until("the event is applied", () -> applied().size() == 1, runner::status);
        Eventually.until(
                "it is live",
                () -> runner.status().get(0).partitions().get(0).state() == ProjectionState.LIVE,
                runner::status);
        append();

        Eventually.until("the next event is applied", () -> applied().size() == 2, runner::status);
        assertThat(disturbed).isTrue();
        assertThat(asked).hasValue(0);
    }

    private void apply(RecordedEvent<Event> event) {
        if (broken) {
            throw new IllegalStateException("broken");
        }
        manager.isApplying = true;
        if (disturbance == Disturbance.SESSION_ENDS && disturbed.compareAndSet(false, true)) {
            long session =
                    application.sql("SELECT pg_backend_pid()").query(Long.class).single();
            superuser
                    .sql("SELECT pg_terminate_backend(?::integer, 10000)")
                    .param(session)
                    .query(Boolean.class)
                    .single();
        }
        application
                .sql(names.in("INSERT INTO eventcore_applied VALUES (?)"))
                .param(event.position().value())
                .update();
    }

    private List<Long> applied() {
        return application
                .sql(names.in("SELECT position FROM eventcore_applied"))
                .query(Long.class)
                .list();
    }

    private void append() {
        store.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 1)));
    }

    /** A commit takes effect, and the connection is lost before the answer: to the caller that is a commit that failed. */
    private final class LosingAnswers extends JdbcTransactionManager {
        private static final long serialVersionUID = 1L;

        private volatile boolean isApplying;

        LosingAnswers() {
            super(DATABASE.dataSource());
        }

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            super.doCommit(status);
            if (isApplying && disturbance == Disturbance.ANSWER_IS_LOST && disturbed.compareAndSet(false, true)) {
                throw new TransactionSystemException("The answer was lost");
            }
        }
    }
}
