package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** A pooler gives a session to others whenever it is in no transaction: nothing of ours may be set in it then. */
class PostgreSqlSharedSessionTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    @Test
    void what_others_find_in_a_session_between_two_transactions_is_what_its_owner_has_set() throws SQLException {
        PostgreSqlDatabase database = PostgreSqlDatabase.INSTANCE;
        SharedSessions sessions = new SharedSessions(database.unpooled(TestDatabase.APP));
        String prefix = database.newTables();
        EventStore store = TestDatabase.store(sessions, prefix);

        store.appendEvents(deposit(ADA).registerStream(BOB, noStream()));
        store.appendEvents(deposit(ADA));
        store.appendEvents(deposit(ADA).registerStream(BOB, any()).append(new Deposited(BOB, 2)));
        assertThatExceptionOfType(VersionConflictException.class)
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, exactly(1), new Deposited(ADA, 9))));
        try (Connection connection = sessions.getConnection()) {
            Dialect dialect = Dialect.of(connection, new TableNames("", prefix));
            SerializedAppend append = SerializedAppend.of(
                    StreamWrites.to(ADA, exactly(3), new Deposited(ADA, 3)),
                    new JacksonEventSerializer(LedgerEvent.types()),
                    AppendLimits.defaults());
            assertThat(dialect.settlement().settle(connection, append)).isPresent();
        }

        assertThat(store.readEvents(EventFilter.all(), EventPage.first(10), Event.class)
                        .events())
                .hasSize(5);
        assertThat(sessions.found).containsExactly("serializable");
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, any(), new Deposited(account, 1));
    }

    /** Sessions whose default isolation is SERIALIZABLE, and what others find in them after each call. */
    private static final class SharedSessions extends DelegatingDataSource {
        private final Set<String> found = new TreeSet<>();

        SharedSessions(DataSource server) {
            super(server);
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection session = super.getConnection();
            try (Statement statement = session.createStatement()) {
                statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE");
            }
            return watched(Connection.class, session, session);
        }

        private <T> T watched(Class<T> type, T target, Connection session) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                        try {
                            Object result = method.invoke(target, arguments);
                            if (!session.isClosed() && session.getAutoCommit()) {
                                look(session);
                            }
                            return result instanceof PreparedStatement statement
                                    ? watched(PreparedStatement.class, statement, session)
                                    : result instanceof Statement statement
                                            ? watched(Statement.class, statement, session)
                                            : result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }));
        }

        private void look(Connection session) throws SQLException {
            try (Statement statement = session.createStatement();
                    ResultSet row = statement.executeQuery("SHOW default_transaction_isolation")) {
                row.next();
                found.add(row.getString(1));
            }
        }
    }
}
