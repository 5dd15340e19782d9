package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** Where a replica is refused, and where nothing is read from it. */
class ReplicaSettingsTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    @Test
    void another_engine_than_postgresql_refuses_a_replica() {
        JdbcDatabase.Builder database = JdbcDatabase.builder(H2Database.INSTANCE.dataSource())
                .tablePrefix(H2Database.INSTANCE.newTables())
                .replica(H2Database.INSTANCE.dataSource());

        assertThatExceptionOfType(UnsupportedDatabaseException.class)
                .isThrownBy(database::build)
                .withMessageContaining("Only PostgreSQL can have a replica")
                .withMessageContaining("H2");
    }

    @Test
    void a_data_source_that_chooses_among_databases_refuses_a_replica() {
        DataSource postgreSql = PostgreSqlDatabase.INSTANCE.dataSource();
        AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return "tenant";
            }
        };
        routing.setTargetDataSources(Map.of("tenant", postgreSql));
        routing.afterPropertiesSet();
        JdbcDatabase.Builder database = JdbcDatabase.builder(routing)
                .tablePrefix(PostgreSqlDatabase.INSTANCE.newTables())
                .replica(postgreSql);

        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(database::build)
                .withMessageContaining("cannot have one replica");
    }

    /** Prepared transactions outlive a promotion, so no place in the WAL tells that what was announced has ended. */
    @Test
    void nothing_is_read_from_a_replica_where_transactions_can_be_prepared() {
        String prefix = PostgreSqlDatabase.INSTANCE.newTables();
        DataSource dataSource = PostgreSqlDatabase.INSTANCE.dataSource();
        WatchedDataSource standbys = new WatchedDataSource(dataSource);
        JdbcDatabase database = JdbcDatabase.builder(dataSource)
                .tablePrefix(prefix)
                .replica(standbys)
                .smallestReplicaPage(1)
                .build();
        assertThat(database.replicaStatus().orElseThrow().answer()).contains("no standby was asked yet");
        EventStore store = database.eventStore(new JacksonEventSerializer(LedgerEvent.types()));
        for (int i = 0; i < 10; i++) {
            store.appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, i)));
        }

        for (int i = 0; i < 10; i++) {
            assertThat(store.readEvents(EventFilter.all(), EventPage.first(5), LedgerEvent.class)
                            .events())
                    .hasSize(5);
        }

        assertThat(standbys.sent()).isEmpty();
        assertThat(database.replicaStatus().orElseThrow())
                .returns(0L, ReplicaStatus::pagesFromReplica)
                .returns(10L, ReplicaStatus::pagesFromPrimary);
        assertThat(database.replicaStatus().orElseThrow().answer()).contains("max_prepared_transactions");
    }
}
