package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** What H2 makes of a rollback to a savepoint in the stricter isolations. */
class H2SavepointTest {
    private static final StreamId OLD = StreamId.of("old");

    private final DataSource dataSource = database();
    private final EventStore store =
            JdbcDatabase.of(dataSource).eventStore(new JacksonEventSerializer(EventTypes.of(LedgerEvent.class)));
    private final TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));

    private static DataSource database() {
        JdbcDataSource database = new JdbcDataSource();
        database.setUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        JdbcSchema.in(database).create();
        return database;
    }

    @AfterEach
    void dropDatabase() {
        TestDatabase.execute(dataSource, "SHUTDOWN");
    }

    /** H2 2.4 takes no row there again that it has taken back. */
    @ParameterizedTest
    @ValueSource(strings = {"old", "new", "another"})
    void in_repeatable_read_an_append_after_a_rollback_to_a_savepoint_is_refused_with_what_to_do(String stream) {
        store.appendEvents(StreamWrites.to(OLD, any(), new Deposited(OLD, 1)));
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> appendTwice(status, StreamId.of(stream))))
                .withMessageContaining("REPEATABLE READ")
                .withMessageContaining("use READ COMMITTED or SERIALIZABLE");

        assertThat(store.streamVersion(OLD)).isEqualTo(StreamVersion.of(1));
        assertThat(store.streamVersion(StreamId.of("new"))).isEqualTo(StreamVersion.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {TransactionDefinition.ISOLATION_READ_COMMITTED, TransactionDefinition.ISOLATION_SERIALIZABLE})
    void in_other_isolations_it_is_stored(int isolation) {
        store.appendEvents(StreamWrites.to(OLD, any(), new Deposited(OLD, 1)));
        transaction.setIsolationLevel(isolation);

        transaction.executeWithoutResult(status -> appendTwice(status, OLD));

        assertThat(store.streamVersion(OLD)).isEqualTo(StreamVersion.of(2));
    }

    private void appendTwice(TransactionStatus status, StreamId second) {
        Object savepoint = status.createSavepoint();
        StreamId created = StreamId.of("new");
        store.appendEvents(StreamWrites.empty()
                .registerStream(OLD, exactly(StreamVersion.of(1)))
                .registerStream(created, any())
                .append(new Deposited(OLD, 2))
                .append(new Deposited(created, 2)));
        status.rollbackToSavepoint(savepoint);
        store.appendEvents(StreamWrites.to(second, any(), new Deposited(second, 3)));
    }
}
