package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.jdbc.SchemaException.Problem;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.reaction.Reaction;
import io.eventcore.test.contract.DeadlineContract;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

/** The contract of deadlines, on one database. */
abstract class JdbcDeadlineContract extends DeadlineContract {
    final TestDatabase database;
    final String prefix;

    JdbcDeadlineContract(TestDatabase database) {
        this.database = database;
        this.prefix = database.newTables();
    }

    @Override
    protected EventStore emptyStore(AppendSignal appendSignal) {
        return database.store(prefix, appendSignal);
    }

    @Override
    protected ProjectionStore projectionStore(Supplier<Duration> shift) {
        JdbcDatabase opened = TestDatabase.jdbc(database.dataSource(), prefix);
        return new JdbcProjectionStore(
                opened.dialect(), opened.connections(), () -> shift.get().toNanos() / 1_000);
    }

    @Override
    protected ExecutedCommands executedCommands() {
        return TestDatabase.jdbc(database.dataSource(), prefix).executedCommands();
    }

    @Test
    void tables_of_the_release_before_work_without_deadlines_and_take_them_once_the_script_has_run()
            throws IOException {
        String old = database.newPrefix();
        run(old, scripts().subList(0, 2));
        database.runScript(schema(old).rolesScript(TestDatabase.APP, TestDatabase.READER));
        JdbcEventStore events = database.store(old);
        JdbcProjectionStore store = database.projectionStore(old);
        store.register("offices", 1, 1, GlobalPosition.START);
        store.register("offices", 2, 1, GlobalPosition.START);
        store.forgetVersion("offices", 2);
        assertThat(schema(old).validate()).isEqualTo(2);
        Reaction<LedgerEvent> closing = Reaction.named("closing", LedgerEvent.class)
                .on(Opened.class)
                .after(Duration.ZERO)
                .executeAll(event -> List.of())
                .build();
        ProjectionRunner runner = ProjectionRunner.builder(events, store)
                .projection(Reaction.asProjection(
                        closing,
                        CommandExecutor.builder(events)
                                .executedCommands(executedCommands())
                                .build()))
                .build();
        assertThatExceptionOfType(SchemaException.class)
                .isThrownBy(runner::start)
                .withMessageContaining("003-deadlines-")
                .satisfies(missing -> assertThat(missing.problem()).isEqualTo(Problem.TOO_OLD));

        run(old, scripts().subList(2, 3));
        run(old, scripts().subList(2, 3));
        database.runScript(schema(old).rolesScript(TestDatabase.APP, TestDatabase.READER));

        assertThat(schema(old).validate()).isEqualTo(3);
        runner.start();
        runner.stop();
        store.forget("offices");
        assertThat(store.partitions("offices")).isEmpty();
    }

    @Test
    void the_clock_tells_the_same_in_whatever_zone_a_session_is() throws SQLException {
        Dialect dialect = TestDatabase.jdbc(database.dataSource(), prefix).dialect();
        List<String> address = database.appAddress();
        try (Connection session = DriverManager.getConnection(address.get(0), address.get(1), address.get(2))) {
            for (String zone : zones(dialect.engine())) {
                Statements.execute(session, zone);
                long before = Deadlines.micros(Instant.now().truncatedTo(ChronoUnit.MILLIS));
                long now = Statements.number(
                        session, "SELECT " + dialect.expressions().currentMicros(), 0);
                long after = Deadlines.micros(Instant.now());
                assertThat(now).as(zone).isBetween(before, after);
            }
        }
    }

    private static List<String> zones(Engine engine) {
        return switch (engine) {
            case POSTGRESQL, H2 -> List.of("SET TIME ZONE 'Asia/Kathmandu'", "SET TIME ZONE 'America/New_York'");
            case MARIADB, GALERA, MYSQL -> List.of("SET time_zone = '+05:45'", "SET time_zone = '-05:00'");
        };
    }

    private JdbcSchema schema(String tables) {
        return JdbcSchema.in(database.ownersDataSource(), "", tables);
    }

    private List<String> scripts() {
        return TestDatabase.jdbc(database.dataSource(), prefix)
                .dialect()
                .engine()
                .scripts()
                .schema();
    }

    private void run(String tables, List<String> scripts) throws IOException {
        for (String script : scripts) {
            database.runScript(new TableNames("", tables)
                    .in(new ClassPathResource("io/eventcore/jdbc/" + script)
                            .getContentAsString(StandardCharsets.UTF_8)));
        }
    }
}
