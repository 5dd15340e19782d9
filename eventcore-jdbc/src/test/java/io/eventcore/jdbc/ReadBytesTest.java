package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * How many bytes one statement brings, and how many statements a read takes: a driver holds all rows of a statement at
 * once, whatever is made of them afterwards.
 */
class ReadBytesTest {
    private static final int EVENTS = 60;
    private static final int STREAMS = 6;
    private static final long BUDGET = 100_000;

    /** Ids, types, times and sizes of the rows that come without their payload. */
    private static final long BESIDE_PAYLOADS = 20_000;

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE);
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
        private final String prefix;
        private final EventStore writer;
        private final MeasuredDataSource measured;
        private final EventStore store;

        Rows(TestDatabase database) {
            this.prefix = database.newTables();
            this.writer = database.store(prefix);
            this.measured = new MeasuredDataSource(database.dataSource());
            this.store =
                    TestDatabase.builder(measured, prefix).readBytes(BUDGET).build();
        }

        /** Large ones that compress well, large ones that do not, and small ones. */
        @BeforeEach
        void fill() {
            StreamWrites writes = StreamWrites.empty();
            for (int i = 0; i < EVENTS; i++) {
                StreamId stream = stream(i);
                String owner = i % 3 == 0 ? "x".repeat(40_000) : i % 3 == 1 ? mixed(i, 30_000) : "small";
                writes = writes.registerStream(stream, any()).append(new Opened(stream, owner));
            }
            writer.appendEvents(writes);
            measured.forget();
        }

        private static StreamId stream(int number) {
            return StreamId.of("large-" + number % STREAMS);
        }

        private static String mixed(int seed, int length) {
            return new Random(seed)
                    .ints(length, 'a', 'z' + 1)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
        }

        @Test
        void no_statement_of_a_page_of_the_log_brings_more_than_the_budget() {
            for (EventFilter filter : List.of(EventFilter.all(), EventFilter.prefix(StreamPrefix.of("large-")))) {
                List<Long> positions = new ArrayList<>();
                EventPage page = EventPage.first(500);
                EventBatch<Event> batch;
                do {
                    batch = store.readEvents(filter, page, Event.class);
                    assertThat(batch.events().stream()
                                    .mapToLong(event -> event.event().toString().length())
                                    .sum())
                            .isLessThan(BUDGET + BESIDE_PAYLOADS);
                    batch.events()
                            .forEach(event -> positions.add(event.position().value()));
                    page = page.next(batch);
                } while (!batch.endReached());

                assertThat(positions).hasSize(EVENTS).isSorted();
            }
            assertBounded();
        }

        @Test
        void no_statement_of_a_retry_of_a_parked_stream_brings_more_than_the_budget() {
            AtomicBoolean broken = new AtomicBoolean(true);
            Set<Long> applied = ConcurrentHashMap.newKeySet();
            ProjectionRunner runner = ProjectionRunner.builder(store, new InMemoryProjectionStore())
                    .projection(Projection.named("applied", Event.class)
                            .atLeastOnce()
                            .on(Event.class, event -> {
                                if (broken.get() && event.streamId().equals(stream(0))) {
                                    throw new IllegalStateException("broken");
                                }
                                applied.add(event.position().value());
                            })
                            .onError(failure -> FailureDecision.PARK)
                            .build())
                    .build();
            runner.start();
            try {
                Eventually.until(
                        "all of the other streams are applied", () -> applied.size() == EVENTS - EVENTS / STREAMS);
                broken.set(false);
                assertThat(runner.retryParked("applied", stream(0))).isTrue();
                Eventually.until("all is applied", () -> applied.size() == EVENTS);
            } finally {
                runner.stop();
            }
            assertBounded();
        }

        @Test
        void no_statement_of_a_read_of_one_stream_brings_more_than_the_budget() {
            assertThat(store.readStream(stream(0), Event.class).toList()).hasSize(EVENTS / STREAMS);
            assertBounded();
        }

        @Test
        void no_statement_of_a_read_of_several_streams_brings_more_than_the_budget() {
            Map<StreamId, StreamVersion> streams = new HashMap<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.put(stream(i), StreamVersion.NONE);
            }
            assertThat(store.readStreams(streams, Event.class).toList()).hasSize(EVENTS);
            for (int i = 0; i < 100; i++) {
                streams.put(StreamId.of("absent-" + i), StreamVersion.NONE);
            }
            assertThat(store.readStreams(streams, Event.class).toList()).hasSize(EVENTS);
            assertBounded();
        }

        @Test
        void an_event_larger_than_the_budget_is_read_alone() {
            StreamId stream = StreamId.of("huge");
            writer.appendEvents(
                    StreamWrites.to(stream, any(), new Opened(stream, mixed(1, 200_000)), new Opened(stream, "b")));

            assertThat(store.readStream(stream, Event.class).toList()).hasSize(2);
            List<Event> last = new ArrayList<>();
            EventPage page = EventPage.first(500);
            EventBatch<Event> batch;
            do {
                batch = store.readEvents(EventFilter.all(), page, Event.class);
                batch.events().forEach(event -> last.add(event.event()));
                page = page.next(batch);
            } while (!batch.endReached());

            assertThat(last).hasSize(EVENTS + 2);
            assertThat(measured.most()).isBetween(200_000L, 220_000L);
        }

        @Test
        void a_short_stream_is_one_statement_if_its_events_fit_together() {
            StreamId stream = StreamId.of("small");
            for (int i = 0; i < 3; i++) {
                writer.appendEvents(StreamWrites.to(stream, any(), new Opened(stream, mixed(i, 30_000))));
            }
            measured.forget();

            assertThat(store.readStream(stream, Event.class).toList()).hasSize(3);
            assertThat(measured.statements()).isEqualTo(1);
        }

        private void assertBounded() {
            assertThat(measured.most()).isBetween(BUDGET / 4, BUDGET + BESIDE_PAYLOADS);
            assertThat(measured.statements()).isLessThan(EVENTS * 4L);
        }
    }

    /** Adds up what each statement brings, as soon as it is sent. */
    private static final class MeasuredDataSource extends DelegatingDataSource {
        private final AtomicLong most = new AtomicLong();
        private final AtomicLong statements = new AtomicLong();

        MeasuredDataSource(DataSource target) {
            super(target);
        }

        void forget() {
            most.set(0);
            statements.set(0);
        }

        long most() {
            return most.get();
        }

        long statements() {
            return statements.get();
        }

        @Override
        public Connection getConnection() throws SQLException {
            return watch(Connection.class, super.getConnection());
        }

        private <T> T watch(Class<T> type, T target) {
            AtomicLong bytes = new AtomicLong();
            InvocationHandler handler = (proxy, method, arguments) -> call(target, method, arguments, bytes);
            return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
        }

        private @Nullable Object call(
                Object target, Method method, Object @Nullable [] arguments, AtomicLong bytesOfStatement)
                throws Throwable {
            Object result;
            try {
                result = method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
            if (result instanceof PreparedStatement statement) {
                return watch(PreparedStatement.class, statement);
            }
            if (result instanceof ResultSet rows && method.getName().equals("executeQuery")) {
                statements.incrementAndGet();
                return watch(ResultSet.class, rows);
            }
            if (target instanceof ResultSet rows && method.getName().equals("next") && Boolean.TRUE.equals(result)) {
                long bytes = bytesOfStatement.addAndGet(bytesOf(rows));
                most.accumulateAndGet(bytes, Math::max);
            }
            return result;
        }

        private static long bytesOf(ResultSet row) throws SQLException {
            long bytes = 0;
            for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
                String text = row.getString(column);
                bytes += text == null ? 0 : text.length();
            }
            return bytes;
        }
    }
}
