package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Of a pool of one connection none may wait for a lock, so what finds a stream busy looks again until the lock time-out of
 * the session is over. The last look begins in time and ends when that is over, with the stream free.
 */
class LateLookTest {
    private static final H2Database DATABASE = H2Database.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final long LOCK_TIMEOUT_MILLIS = 800;

    /** By then the store has looked, has asked for the lock time-out, and looks again. */
    private static final int SOME_LOOK = 6;

    private final String prefix = DATABASE.newTables();
    private final HikariDataSource pool = poolOfOne();
    private final SlowPool slow = new SlowPool(pool);
    private final JdbcDatabase database =
            JdbcDatabase.builder(slow).tablePrefix(prefix).poolSize(1).build();
    private final EventStore store = database.eventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private final EventStore others = DATABASE.store(prefix);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void an_append_that_is_stored_at_the_last_look_is_acknowledged() {
        slow.holder = Holder.of(DATABASE.dataSource(), () -> others.appendEvents(deposit()));

        assertThat(store.appendEvents(deposit()).events()).hasSize(1);

        assertThat(slow.isOver()).isTrue();
        assertThat(others.streamVersion(ADA).value()).isEqualTo(1);
    }

    @Test
    void a_command_that_is_executed_at_the_last_look_is_acknowledged() {
        CommandExecutor executor = CommandExecutor.builder(store)
                .executedCommands(database.executedCommands())
                .retryPolicy(RetryPolicy.never())
                .build();
        slow.holder = Holder.of(DATABASE.dataSource(), () -> others.appendEvents(deposit()));

        executor.execute(new Deposit(ADA, 1), CommandContext.empty().withCommandId(CommandId.of("test", "late")));

        assertThat(slow.isOver()).isTrue();
        assertThat(others.streamVersion(ADA).value()).isEqualTo(1);
    }

    /** Deposits, whatever was there before. */
    record Deposit(@Stream StreamId account, int amount) implements Command<Integer, LedgerEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, LedgerEvent event) {
            return state + 1;
        }

        @Override
        public List<LedgerEvent> handle(Integer state) {
            return List.of(new Deposited(account, amount));
        }
    }

    private static StreamWrites deposit() {
        return StreamWrites.to(ADA, any(), new Deposited(ADA, 1));
    }

    private static HikariDataSource poolOfOne() {
        HikariConfig config = DATABASE.appConfig();
        config.setMaximumPoolSize(1);
        config.setConnectionInitSql("SET LOCK_TIMEOUT " + LOCK_TIMEOUT_MILLIS);
        return new HikariDataSource(config);
    }

    /** The connection for one of the looks comes when the lock time-out is over and the stream is free. */
    private static final class SlowPool extends DelegatingDataSource {
        private volatile @Nullable Holder holder;
        private int connections;
        private boolean over;

        SlowPool(DataSource pool) {
            super(pool);
        }

        boolean isOver() {
            return over;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Holder other = holder;
            if (other != null && ++connections == SOME_LOOK) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOCK_TIMEOUT_MILLIS + 400));
                other.rollBack();
                over = true;
            }
            return super.getConnection();
        }
    }
}
