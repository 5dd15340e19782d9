package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** One store whose data source leads each thread to the database of its tenant. */
class RoutingDataSourceTest {
    private static final StreamId SHARED_NAME = StreamId.of("account");

    private final ThreadLocal<String> tenant = ThreadLocal.withInitial(() -> "red");
    private final Map<Object, DataSource> databases = Map.of("red", database("red"), "blue", database("blue"));
    private final AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
        @Override
        protected @Nullable Object determineCurrentLookupKey() {
            return tenant.get();
        }
    };

    private static DataSource database(String name) {
        return JdbcConnectionPool.create("jdbc:h2:mem:tenant-" + name + ";DB_CLOSE_DELAY=-1", "sa", "");
    }

    @BeforeEach
    void createTables() {
        databases.values().forEach(database -> JdbcSchema.in(database).create());
        routing.setTargetDataSources(Map.copyOf(databases));
        routing.afterPropertiesSet();
    }

    @AfterEach
    void dropTables() {
        databases.values().forEach(database -> TestDatabase.execute(database, "DROP ALL OBJECTS"));
    }

    @Test
    void every_event_is_in_the_database_of_its_tenant() {
        assertThat(strangers(store(routing))).isEmpty();
    }

    @Test
    void so_it_is_behind_another_wrapper() {
        DataSource wrapper = (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> method.invoke(routing, arguments));

        assertThat(strangers(store(wrapper))).isEmpty();
    }

    /** The same, with the routing hidden and so with group commit: it would be caught. */
    @Test
    void with_group_commit_events_would_be_in_the_wrong_database() {
        DataSource hidden = (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) ->
                        method.getName().equals("isWrapperFor") ? false : method.invoke(routing, arguments));

        assertThat(strangers(store(hidden))).isNotEmpty();
    }

    static Stream<Throwable> failures() {
        return Stream.of(
                new SQLException("not supported"), new IllegalStateException("no tenant"), new AbstractMethodError());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void one_that_fails_when_it_is_asked_what_it_wraps_may_choose_among_databases(Throwable failure) {
        DataSource mute = (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("isWrapperFor")) {
                        throw failure;
                    }
                    return method.invoke(routing, arguments);
                });

        assertThat(strangers(store(mute))).isEmpty();
    }

    @Test
    void each_tenants_log_has_an_end_of_its_own() {
        JdbcEventStore store = store(routing);
        for (int i = 0; i < 10; i++) {
            store.appendEvents(deposit(i));
        }
        EventFilter filter = EventFilter.prefix(StreamPrefix.of("acc"));
        assertThat(store.readEvents(filter, EventPage.first(100), Event.class).events())
                .hasSize(10);

        tenant.set("blue");
        store.appendEvents(deposit(1));
        EventBatch<Event> batch = store.readEvents(filter, EventPage.first(100), Event.class);
        store.appendEvents(deposit(2));

        assertThat(batch.continueAfter()).isEqualTo(GlobalPosition.of(1));
        assertThat(store.readEvents(filter, EventPage.after(batch.continueAfter(), 100), Event.class)
                        .events())
                .hasSize(1);
    }

    /** Those who wait for a stream of one tenant do not delay those who want the stream of that name of another. */
    @Test
    void a_stream_that_is_held_in_one_database_is_free_in_the_other() throws Exception {
        JdbcEventStore store = store(routing);
        DataSource red = Objects.requireNonNull(databases.get("red"));
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Future<?>> waiters = new ArrayList<>();
        Holder holder = Holder.of(red, () -> store(red).appendEvents(deposit(1)));
        try {
            for (int i = 0; i < 8; i++) {
                waiters.add(threads.submit(() -> {
                    tenant.set("red");
                    return store.appendEvents(deposit(1));
                }));
            }
            tenant.set("blue");
            for (int i = 0; i < 20; i++) {
                store.appendEvents(deposit(1));
            }

            assertThat(waiters).noneMatch(Future::isDone);
        } finally {
            holder.rollBack();
            threads.shutdown();
        }
        for (Future<?> waiter : waiters) {
            waiter.get();
        }
    }

    /** The amounts that are in the database of the other tenant after both have appended at the same time. */
    private List<Long> strangers(JdbcEventStore store) {
        List<Callable<Boolean>> appends = new ArrayList<>();
        for (int number = 0; number < 16; number++) {
            long cents = number;
            appends.add(() -> {
                tenant.set(cents % 2 == 0 ? "red" : "blue");
                for (int i = 0; i < 20; i++) {
                    store.appendEvents(deposit(StreamId.of("account-" + cents), cents));
                }
                return true;
            });
        }
        Race.run(appends);
        List<Long> strangers = new ArrayList<>();
        long found = 0;
        for (int parity = 0; parity < 2; parity++) {
            long own = parity;
            tenant.set(own == 0 ? "red" : "blue");
            List<Long> amounts =
                    store.readEvents(EventFilter.all(), EventPage.first(1_000), Event.class).events().stream()
                            .map(RecordedEvent::event)
                            .map(event -> ((Deposited) event).cents())
                            .toList();
            found += amounts.size();
            amounts.stream().filter(cents -> cents % 2 != own).forEach(strangers::add);
        }
        assertThat(found).isEqualTo(16 * 20);
        return strangers;
    }

    private static JdbcEventStore store(DataSource dataSource) {
        return JdbcDatabase.of(dataSource).eventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    private static StreamWrites deposit(long cents) {
        return deposit(SHARED_NAME, cents);
    }

    private static StreamWrites deposit(StreamId account, long cents) {
        return StreamWrites.to(account, any(), new Deposited(account, cents));
    }
}
