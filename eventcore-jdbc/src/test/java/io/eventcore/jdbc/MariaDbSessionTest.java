package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static io.eventcore.ExpectedVersion.streamExists;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Sessions that change texts on their way, or cut answers, by both drivers. */
@Tag("mariadb")
class MariaDbSessionTest {
    private static final MariaDbDatabase MARIADB = MariaDbDatabase.INSTANCE;
    private static final MariaDbDatabase MYSQL = MariaDbDatabase.BY_MYSQL_DRIVER;
    private static final String NOTHING = "DO 0";
    private static final String NO_BACKSLASH =
            "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_BACKSLASH_ESCAPES')";
    private static final List<String> HOSTILE = List.of("G\u00e9", "G\\", "G\u0142\u00e9", "\ud83d\ude00", "G'\"`");

    /**
     * What sessions do. The driver of MariaDB ends one itself whose client character set is not its own, and has no setting
     * for the encoding.
     */
    private static Stream<Arguments> sessions() {
        return Stream.concat(
                Stream.of(MARIADB, MYSQL)
                        .flatMap(database -> Stream.of(
                                arguments(database, "", "SET character_set_results = latin1"),
                                arguments(database, "", "SET character_set_connection = latin1"),
                                arguments(database, "", NO_BACKSLASH),
                                arguments(database, "?useServerPrepStmts=true", NO_BACKSLASH),
                                arguments(database, "", "SET SESSION sql_select_limit = 5"))),
                Stream.of(
                        arguments(MYSQL, "", "SET NAMES latin1"),
                        arguments(MYSQL, "", "SET NAMES utf8mb3"),
                        arguments(MYSQL, "", "SET character_set_client = latin1"),
                        arguments(MYSQL, "?characterEncoding=latin1", NOTHING),
                        arguments(MYSQL, "?characterEncoding=latin1&useServerPrepStmts=true", NOTHING)));
    }

    @ParameterizedTest
    @MethodSource("sessions")
    void what_is_accepted_through_any_session_is_read_back_by_all_and_whole(
            MariaDbDatabase database, String parameters, String firstStatement) {
        String prefix = database.newTables();
        EventStore sound = database.store(prefix);
        try (HikariDataSource pool = database.pool(parameters, firstStatement)) {
            storeAndReadBack(TestDatabase.store(pool, prefix), sound);
        } catch (EventStoreUnavailableException refused) {
            assertThat(refused).hasMessageMatching(".*(utf8mb4|sql_select_limit).*");
        }
        assertThat(JdbcClient.create(database.ownersDataSource())
                        .sql("SELECT count(*) FROM " + prefix + "event WHERE stream_key = 0")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    private static void storeAndReadBack(EventStore store, EventStore sound) {
        for (String id : HOSTILE) {
            StreamId stream = StreamId.of(id);
            for (int i = 0; i < 10; i++) {
                store.appendEvents(StreamWrites.to(stream, any(), new Opened(stream, i + id)));
            }
            assertThat(owners(store, stream))
                    .hasSize(10)
                    .isEqualTo(owners(sound, stream))
                    .startsWith(0 + id, 1 + id);
        }
        assertThat(sound.readEvents(EventFilter.all(), EventPage.first(1_000), Event.class)
                        .events())
                .isEqualTo(store.readEvents(EventFilter.all(), EventPage.first(1_000), Event.class)
                        .events())
                .hasSize(10 * HOSTILE.size());
    }

    @ParameterizedTest
    @MethodSource("refused")
    void a_store_that_would_change_texts_or_miss_events_does_not_start(
            MariaDbDatabase database, String parameters, String firstStatement, String setting) {
        String prefix = database.newTables();
        try (HikariDataSource pool = database.pool(parameters, firstStatement)) {
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> TestDatabase.store(pool, prefix))
                    .withMessageContaining(setting);
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> TestDatabase.jdbc(pool, prefix).projectionStore())
                    .withMessageContaining(setting);
        }
    }

