package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventFilter;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class PostgreSqlOptionalIndexTest extends OptionalIndexContract {
    private static final StreamId ADA = StreamId.of("account-ada");

    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    @Test
    void a_reader_by_type_uses_the_index_as_soon_as_there_is_one() throws SQLException {
        String prefix = database().newTables();
        StreamWrites many = StreamWrites.empty().registerStream(ADA, any());
        for (int i = 0; i < 4_000; i++) {
            many = many.append(i % 1_000 == 0 ? new Withdrawn(ADA, i) : new Deposited(ADA, i));
        }
        database().store(prefix).appendEvents(many);
        TestDatabase.execute(database().ownersDataSource(), "ANALYZE " + prefix + "event");

        assertThat(planOfReaderByType(prefix)).doesNotContain("type_position");
        JdbcSchema.in(database().ownersDataSource(), "", prefix)
                .with(OptionalIndex.EVENT_TYPE)
                .create();
        assertThat(planOfReaderByType(prefix)).contains("type_position");
    }

    private String planOfReaderByType(String prefix) throws SQLException {
        LogQueries log = Engine.POSTGRESQL.log(new TableNames("", prefix));
        // Unpooled, since the driver's own statement tells its text with the parameters in it.
        try (Connection connection =
                        PostgreSqlDatabase.INSTANCE.unpooled(TestDatabase.APP).getConnection();
                PreparedStatement query = log.selectPage(
                        connection,
                        EventFilter.all(),
                        Set.of("ledger.withdrawn"),
                        List.of(),
                        0,
                        Long.MAX_VALUE,
                        100,
                        4096)) {
            return String.join(
                    "\n",
                    JdbcClient.create(database().dataSource())
                            .sql("EXPLAIN " + query)
                            .query(String.class)
                            .list());
        }
    }

    @Test
    void the_indexes_are_created_in_a_schema_of_its_own() {
        DataSource superuser = PostgreSqlDatabase.INSTANCE.superusersDataSource();
        String name = database().newPrefix() + "schema";
        TestDatabase.execute(superuser, "CREATE SCHEMA " + name);
        JdbcSchema schema = JdbcSchema.in(superuser, name, "es_").with(OptionalIndex.values());

        schema.create();

        assertThat(OptionalIndex.values()).allMatch(schema::has);
    }
}
