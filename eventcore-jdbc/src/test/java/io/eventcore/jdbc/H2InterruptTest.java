package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Threads that are interrupted while they use the file of an H2 database. */
class H2InterruptTest {
    private static final StreamId ACCOUNT = StreamId.of("account");
    private static final StreamWrites DEPOSIT = StreamWrites.to(ACCOUNT, any(), new Deposited(ACCOUNT, 1));
    private static final int APPENDS = 300;

    @TempDir
    private Path folder;

    private final AtomicInteger acknowledged = new AtomicInteger();
    private final HikariDataSource pool = new HikariDataSource();

    @AfterEach
    void closePool() {
        pool.close();
    }

    @Test
    void by_the_file_system_async_appends_go_on_and_none_is_lost() throws Exception {
        EventStore store = store();

        appendWhileInterrupted(store);

        store.appendEvents(DEPOSIT);
        assertThat(acknowledged).hasValue(APPENDS);
        assertThat(store.streamVersion(ACCOUNT)).isEqualTo(StreamVersion.of(acknowledged.get() + 1));
    }

    @ParameterizedTest
    @CsvSource({"jdbc:h2:file:%s, true", "jdbc:h2:%s, true", "jdbc:h2:nio:%s, true", "jdbc:h2:file:async:%s, false"})
    void a_file_that_an_interrupt_closes_is_recognised(String url, boolean closed) throws SQLException {
        try (Connection connection =
                dataSource(url.formatted(folder.resolve("other"))).getConnection()) {
            assertThat(H2Interrupts.closeTheDatabase(connection)).isEqualTo(closed);
        }
    }

    @Test
    void memory_is_no_file() throws SQLException {
        try (Connection connection = dataSource("jdbc:h2:mem:interrupts").getConnection()) {
            assertThat(H2Interrupts.closeTheDatabase(connection)).isFalse();
        }
    }

    private EventStore store() {
        pool.setJdbcUrl("jdbc:h2:file:async:" + folder.resolve("bank"));
        pool.setMaximumPoolSize(2);
        JdbcSchema.in(pool).create();
        return JdbcDatabase.of(pool).eventStore(new JacksonEventSerializer(EventTypes.of(LedgerEvent.class)));
    }

    private static DataSource dataSource(String url) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setUrl(url);
        return dataSource;
    }

    /**
     * Interrupts a thread all the time while it appends, so that every access to the file meets one. An append may fail
     * for it while it waits for a connection, having stored nothing.
     */
    private void appendWhileInterrupted(EventStore store) throws InterruptedException {
        Thread appender = new Thread(() -> {
            while (acknowledged.get() < APPENDS) {
                try {
                    store.appendEvents(DEPOSIT);
                    acknowledged.incrementAndGet();
                } catch (TransientEventStoreException interrupted) {
                    assertThat(Thread.interrupted()).isTrue();
                }
            }
        });
        appender.start();
        while (appender.isAlive()) {
            appender.interrupt();
            appender.join(1);
        }
    }
}
