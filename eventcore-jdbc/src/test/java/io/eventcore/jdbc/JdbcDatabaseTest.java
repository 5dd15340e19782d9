package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

class JdbcDatabaseTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final EventSerializer SERIALIZER = new JacksonEventSerializer(LedgerEvent.types());

    private final H2Database database = H2Database.INSTANCE;
    private final String prefix = database.newTables();
    private final AtomicInteger connections = new AtomicInteger();

    private final DelegatingDataSource counted = new DelegatingDataSource(database.dataSource()) {
        @Override
        public Connection getConnection() throws SQLException {
            connections.incrementAndGet();
            return super.getConnection();
        }
    };

    @Test
    void the_tables_are_looked_at_once_for_all_stores() {
        JdbcDatabase opened = TestDatabase.jdbc(counted, prefix);
        opened.eventStore(SERIALIZER);
        opened.projectionStore();
        opened.snapshotStore();
        opened.executedCommands();

        assertThat(connections).hasValue(1);
    }

    @Test
    void its_stores_are_those_of_one_log() {
        JdbcDatabase opened = TestDatabase.jdbc(counted, prefix);

        opened.eventStore(SERIALIZER)
                .appendEvents(StreamWrites.to(ADA, ExpectedVersion.noStream(), new Deposited(ADA, 1)));

        assertThat(opened.eventStoreBuilder(SERIALIZER)
                        .groupCommit(GroupCommitSettings.off())
                        .build()
                        .readStream(ADA, LedgerEvent.class)
                        .toList())
                .hasSize(1);
    }

    @Test
    void a_pool_tells_its_size_and_another_one_is_told() {
        assertThat(TestDatabase.jdbc(database.dataSource(), prefix).poolSize()).isPresent();
        assertThat(JdbcDatabase.builder(database.dataSource())
                        .tablePrefix(prefix)
                        .poolSize(7)
                        .build()
                        .poolSize())
                .hasValue(7);
    }
}
