package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A foreign transaction that holds a stream stops those who want that stream, and no others: neither by the batch they
 * share nor by the connections that they wait on.
 *
 * <p>The pool has fewer connections than there are threads that wait.
 */
class NoConvoyTest {
    private static final int THREADS = 64;
    private static final int APPENDS_PER_THREAD = 8;
    private static final int WAITING = 12;
    private static final int CONNECTIONS = 8;
    private static final StreamId HELD = StreamId.of("held");

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE);
        }

        @Test
        void while_an_append_to_a_stream_is_not_committed_others_append() {
            store.appendEvents(deposit(HELD));

            assertOthersAppendWhile(deposit(HELD), number -> deposit(HELD));
        }

        @Test
        void while_several_streams_are_held_and_awaited_others_append() {
            StreamWrites many = StreamWrites.empty();
            for (int i = 0; i < WAITING; i++) {
                many = many.registerStream(held(i), any()).append(new Deposited(held(i), 1));
            }
            store.appendEvents(many);

            assertOthersAppendWhile(many, number -> deposit(held(number)));
        }

        private StreamId held(int number) {
            return StreamId.of("held-" + number);
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Rows {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE);
        }
    }

    abstract static class Rows {
        private final TestDatabase database;
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private HikariDataSource pool = new HikariDataSource();
        JdbcEventStore store;
        private String prefix = "";

        Rows(TestDatabase database) {
            this.database = database;
        }

        @BeforeEach
        void beginWithFewConnections() {
            HikariConfig config = new HikariConfig();
            config.setDataSource(database.dataSource());
            config.setMaximumPoolSize(CONNECTIONS);
            config.setConnectionTimeout(60_000);
            pool = new HikariDataSource(config);
            prefix = database.newTables();
            store = TestDatabase.store(pool, prefix);
        }

        @AfterEach
        void endAll() {
            threads.shutdownNow();
            pool.close();
        }

        @Test
        void while_a_stream_is_relied_on_others_append() {
            store.appendEvents(deposit(HELD));

            assertOthersAppendWhile(StreamWrites.empty().registerStream(HELD, streamExists()), number -> deposit(HELD));
        }

        @Test
        void while_a_stream_is_being_created_others_append() {
            assertOthersAppendWhile(StreamWrites.empty().registerStream(HELD, noStream()), number -> deposit(HELD));
        }

        @Test
        void while_a_stream_is_held_those_who_write_it_among_others_wait() {
            assertOthersAppendWhile(StreamWrites.empty().registerStream(HELD, noStream()), number -> {
                StreamId own = StreamId.of("own-" + number);
                return StreamWrites.empty()
                        .registerStream(own, any())
                        .registerStream(HELD, any())
                        .append(new Deposited(own, 1))
                        .append(new Deposited(HELD, 1));
            });
        }

        /**
         * Holds what these writes hold, lets some threads wait for it and then many others append to other streams: all
         * of them must be done before the foreign transaction ends, and all who waited after it.
         */
        final void assertOthersAppendWhile(StreamWrites held, Function<Integer, StreamWrites> waiting) {
            long before = store.streamVersion(HELD).value();
            List<Future<?>> waiters = new ArrayList<>();
            Holder holder = Holder.of(
                    database.dataSource(), () -> database.store(prefix).appendEvents(held));
            try {
                IntStream.range(0, WAITING)
                        .forEach(
                                number -> waiters.add(threads.submit(() -> store.appendEvents(waiting.apply(number)))));
                Race.run(THREADS, thread -> {
                    for (int i = 0; i < APPENDS_PER_THREAD; i++) {
                        store.appendEvents(deposit(StreamId.of("other-" + thread)));
                    }
                    return thread;
                });

                assertThat(waiters).noneMatch(Future::isDone);
                for (int thread = 0; thread < THREADS; thread++) {
                    assertThat(store.streamVersion(StreamId.of("other-" + thread)))
                            .isEqualTo(StreamVersion.of(APPENDS_PER_THREAD));
                }
            } finally {
                holder.rollBack();
            }
            waiters.forEach(NoConvoyTest::join);
            long appended = waiting.apply(0).streams().containsKey(HELD) ? WAITING : 0;
            assertThat(store.streamVersion(HELD)).isEqualTo(StreamVersion.of(before + appended));
        }
    }

    private static void join(Future<?> waiter) {
        Race.elsewhere(waiter::get);
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, any(), new Deposited(account, 1));
    }
}
