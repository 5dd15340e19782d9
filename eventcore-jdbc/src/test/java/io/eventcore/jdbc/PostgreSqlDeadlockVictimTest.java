package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandListener;
import io.eventcore.command.Decision;
import io.eventcore.command.ExecutionResult;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Two transactions that wait for each other: the server ends one of them, and a command that is it is executed again. */
class PostgreSqlDeadlockVictimTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId A = StreamId.of("account-a");
    private static final StreamId B = StreamId.of("account-b");

    @Test
    void a_command_that_the_server_ends_is_executed_again() {
        // Appends that share a transaction would not wait.
        EventStore store = TestDatabase.builder(DATABASE.dataSource(), DATABASE.newTables())
                .groupCommit(GroupCommitSettings.off())
                .build();
        // Who waits for a stream to come into being does so for moments only, and not in a circle.
        store.appendEvents(deposit(A));
        store.appendEvents(deposit(B));
        List<Throwable> failures = new ArrayList<>();
        CommandExecutor executor = CommandExecutor.builder(store)
                .listener(command -> new CommandListener.Execution() {
                    @Override
                    public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
                        failures.add(failure);
                    }
                })
                .build();
        new JdbcTemplate(DATABASE.superusersDataSource())
                .execute("GRANT SET ON PARAMETER deadlock_timeout TO " + TestDatabase.APP);
        JdbcTransactionManager manager = new JdbcTransactionManager(DATABASE.dataSource());
        manager.addListener(TransactionPhase.listener());

        ExecutionResult result = new TransactionTemplate(manager)
                .execute(status -> {
                    // The session that waits longest in vain looks for the circle and breaks it: that must be the
                    // command.
                    execute("SET LOCAL deadlock_timeout = '1min'");
                    store.appendEvents(deposit(B));
                    CompletableFuture<ExecutionResult> command =
                            CompletableFuture.supplyAsync(() -> executor.execute(depositTo(A, B)));
                    awaitWaiting(command);
                    store.appendEvents(deposit(A));
                    return command;
                })
                .join();

        assertThat(failures).first().isInstanceOf(TransientEventStoreException.class);
        assertThat(result.attempts()).isGreaterThan(1);
        assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.of(3));
        assertThat(store.streamVersion(B)).isEqualTo(StreamVersion.of(3));
    }

    private static Decision<Long, LedgerEvent> depositTo(StreamId first, StreamId second) {
        return Decision.over(LedgerEvent.class, first, second)
                .startingWith(0L)
                .applying((count, event) -> count + 1)
                .deciding(count -> List.of(new Deposited(first, 1), new Deposited(second, 1)));
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, ExpectedVersion.any(), new Deposited(account, 1));
    }

    private static void execute(String sql) {
        Connection connection = DataSourceUtils.getConnection(DATABASE.dataSource());
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Until the command waits for the stream that the transaction has locked, and does not only try for a moment. */
    private static void awaitWaiting(CompletableFuture<?> command) {
        JdbcTemplate server = new JdbcTemplate(DATABASE.superusersDataSource());
        Long waiting;
        do {
            waiting = server.queryForObject(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND waitstart < clock_timestamp() - interval '100 ms'",
                    Long.class);
        } while (!command.isDone() && waiting != null && waiting < 1);
    }
}
