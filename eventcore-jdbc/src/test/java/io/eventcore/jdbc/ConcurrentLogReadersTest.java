package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Readers of one store share what they know of the order; none may believe more of it than its own page has seen. */
class ConcurrentLogReadersTest {
    private static final StreamId EARLY = StreamId.of("account-early");
    private static final StreamId LATE = StreamId.of("account-late");

    private static final int WRITERS = 4;
    private static final List<EventFilter> FILTERS = List.of(
            EventFilter.all(),
            EventFilter.prefix(StreamPrefix.of("account-")),
            EventFilter.pattern(StreamPattern.of("*-2")),
            EventFilter.all().ofTypes(Withdrawn.class));

    private final Meeting pageIsRead = new Meeting();

    @Test
    void what_another_reader_has_settled_says_nothing_about_a_page_that_is_older() {
        DataSource pool = PostgreSqlDatabase.INSTANCE.dataSource();
        AfterQuery queries = new AfterQuery(pool, "SELECT e.stream_key, e.version");
        JdbcEventStore store = TestDatabase.jdbc(queries, PostgreSqlDatabase.INSTANCE.newTables())
                .eventStore(new JacksonEventSerializer(LedgerEvent.types()));
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

    @Test
    void an_end_asked_for_before_another_reader_settled_more_is_no_log_that_was_set_back() {
        DataSource pool = PostgreSqlDatabase.INSTANCE.dataSource();
        AfterQuery queries = new AfterQuery(pool, "SELECT coalesce(pg_sequence_last_value");
        JdbcEventStore store = TestDatabase.jdbc(queries, PostgreSqlDatabase.INSTANCE.newTables())
                .eventStore(new JacksonEventSerializer(LedgerEvent.types()));
        EventFilter accounts = EventFilter.prefix(StreamPrefix.of("account-"));
        store.appendEvents(deposit(EARLY, 0, 1));
        assertThat(store.readEvents(accounts, EventPage.first(10), LedgerEvent.class)
                        .events())
                .hasSize(1);
        queries.once(() -> {
            store.appendEvents(deposit(LATE, 0, 2));
            assertThat(store.readEvents(accounts, EventPage.first(10), LedgerEvent.class)
                            .events())
                    .hasSize(2);
        });

        EventBatch<LedgerEvent> older = store.readEvents(accounts, EventPage.first(10), LedgerEvent.class);

        assertThat(older.events()).hasSizeBetween(1, 2);
        assertThat(store.readEvents(accounts, EventPage.after(older.continueAfter(), 10), LedgerEvent.class)
                        .continueAfter())
                .isEqualTo(store.lastPosition());
    }

    @Test
    void many_readers_of_one_store_see_all_in_order_while_writers_append_and_roll_back() throws Exception {
        readAndWriteFor(Duration.ofMillis(1_500));
    }

    @Test
    @Tag("faults")
    void so_they_do_for_a_minute() throws Exception {
        readAndWriteFor(Duration.ofMinutes(1));
    }

    private static void readAndWriteFor(Duration time) throws Exception {
        TestDatabase database = PostgreSqlDatabase.INSTANCE;
        JdbcEventStore store = database.newStore();
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(database.dataSource()));
        AtomicBoolean stopped = new AtomicBoolean();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            List<Future<Integer>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                StreamId account = StreamId.of((i % 2 == 0 ? "account-" : "other-") + i);
                writers.add(threads.submit(() -> write(store, transaction, account, stopped)));
            }
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                EventFilter filter = FILTERS.get(i % FILTERS.size());
                readers.add(threads.submit(() -> follow(store, filter, stopped)));
            }
            letThemGoOn(time, writers, readers);
            stopped.set(true);
            int written = 0;
            for (Future<Integer> writer : writers) {
                written += writer.get(60, TimeUnit.SECONDS);
            }
            for (Future<Integer> reader : readers) {
                assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
            }
            assertThat(WholeLog.of(store, EventFilter.all(), LedgerEvent.class)).hasSize(written);
        } finally {
            stopped.set(true);
            threads.shutdownNow();
        }
    }

    /** Waits, unless one of them has ended before its time: it has failed. */
    private static void letThemGoOn(Duration time, List<Future<Integer>> writers, List<Future<Integer>> readers) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end
                && writers.stream().noneMatch(Future::isDone)
                && readers.stream().noneMatch(Future::isDone)) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static int write(
            JdbcEventStore store, TransactionTemplate transaction, StreamId account, AtomicBoolean stopped) {
        int written = 0;
        for (int i = 0; !stopped.get(); i++) {
            StreamWrites writes = StreamWrites.to(
                    account, ExpectedVersion.any(), i % 2 == 0 ? new Deposited(account, i) : new Withdrawn(account, i));
            if (i % 4 == 3) {
                transaction.executeWithoutResult(status -> {
                    store.appendEvents(writes);
                    status.setRollbackOnly();
                });
            } else {
                store.appendEvents(writes);
                written++;
            }
        }
        return written;
    }

    /** Follows the log, and compares in the end with what another reader finds who begins when it is complete. */
    private static int follow(JdbcEventStore store, EventFilter filter, AtomicBoolean stopped) {
        List<GlobalPosition> seen = new ArrayList<>();
        EventPage page = EventPage.first(20);
        boolean more = true;
        while (more) {
            boolean last = stopped.get();
            EventBatch<LedgerEvent> batch = store.readEvents(filter, page, LedgerEvent.class);
            batch.events().forEach(event -> seen.add(event.position()));
            page = page.next(batch);
            more = !last || !batch.endReached();
        }
        assertThat(WholeLog.of(store, filter, LedgerEvent.class))
                .extracting(RecordedEvent::position)
                .as("%s", filter)
                .startsWith(seen.toArray(GlobalPosition[]::new));
        return seen.size();
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
