package io.eventcore.autoconfigure;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** The properties of group commit reach the store. */
class GroupCommitPropertiesTest {
    private static final int APPENDS = 4;

    @Test
    void without_group_commit_everybody_has_a_connection_of_their_own() {
        assertThat(connectionsAtOnce("eventcore.jdbc.group-commit.enabled=false"))
                .isEqualTo(APPENDS);
    }

    @Test
    void what_is_larger_than_a_group_may_be_has_a_connection_of_its_own() {
        assertThat(connectionsAtOnce("eventcore.jdbc.group-commit.max-events=1"))
                .isEqualTo(APPENDS);
        assertThat(connectionsAtOnce("eventcore.jdbc.group-commit.max-bytes=1B"))
                .isEqualTo(APPENDS);
    }

    @Test
    void by_default_one_sends_what_all_append() {
        assertThat(connectionsAtOnce("eventcore.jdbc.schema=")).isEqualTo(1);
    }

    /** How many connections are asked for while four threads append and none gets one. */
    private static int connectionsAtOnce(String property) {
        Gate gate = new Gate(JdbcConnectionPool.create(Applications.newH2(), "sa", ""));
        AtomicInteger asked = new AtomicInteger();
        Applications.withoutDatabase()
                .withBean(DataSource.class, () -> gate)
                .withPropertyValues(property, "eventcore.jdbc.initialize-schema=always")
                .run(application -> asked.set(gate.askedFor(application.getBean(EventStore.class))));
        return asked.get();
    }

    /** Gives no connections while it is closed. */
    private static final class Gate extends DelegatingDataSource {
        private final AtomicInteger asked = new AtomicInteger();
        private final CountDownLatch open = new CountDownLatch(1);
        private volatile boolean closed;

        private Gate(DataSource target) {
            super(target);
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (closed) {
                asked.incrementAndGet();
                try {
                    open.await();
                } catch (InterruptedException e) {
                    throw new SQLException(e);
                }
            }
            return super.getConnection();
        }

        private int askedFor(EventStore store) throws InterruptedException {
            StreamId warm = StreamId.of("account-warm");
            store.appendEvents(StreamWrites.to(warm, any(), new Deposited(warm, 1)));
            closed = true;
            List<Thread> appending = new ArrayList<>();
            for (int i = 0; i < APPENDS; i++) {
                StreamId account = StreamId.of("account-" + i);
                Thread thread = new Thread(() -> store.appendEvents(
                        StreamWrites.to(account, any(), new Deposited(account, 1), new Deposited(account, 2))));
                thread.start();
                appending.add(thread);
            }
            // An append that does not wait for a connection waits for one that does.
            while (!appending.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING)) {
                Thread.onSpinWait();
            }
            int askedAtOnce = asked.get();
            closed = false;
            open.countDown();
            for (Thread thread : appending) {
                thread.join();
            }
            return askedAtOnce;
        }
    }
}
