package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/** Readers of one store share what they know of the order; none may believe more of it than its own page has seen. */
class ConcurrentLogReadersTest {
    private static final StreamId EARLY = StreamId.of("account-early");
    private static final StreamId LATE = StreamId.of("account-late");

    private final Meeting pageIsRead = new Meeting();

    @Test
    void what_another_reader_has_settled_says_nothing_about_a_page_that_is_older() {
        DataSource pool = PostgreSqlDatabase.INSTANCE.dataSource();
        AfterQuery queries = new AfterQuery(pool, "SELECT e.stream_key, e.version");
        JdbcEventStore store = JdbcEventStore.builder(queries, new JacksonEventSerializer(LedgerEvent.types()))
                .tablePrefix(PostgreSqlDatabase.INSTANCE.newTables())
                .build();
        store.appendEvents(deposit(EARLY, 0, 1));
        EventBatch<LedgerEvent> first = read(store, EventPage.first(10));

        JdbcTransactionManager transactions = new JdbcTransactionManager(queries);
        TransactionStatus slow = transactions.getTransaction(new DefaultTransactionDefinition());
        store.appendEvents(deposit(LATE, 0, 2));
        List<RecordedEvent<LedgerEvent>> seen = new ArrayList<>();
        Thread reader = new Thread(() -> {
            store.appendEvents(deposit(EARLY, 1, 3));
            queries.once(() -> {
                // Between the page of one reader and what it makes of it: the slow append commits, another reader sees
                // it.
                pageIsRead.arriveAndWait();
                assertThat(read(store, EventPage.first(10)).events()).hasSize(3);
            });
            EventPage page = EventPage.after(first.continueAfter(), 10);
            EventBatch<LedgerEvent> batch;
            do {
                batch = read(store, page);
                seen.addAll(batch.events());
                page = page.next(batch);
            } while (!batch.endReached());
        });
        reader.start();
        pageIsRead.awaitOther();
        transactions.commit(slow);
        pageIsRead.release();
        join(reader);

        assertThat(seen)
                .extracting(event -> ((Deposited) event.event()).cents())
                .containsExactly(2L, 3L);
    }

    private static EventBatch<LedgerEvent> read(JdbcEventStore store, EventPage page) {
        return store.readEvents(EventFilter.all(), page, LedgerEvent.class);
    }

    private static StreamWrites deposit(StreamId account, long version, long cents) {
        return StreamWrites.to(account, ExpectedVersion.exactly(version), new Deposited(account, cents));
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One thread reports that it has come so far, and goes on when the other says so. */
    private static final class Meeting {
        private final CountDownLatch arrived = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        void arriveAndWait() {
            arrived.countDown();
            await(released);
        }

        void awaitOther() {
            await(arrived);
        }

        void release() {
            released.countDown();
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs an action between the next query that begins with a text and the moment its caller sees the rows. */
    private static final class AfterQuery extends DelegatingDataSource {
        private final String beginning;
        private final AtomicReference<Runnable> action = new AtomicReference<>();

        AfterQuery(DataSource target, String beginning) {
            super(target);
            this.beginning = beginning;
        }

        void once(Runnable next) {
            action.set(next);
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            return proxy(Connection.class, connection, (name, arguments, result) -> {
                if (name.equals("prepareStatement") && ((String) arguments[0]).startsWith(beginning)) {
                    return proxy(PreparedStatement.class, (PreparedStatement) result, (call, none, rows) -> {
                        Runnable next = call.equals("executeQuery") ? action.getAndSet(null) : null;
                        if (next != null) {
                            next.run();
                        }
                        return rows;
                    });
                }
                return result;
            });
        }

        private interface After {
            Object result(String method, Object[] arguments, Object result);
        }

        private static <T> T proxy(Class<T> type, T target, After after) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
                        try {
                            return after.result(method.getName(), args, method.invoke(target, args));
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }));
        }
    }
}
