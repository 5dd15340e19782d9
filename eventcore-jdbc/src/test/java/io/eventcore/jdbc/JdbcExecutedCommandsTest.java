package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.CommandOutcomeUnknownException;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;

class JdbcExecutedCommandsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final CommandContext WITH_ID =
            CommandContext.empty().withCommandId(CommandId.of("orders", "message-7"));

    @ParameterizedTest
    @MethodSource("databases")
    void a_commit_whose_answer_is_lost_is_found_under_its_id(TestDatabase database) {
        Losing dataSource = new Losing(database.dataSource());
        String tables = database.newTables();
        CommandExecutor executor = executor(dataSource, tables);
        dataSource.loseNext("commit");

        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.attempts()).isEqualTo(1);
        assertThat(dataSource.isLost()).isTrue();
        assertThat(eventsIn(database.store(tables))).isEqualTo(1);
        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(result);
    }

    @ParameterizedTest
    @MethodSource("databases")
    void a_commit_that_never_happened_is_tried_again(TestDatabase database) {
        Losing dataSource = new Losing(database.dataSource());
        String tables = database.newTables();
        dataSource.loseNext("rollback");

        ExecutionResult result = executor(dataSource, tables).execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(eventsIn(database.store(tables))).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"commit", "rollback"})
    void a_commit_that_cannot_be_settled_is_not_said_to_have_stored_nothing(String end) {
        Losing dataSource = new Losing(H2Database.INSTANCE.dataSource());
        String tables = H2Database.INSTANCE.newTables();
        CommandExecutor executor = executor(dataSource, tables);
        dataSource.loseNext(end);
        dataSource.stayAway();

        assertThatExceptionOfType(CommandOutcomeUnknownException.class)
                .isThrownBy(() -> executor.execute(new Deposit(ADA, 5), WITH_ID))
                .withMessageContaining("whether it was executed is unknown")
                .withMessageContaining("execute it again under the same id")
                .satisfies(unknown -> assertThat(unknown.commandId()).contains("message-7"));

        dataSource.comeBack();
        executor.execute(new Deposit(ADA, 5), WITH_ID);
        assertThat(eventsIn(H2Database.INSTANCE.store(tables))).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("databases")
    void old_ids_are_forgotten_by_the_script_and_events_are_not(TestDatabase database) throws IOException {
        String tables = database.newTables();
        CommandExecutor executor = executor(database.dataSource(), tables);
        executor.execute(new Deposit(ADA, 5), WITH_ID);
        String script = script(database, tables);

        database.runScript(script);
        executor.execute(new Deposit(ADA, 5), WITH_ID);
        assertThat(eventsIn(database.store(tables))).isEqualTo(1);

        new JdbcTemplate(database.ownersDataSource())
                .update("UPDATE " + tables + "command SET recorded_at = recorded_at - INTERVAL '31' DAY");
        database.runScript(script);
        executor.execute(new Deposit(ADA, 5), WITH_ID);
        assertThat(eventsIn(database.store(tables))).isEqualTo(2);
    }

    static List<TestDatabase> databases() {
        return List.of(H2Database.INSTANCE, PostgreSqlDatabase.INSTANCE);
    }

    private static String script(TestDatabase database, String tables) throws IOException {
        String engine = database == H2Database.INSTANCE ? "h2" : "postgresql";
        try (InputStream file = JdbcEventStore.class.getResourceAsStream("delete-old-commands-" + engine + ".sql")) {
            byte[] text = Objects.requireNonNull(file).readAllBytes();
            return new TableNames("", tables).in(new String(text, StandardCharsets.UTF_8));
        }
    }

    private static CommandExecutor executor(DataSource dataSource, String tables) {
        EventStore store =
                TestDatabase.jdbc(dataSource, tables).eventStore(new JacksonEventSerializer(LedgerEvent.types()));
        return CommandExecutor.builder(store)
                .executedCommands(TestDatabase.jdbc(dataSource, tables).executedCommands())
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .build();
    }

    private static int eventsIn(EventStore store) {
        return store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                .events()
                .size();
    }

    /** Loses the connection at one commit: the transaction ends as told, and its caller does not hear of it. */
    private static final class Losing extends DelegatingDataSource {
        private final AtomicReference<String> next = new AtomicReference<>("");
        private volatile boolean away;

        Losing(DataSource dataSource) {
            super(dataSource);
        }

        void loseNext(String end) {
            next.set(end);
        }

        /** From the loss on, there are no connections. */
        void stayAway() {
            away = true;
        }

        void comeBack() {
            away = false;
        }

        boolean isLost() {
            return "".equals(next.get());
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (away && isLost()) {
                throw new SQLException("away", "08001");
            }
            Connection connection = super.getConnection();
            return (Connection) Proxy.newProxyInstance(
                    Losing.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        String end = method.getName().equals("commit") ? String.valueOf(next.getAndSet("")) : "";
                        if (end.equals("rollback")) {
                            connection.rollback();
                        } else if (end.equals("commit")) {
                            connection.commit();
                        }
                        if (!end.isEmpty()) {
                            throw new SQLException("connection lost", "08006");
                        }
                        try {
                            return method.invoke(connection, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }

    private record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, LedgerEvent event) {
            return count + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long count) {
            return List.of(new Deposited(account, cents));
        }
    }
}
