package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** H2 takes the time-out of one statement for that of its session; the next user of the session has no part in it. */
class H2QueryTimeoutTest {
    private static final H2Database DATABASE = H2Database.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    private final HikariDataSource pool = poolOfOne();
    private final EventStore store = TestDatabase.store(pool, DATABASE.newTables());
    private final TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(pool));

    H2QueryTimeoutTest() {
        transaction.setTimeout(600);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void the_time_of_a_transaction_does_not_outlive_it() throws SQLException {
        transaction.executeWithoutResult(status -> store.appendEvents(deposit(any())));

        assertThat(timeoutOfTheSession()).isEqualTo("0");
    }

    @Test
    void the_time_of_a_transaction_does_not_outlive_a_call_that_fails() throws SQLException {
        transaction.executeWithoutResult(status -> assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(deposit(ExpectedVersion.exactly(7)))));

        assertThat(timeoutOfTheSession()).isEqualTo("0");
    }

    private String timeoutOfTheSession() throws SQLException {
        try (Connection connection = pool.getConnection();
                var statement = connection.createStatement();
                var setting = statement.executeQuery("SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS"
                        + " WHERE SETTING_NAME = 'QUERY_TIMEOUT'")) {
            return setting.next() ? setting.getString(1) : "0";
        }
    }

    private static StreamWrites deposit(ExpectedVersion expected) {
        return StreamWrites.to(ADA, expected, new Deposited(ADA, 1));
    }

    private static HikariDataSource poolOfOne() {
        HikariConfig config = DATABASE.appConfig();
        config.setMaximumPoolSize(1);
        return new HikariDataSource(config);
    }
}