    private static Stream<Arguments> refused() {
        return Stream.of(MARIADB, MYSQL)
                .flatMap(database -> Stream.of(
                        arguments(database, "", "SET character_set_results = latin1", "utf8mb4"),
                        arguments(database, "", "SET SESSION sql_select_limit = 5", "sql_select_limit")));
    }

    @ParameterizedTest
    @MethodSource("databases")
    void a_session_that_comes_later_is_looked_at_before_it_is_used_and_a_good_one_once(MariaDbDatabase database) {
        String prefix = database.newTables();
        StreamId stream = StreamId.of("G\u0142\u00e9");
        try (HikariDataSource good = database.pool("", NOTHING);
                HikariDataSource bad = database.pool("", "SET character_set_results = latin1")) {
            AtomicReference<HikariDataSource> pool = new AtomicReference<>(good);
            DelegatingDataSource either = new DelegatingDataSource(good) {
                @Override
                public Connection getConnection() throws SQLException {
                    return Objects.requireNonNull(pool.get()).getConnection();
                }
            };
            EventStore store = TestDatabase.store(either, prefix);
            store.appendEvents(StreamWrites.to(stream, any(), new Opened(stream, "first")));
            pool.set(bad);

            TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(either));
            StreamWrites writes = StreamWrites.to(stream, any(), new Opened(stream, "second"));
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.appendEvents(writes))
                    .withMessageContaining("utf8mb4");
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> transaction.executeWithoutResult(status -> store.appendEvents(writes)))
                    .withMessageContaining("utf8mb4");
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.readStream(stream, LedgerEvent.class));
            assertThatExceptionOfType(EventStoreUnavailableException.class).isThrownBy(store::lastPosition);

            pool.set(good);
            assertThat(owners(store, stream)).containsExactly("first");
        }
    }

    /** What is looked at once may be set later, by the application itself. */
    @ParameterizedTest
    @MethodSource("lettersThatChange")
    void no_id_that_comes_back_as_another_one_is_taken_for_a_stream_that_is_not_there(
            MariaDbDatabase database, String letter) {
        String prefix = database.newTables();
        EventStore sound = database.store(prefix);
        StreamId old = StreamId.of("old-" + letter);
        StreamId fresh = StreamId.of("new-" + letter);
        sound.appendEvents(StreamWrites.to(old, any(), new Opened(old, "first")));
        try (HikariDataSource pool = database.pool("", NOTHING)) {
            pool.setMaximumPoolSize(1);
            EventStore store = TestDatabase.store(pool, prefix);
            assertThat(owners(store, old)).containsExactly("first");
            JdbcClient.create(pool).sql("SET character_set_results = latin1").update();

            Map<StreamId, List<ExpectedVersion>> expectations = Map.of(
                    old, List.of(any(), streamExists(), exactly(StreamVersion.of(1)), noStream()),
                    fresh, List.of(any(), noStream()));
            expectations.forEach((stream, expected) ->
                    expected.forEach(version -> assertThatExceptionOfType(EventStoreUnavailableException.class)
                            .as("%s, %s", stream, version)
                            .isThrownBy(() -> store.appendEvents(
                                    StreamWrites.to(stream, version, new Opened(stream, "changed"))))));
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.readStream(old, LedgerEvent.class));
        }
        assertThat(sound.readEvents(EventFilter.all(), EventPage.first(10), Event.class)
                        .events())
                .hasSize(1);
        assertThat(owners(sound, old)).containsExactly("first");
        sound.appendEvents(StreamWrites.to(fresh, noStream(), new Opened(fresh, "second")));
        assertThat(owners(sound, fresh)).containsExactly("second");
    }

    /** The driver of MySQL is told by the server in which character set an answer is. */
    private static List<Arguments> lettersThatChange() {
        return List.of(arguments(MARIADB, "\u00e9"), arguments(MARIADB, "\u0142"), arguments(MYSQL, "\u0142"));
    }

    private static List<MariaDbDatabase> databases() {
        return List.of(MARIADB, MYSQL);
    }

    private static List<String> owners(EventStore store, StreamId stream) {
        return store.readStream(stream, LedgerEvent.class).stream()
                .map(RecordedEvent::event)
                .map(event -> ((Opened) event).owner())
                .toList();
    }
}
