package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A real standby, and what becomes of a store and its pool when it is promoted. Runs with the profile {@code faults}. */
@Tag("faults")
class PostgreSqlStandbyTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    @Test
    void a_standby_takes_no_append_and_tells_no_order_until_it_is_promoted_and_then_all_is_well_without_a_restart(
            @TempDir Path directory) throws Exception {
        Path data = directory.resolve("data");
        try (EmbeddedPostgres primary = PostgreSqlCrashTest.start(data, 0);
                HikariDataSource pool = PostgreSqlCrashTest.pool(primary)) {
            JdbcSchema.in(pool).create();
            TestDatabase.store(pool, TableNames.DEFAULT_PREFIX).appendEvents(deposit());
        }
        Files.createFile(data.resolve("standby.signal"));

        try (EmbeddedPostgres standby = PostgreSqlCrashTest.start(data, 0);
                HikariDataSource pool = PostgreSqlCrashTest.pool(standby)) {
            EventStore store = TestDatabase.store(pool, TableNames.DEFAULT_PREFIX);

            assertThat(store.readStream(ADA, LedgerEvent.class).version()).isEqualTo(StreamVersion.of(1));
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.appendEvents(deposit()))
                    .withMessageContaining("25006");
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> log(store))
                    .withMessageContaining("55000");

            JdbcClient.create(standby.getPostgresDatabase())
                    .sql("SELECT pg_promote(true)")
                    .query(Boolean.class)
                    .single();

            store.appendEvents(deposit());
            assertThat(log(store)).isEqualTo(2);
        }
    }

    /** With a filter, a reader has to know what is in flight. */
    private static int log(EventStore store) {
        return store.readEvents(EventFilter.prefix(StreamPrefix.of("acc")), EventPage.first(10), LedgerEvent.class)
                .events()
                .size();
    }

    private static StreamWrites deposit() {
        return StreamWrites.to(ADA, any(), new Deposited(ADA, 1));
    }
}
