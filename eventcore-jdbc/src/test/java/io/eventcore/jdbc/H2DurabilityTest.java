package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2DurabilityTest {
    private static final StreamId ACCOUNT = StreamId.of("account-1");
    private static final int ENOUGH = 100;

    @TempDir
    private Path folder;

    @Test
    void what_was_acknowledged_survives_when_the_process_is_killed() throws IOException, InterruptedException {
        int acknowledged = killWhileAppending();

        EventStreamReader<LedgerEvent> events = store(file()).readStream(ACCOUNT, LedgerEvent.class);

        assertThat(acknowledged).isGreaterThanOrEqualTo(ENOUGH);
        assertThat(events.version().value()).isGreaterThanOrEqualTo(acknowledged);
        assertThat(events.toList()).hasSize((int) events.version().value());
    }

    @Test
    void a_user_who_may_not_make_commits_last_gets_no_store() throws SQLException {
        DataSource owner = file();
        JdbcSchema.in(owner).create();
        execute(owner, "CREATE USER APP PASSWORD 'app'");
        execute(owner, "GRANT SELECT, INSERT, UPDATE ON SCHEMA PUBLIC TO APP");
        JdbcDataSource user = new JdbcDataSource();
        user.setUrl(url());
        user.setUser("APP");
        user.setPassword("app");

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store(user))
                .withMessageContaining("SET WRITE_DELAY 0");

        execute(owner, "SET DB_CLOSE_DELAY -1");
        execute(owner, "SET WRITE_DELAY 0");
        assertThat(store(user).streamVersion(ACCOUNT)).isEqualTo(StreamVersion.NONE);
    }

    /** Every new connection would set it again, whatever the store has set. */
    @Test
    void a_delay_in_the_url_is_refused_and_so_is_what_it_leaves_behind() throws SQLException {
        DataSource delayed = file(url() + ";WRITE_DELAY=500");
        JdbcSchema.in(delayed).create();
        try (Connection open = delayed.getConnection()) {
            execute(file(), "SET WRITE_DELAY 0");
            assertThat(longestDelay(open)).isZero();
            delayed.getConnection().close();
            assertThat(longestDelay(open)).isEqualTo(500);
        }

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store(delayed))
                .withMessageContaining("URL");
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> store(file()))
                .withMessageContaining("SET WRITE_DELAY 0");

        execute(file(), "SET WRITE_DELAY 0");
        assertThat(store(file()).streamVersion(ACCOUNT)).isEqualTo(StreamVersion.NONE);
        assertThat(store(file(url() + ";WRITE_DELAY=0")).streamVersion(ACCOUNT)).isEqualTo(StreamVersion.NONE);
    }

    private static long longestDelay(Connection connection) throws SQLException {
        return Statements.number(
                connection,
                "SELECT MAX(CAST(SETTING_VALUE AS BIGINT)) FROM INFORMATION_SCHEMA.SETTINGS"
                        + " WHERE SETTING_NAME = 'WRITE_DELAY'",
                0);
    }

    /** Lets another process append and kills it; returns how many appends it has been able to tell of. */
    private int killWhileAppending() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Appender.class.getName(),
                        url())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int acknowledged = 0;
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            while (output.readLine() != null) {
                acknowledged++;
                if (acknowledged == ENOUGH) {
                    // By the handle, since the process itself would also close the output that is still to be read.
                    process.toHandle().destroyForcibly();
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return acknowledged;
    }

    private String url() {
        return "jdbc:h2:file:async:" + folder.resolve("bank");
    }

    private DataSource file() {
        return file(url());
    }

    private static DataSource file(String url) {
        JdbcDataSource file = new JdbcDataSource();
        file.setUrl(url);
        file.setUser("sa");
        return file;
    }

    private static JdbcEventStore store(DataSource dataSource) {
        return JdbcDatabase.of(dataSource).eventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    private static void execute(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Appends for ever and says so each time. A process of its own. */
    static final class Appender {
        private Appender() {}

        public static void main(String[] arguments) throws SQLException {
            DataSource file = file(arguments[0]);
            JdbcSchema.in(file).create();
            JdbcEventStore store = store(file);
            // No connection is open now, so H2 may close the file. Appends must last all the same when it is open
            // again,
            // and stay open by this connection, for closing the file would write everything.
            try (Connection open = file.getConnection()) {
                for (long version = 1; open.isValid(0); version++) {
                    store.appendEvents(StreamWrites.to(ACCOUNT, ExpectedVersion.any(), new Deposited(ACCOUNT, 1)));
                    System.out.println(version);
                }
            }
        }
    }
}
