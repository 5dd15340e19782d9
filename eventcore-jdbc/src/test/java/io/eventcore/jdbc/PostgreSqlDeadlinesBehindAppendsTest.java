package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Stream;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.DeadlineLook;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ForwardingProjectionStore;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.test.contract.Race;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * An append in flight holds readers back, and with them the news that a deadline was called off: it is waited for, since the
 * news is committed.
 */
class PostgreSqlDeadlinesBehindAppendsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    private final PostgreSqlDatabase database = PostgreSqlDatabase.INSTANCE;
    private final String prefix = database.newTables();
    private final JdbcEventStore events = database.store(prefix);
    private final AtomicLong shift = new AtomicLong();
    private final AtomicInteger dueLooks = new AtomicInteger();
    private final TransactionTemplate transaction =
            new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
    private final ProjectionRunner runner = runner();

    private ProjectionRunner runner() {
        JdbcDatabase opened = TestDatabase.jdbc(database.dataSource(), prefix);
        CommandExecutor executor = CommandExecutor.builder(events)
                .executedCommands(opened.executedCommands())
                .build();
        Reaction<LedgerEvent> closing = Reaction.named("closing", LedgerEvent.class)
                .on(Opened.class)
                .after(Duration.ofHours(1))
                .unless(Withdrawn.class)
                .execute(event -> new Close(event.streamId()))
                .build();
        JdbcProjectionStore store = new JdbcProjectionStore(opened.dialect(), opened.connections(), shift::get);
        return ProjectionRunner.builder(events, new ForwardingProjectionStore(store) {
                    @Override
                    public DeadlineLook nextDeadline(DeadlineSlots slots) {
                        DeadlineLook look = super.nextDeadline(slots);
                        dueLooks.addAndGet(look.isDue() ? 1 : 0);
                        return look;
                    }
                })
                .lease(Duration.ofMillis(600))
                .poll(Duration.ofMillis(2), Duration.ofMillis(20))
                .projection(Reaction.asProjection(closing, executor))
                .build();
    }

    @AfterEach
    void stop() {
        runner.stop();
    }

    @Test
    void a_deadline_that_was_called_off_behind_an_append_in_flight_is_not_executed() {
        append(new Opened(ADA, "ada"));
        runner.start();
        assertThat(runner.awaitPosition("closing", events.lastPosition(), Duration.ofSeconds(60)))
                .isEqualTo(AwaitOutcome.REACHED);

        transaction.executeWithoutResult(inFlight -> {
            append(new Deposited(BOB, 1));
            elsewhere(() -> append(new Withdrawn(ADA, 1)));
            shift.set(Duration.ofHours(2).toNanos() / 1_000);
            Eventually.until("it is found to be due", () -> dueLooks.get() > 0);
            // Time enough for who does not wait.
            elsewhere(() -> {
                for (int i = 0; i < 100; i++) {
                    append(new Withdrawn(StreamId.of("account-cy"), 1));
                }
            });
            assertThat(events.streamVersion(ADA).value()).isEqualTo(2);
        });

        Eventually.until(
                "it was called off",
                () -> runner.status().get(0).deadlines().orElseThrow().pending() == 0);
        assertThat(events.streamVersion(ADA).value()).isEqualTo(2);
    }

    private void append(LedgerEvent event) {
        events.appendEvents(StreamWrites.to(event.streamId(), any(), event));
    }

    private static void elsewhere(Runnable action) {
        Race.<Boolean>elsewhere(() -> {
            action.run();
            return true;
        });
    }

    private record Close(@Stream StreamId account) implements Command<Long, Event> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, Event event) {
            return state;
        }

        @Override
        public List<Event> handle(Long state) {
            return List.of(new Deposited(account, 7));
        }
    }
}
