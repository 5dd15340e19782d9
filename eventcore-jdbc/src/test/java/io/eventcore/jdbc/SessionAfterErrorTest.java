package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * An error in the midst of an exchange with the server, as a stack that is used up, may leave a part of the answer unread.
 * The next user of the session would take it for the answer to a statement of its own.
 */
class SessionAfterErrorTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private final HikariDataSource pool = poolOfOne();
    private final FailingConnections failing = new FailingConnections();
    private final EventStore store = JdbcDatabase.builder(failing)
            .tablePrefix(PostgreSqlDatabase.INSTANCE.newTables())
            .poolSize(1)
            .build()
            .eventStore(new JacksonEventSerializer(LedgerEvent.types()));

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void after_an_error_in_an_append_the_session_is_not_used_again() {
        long before = session();
        failing.error = new StackOverflowError();

        assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> store.appendEvents(deposit()));

        assertThat(session()).isNotEqualTo(before);
        assertThat(store.appendEvents(deposit()).events()).hasSize(1);
    }

    @Test
    void after_an_error_in_a_read_the_session_is_not_used_again() {
        long before = session();
        failing.error = new StackOverflowError();

        assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> store.streamVersion(ADA));

        assertThat(session()).isNotEqualTo(before);
    }

    private long session() {
        return JdbcClient.create(pool)
                .sql("SELECT pg_backend_pid()")
                .query(Long.class)
                .single();
    }

    private static StreamWrites deposit() {
        return StreamWrites.to(ADA, any(), new Deposited(ADA, 1));
    }

    private static HikariDataSource poolOfOne() {
        HikariConfig config = PostgreSqlDatabase.INSTANCE.appConfig();
        config.setMaximumPoolSize(1);
        return new HikariDataSource(config);
    }

    /** Connections of the pool, the next statement of which ends in an error. */
    private final class FailingConnections extends DelegatingDataSource {
        private volatile @Nullable Error error;

        FailingConnections() {
            super(pool);
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            return (Connection) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        Error next = error;
                        if (next != null && method.getName().equals("prepareStatement")) {
                            error = null;
                            throw next;
                        }
                        try {
                            return method.invoke(connection, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
