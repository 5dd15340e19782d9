package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A thread that is interrupted while it waits for a connection is told the same, whichever way its append goes. */
class InterruptedWaitTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    private final HikariDataSource pool = new HikariDataSource();
    private final String tables = H2Database.INSTANCE.newTables();

    InterruptedWaitTest() {
        pool.setDataSource(H2Database.INSTANCE.dataSource());
        pool.setMaximumPoolSize(1);
        pool.setConnectionTimeout(TimeUnit.SECONDS.toMillis(60));
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void its_failure_is_a_passing_one_and_its_flag_is_set(boolean grouping) throws Exception {
        JdbcEventStore store = TestDatabase.builder(pool, tables)
                .groupCommit(grouping ? GroupCommitSettings.defaults() : GroupCommitSettings.off())
                .build();
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread appending = new Thread(() -> {
            failure.complete(
                    catchThrowable(() -> store.appendEvents(StreamWrites.to(ADA, noStream(), new Deposited(ADA, 1)))));
            flag.complete(Thread.interrupted());
        });

        try (Connection held = pool.getConnection()) {
            assertThat(held.isValid(1)).isTrue();
            appending.start();
            while (pool.getHikariPoolMXBean().getThreadsAwaitingConnection() == 0) {
                Thread.onSpinWait();
            }
            appending.interrupt();

            assertThat(failure.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(TransientEventStoreException.class)
                    .isNotInstanceOf(EventStoreUnavailableException.class)
                    .hasMessageContaining("interrupted while it waited for a connection");
            assertThat(flag.get(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }
}
