package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Where the store in memory behaves otherwise in a transaction than one in a database: the table of the page "How do I
 * test?". Each of its rows is a test here; what is alike is in the contracts.
 */
class MemoryAndDatabasesTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final Pattern ROW = Pattern.compile("\\| `(\\w+Test)\\.(\\w+)` \\|\\R");

    /** How long to look at what is to wait: that it goes on is seen only if it takes less. */
    private static final long LOOK_MILLIS = 60;

    /** How long to look at what is to go on, which it may take its time for. */
    private static final long PATIENCE_MILLIS = 60_000;

    private final Application memory = new Application(memoryStore(), new InMemoryTransactionManager());
    private final Application h2 = in(H2Database.INSTANCE);
    private final Application postgreSql = in(PostgreSqlDatabase.INSTANCE);

    @Test
    void the_table_of_the_guide_has_these_rows_and_no_others() throws IOException {
        Set<String> described = new TreeSet<>();
        Matcher row = ROW.matcher(Files.readString(Path.of("..", "docs", "guide", "testing.md")));
        while (row.find()) {
            if (row.group(1).equals("TransactionLocksTest")) {
                assertThat(Files.readString(Path.of(
                                "../eventcore-core/src/test/java/io/eventcore/memory/TransactionLocksTest.java")))
                        .contains("void " + row.group(2) + "(");
            } else {
                assertThat(row.group(1)).isEqualTo("MemoryAndDatabasesTest");
                described.add(row.group(2));
            }
        }

        assertThat(described)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(MemoryAndDatabasesTest.class.getDeclaredMethods())
                        .filter(method -> method.isAnnotationPresent(Test.class))
                        .map(Method::getName)
                        .filter(name -> name.startsWith("memory_"))
                        .toList());
    }

    @Test
    void memory_joins_the_transaction_of_any_data_source() {
        JdbcDataSource other = new JdbcDataSource();
        other.setUrl("jdbc:h2:mem:memory-and-databases");
        PlatformTransactionManager manager = new JdbcTransactionManager(other);

        assertThat(new Application(memory.store, manager).lastsBeyondARollback(ADA))
                .isFalse();
        assertThat(new Application(h2.store, manager).lastsBeyondARollback(ADA)).isTrue();
        assertThat(new Application(postgreSql.store, manager).lastsBeyondARollback(ADA))
                .isTrue();
    }

    @Test
    void memory_reads_what_is_committed_now_in_every_isolation() {
        assertThat(memory.seesWhatIsCommittedMeanwhile(TransactionDefinition.ISOLATION_REPEATABLE_READ))
                .isTrue();
        assertThat(h2.seesWhatIsCommittedMeanwhile(TransactionDefinition.ISOLATION_REPEATABLE_READ))
                .isFalse();
        assertThat(postgreSql.seesWhatIsCommittedMeanwhile(TransactionDefinition.ISOLATION_REPEATABLE_READ))
                .isFalse();
        assertThat(memory.seesWhatIsCommittedMeanwhile(TransactionDefinition.ISOLATION_SERIALIZABLE))
                .isTrue();
    }

    @Test
    void memory_lets_others_append_to_other_streams_as_postgresql_does() {
        assertThat(memory.goesOn(deposit(ADA, any()), deposit(BOB, any()))).isTrue();
        assertThat(postgreSql.goesOn(deposit(ADA, any()), deposit(BOB, any()))).isTrue();
        assertThat(h2.waits(deposit(ADA, any()), deposit(BOB, any()))).isTrue();
    }

    @Test
    void memory_lets_many_rely_on_one_stream_whether_or_not_it_exists() {
        for (Application each : List.of(memory, h2, postgreSql)) {
            each.store.appendEvents(deposit(ADA, noStream()));
        }

        assertThat(memory.goesOn(relyingOn(ADA, exactly(1)), relyingOn(ADA, exactly(1))))
                .isTrue();
        assertThat(postgreSql.goesOn(relyingOn(ADA, exactly(1)), relyingOn(ADA, exactly(1))))
                .isTrue();
        assertThat(h2.waits(relyingOn(ADA, exactly(1)), relyingOn(ADA, exactly(1))))
                .isTrue();
        assertThat(memory.goesOn(relyingOn(BOB, noStream()), relyingOn(BOB, noStream())))
                .isTrue();
        assertThat(postgreSql.waits(relyingOn(BOB, noStream()), relyingOn(BOB, noStream())))
                .isTrue();
        assertThat(h2.waits(relyingOn(BOB, noStream()), relyingOn(BOB, noStream())))
                .isTrue();
    }

    @Test
    void memory_notices_at_once_that_a_thread_waits_for_itself() {
        assertThat(memory.outcomeOfANewTransactionInside(TransactionDefinition.TIMEOUT_DEFAULT))
                .hasMessageContaining("suspended transaction of the same thread");
        assertThat(h2.outcomeOfANewTransactionInside(1)).hasMessageNotContaining("thread");
        assertThat(postgreSql.outcomeOfANewTransactionInside(1)).hasMessageNotContaining("thread");
    }

    @Test
    void memory_sees_savepoints_of_spring_only() {
        DataSource dataSource = H2Database.INSTANCE.dataSource();

        assertThat(new Application(memory.store, new JdbcTransactionManager(dataSource))
                        .lastsBeyondASavepointOf(dataSource))
                .isTrue();
        assertThat(h2.lastsBeyondASavepointOf(dataSource)).isFalse();
        assertThat(postgreSql.lastsBeyondASavepointOf(PostgreSqlDatabase.INSTANCE.dataSource()))
                .isFalse();
    }

    @Test
    void memory_lets_others_have_what_is_rolled_back_to_a_savepoint() {
        assertThat(memory.whatIsRolledBackToASavepointIsFree(PATIENCE_MILLIS)).isTrue();
        assertThat(postgreSql.whatIsRolledBackToASavepointIsFree(PATIENCE_MILLIS))
                .isTrue();
        assertThat(h2.whatIsRolledBackToASavepointIsFree(PATIENCE_MILLIS)).isTrue();
    }

    /** As the table says of MariaDB. */
    @Nested
    @Tag("mariadb")
    class On_mariadb {
        private final Application mariaDb = in(MariaDbDatabase.INSTANCE);

        @Test
        void an_append_to_another_stream_waits() {
            assertThat(mariaDb.waits(deposit(ADA, any()), deposit(BOB, any()))).isTrue();
        }

        @Test
        void what_is_rolled_back_to_a_savepoint_stays_locked() {
            assertThat(mariaDb.whatIsRolledBackToASavepointIsFree(LOOK_MILLIS)).isFalse();
        }

        @Test
        void many_rely_on_one_stream_that_exists() {
            mariaDb.store.appendEvents(deposit(ADA, noStream()));

            assertThat(mariaDb.goesOn(relyingOn(ADA, exactly(1)), relyingOn(ADA, exactly(1))))
                    .isTrue();
            assertThat(mariaDb.waits(relyingOn(BOB, noStream()), relyingOn(BOB, noStream())))
                    .isTrue();
        }

        @Test
        void a_read_in_repeatable_read_stays_as_it_was() {
            assertThat(mariaDb.seesWhatIsCommittedMeanwhile(TransactionDefinition.ISOLATION_REPEATABLE_READ))
                    .isFalse();
        }
    }

    @Test
    void memory_refuses_at_once_to_move_a_checkpoint_that_a_transaction_has_moved() {
        assertThat(movesAfterARollback(new InMemoryProjectionStore(), memory.manager, PATIENCE_MILLIS))
                .isFalse();
        assertThat(movesAfterARollback(projections(H2Database.INSTANCE), h2.manager, LOOK_MILLIS))
                .isTrue();
        assertThat(movesAfterARollback(projections(PostgreSqlDatabase.INSTANCE), postgreSql.manager, LOOK_MILLIS))
                .isTrue();
    }

    private static InMemoryEventStore memoryStore() {
        return new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    }

    private static Application in(TestDatabase database) {
        return new Application(database.newStore(), database.timedTransactionManager());
    }

    private static ProjectionStore projections(TestDatabase database) {
        return database.projectionStore(database.newTables());
    }

    /** Whether a checkpoint is moved by another caller who tries while a transaction has moved it that then rolls back. */
    private static boolean movesAfterARollback(
            ProjectionStore projections, PlatformTransactionManager manager, long millis) {
        projections.register("balances", 1, 1, GlobalPosition.START);
        Lease lease = projections
                .acquire(new ProjectionPartition("balances", 0), 1, "me", Duration.ofHours(1))
                .orElseThrow();
        Checkpoint ten = new Checkpoint(GlobalPosition.of(10), GlobalPosition.of(9), new UUID(4, 2));
        CompletableFuture<Boolean> other = new CompletableFuture<>();
        new TransactionTemplate(manager).executeWithoutResult(status -> {
            assertThat(projections.advance(lease, Checkpoint.START, ten, List.of()))
                    .isTrue();
            start(() -> other.complete(projections.advance(lease, Checkpoint.START, ten, List.of())), other);
            isDone(other, millis);
            status.setRollbackOnly();
        });
        return other.orTimeout(60, TimeUnit.SECONDS).join();
    }

    /** A store, and who manages the transactions of the application. */
    private static final class Application {
        private final EventStore store;
        private final PlatformTransactionManager manager;

        Application(EventStore store, PlatformTransactionManager manager) {
            this.store = store;
            this.manager = manager;
        }

        private TransactionTemplate transaction(int propagation) {
            TransactionTemplate template = new TransactionTemplate(manager);
            template.setPropagationBehavior(propagation);
            return template;
        }

        private TransactionTemplate transaction() {
            return transaction(TransactionDefinition.PROPAGATION_REQUIRED);
        }

        boolean lastsBeyondARollback(StreamId account) {
            transaction().executeWithoutResult(status -> {
                store.appendEvents(deposit(account, noStream()));
                status.setRollbackOnly();
            });
            return store.streamVersion(account).exists();
        }

        boolean seesWhatIsCommittedMeanwhile(int isolation) {
            StreamVersion first =
                    store.appendEvents(deposit(ADA, any())).events().get(0).version();
            TransactionTemplate strict = transaction();
            strict.setIsolationLevel(isolation);
            return Boolean.TRUE.equals(strict.execute(status -> {
                assertThat(store.streamVersion(ADA)).isEqualTo(first);
                Race.elsewhere(() -> store.appendEvents(deposit(ADA, any())));
                return !store.streamVersion(ADA).equals(first);
            }));
        }

        /** Whether an append in a transaction waits for the end of another one that has appended. */
        boolean waits(StreamWrites ours, StreamWrites others) {
            return !endsWithin(LOOK_MILLIS, status -> store.appendEvents(ours), others);
        }

        /** Whether an append in a transaction does not wait for the end of another one that has appended. */
        boolean goesOn(StreamWrites ours, StreamWrites others) {
            return endsWithin(PATIENCE_MILLIS, status -> store.appendEvents(ours), others);
        }

        boolean whatIsRolledBackToASavepointIsFree(long millis) {
            store.appendEvents(deposit(ADA, any()));
            return endsWithin(
                    millis,
                    status -> {
                        store.appendEvents(deposit(BOB, any()));
                        Object savepoint = status.createSavepoint();
                        store.appendEvents(deposit(ADA, any()));
                        status.rollbackToSavepoint(savepoint);
                    },
                    relyingOn(ADA, ExpectedVersion.streamExists()));
        }

        private boolean endsWithin(long millis, Consumer<TransactionStatus> ours, StreamWrites others) {
            CompletableFuture<Boolean> other = new CompletableFuture<>();
            boolean ends = Boolean.TRUE.equals(transaction().execute(status -> {
                ours.accept(status);
                start(
                        () -> {
                            transaction().executeWithoutResult(another -> store.appendEvents(others));
                            other.complete(true);
                        },
                        other);
                return isDone(other, millis);
            }));
            assertThat(other.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
            return ends;
        }

        Throwable outcomeOfANewTransactionInside(int timeout) {
            TransactionTemplate inner = transaction(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            inner.setTimeout(timeout);
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            transaction().executeWithoutResult(status -> {
                store.appendEvents(deposit(ADA, any()));
                assertThatExceptionOfType(TransientEventStoreException.class)
                        .isThrownBy(() -> inner.executeWithoutResult(within -> store.appendEvents(deposit(ADA, any()))))
                        .satisfies(outcome::complete);
            });
            return outcome.join();
        }

        boolean lastsBeyondASavepointOf(DataSource dataSource) {
            transaction().executeWithoutResult(status -> {
                store.appendEvents(deposit(ADA, noStream()));
                Connection connection = DataSourceUtils.getConnection(dataSource);
                try {
                    Savepoint savepoint = connection.setSavepoint();
                    store.appendEvents(deposit(BOB, noStream()));
                    connection.rollback(savepoint);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                } finally {
                    DataSourceUtils.releaseConnection(connection, dataSource);
                }
            });
            return store.readEvents(EventFilter.all(), EventPage.first(10), LedgerEvent.class)
                            .events()
                            .size()
                    == 2;
        }
    }

    /** Whether it comes to its end in this time. */
    private static boolean isDone(CompletableFuture<Boolean> other, long millis) {
        return other.copy()
                .handle((done, failure) -> true)
                .completeOnTimeout(false, millis, TimeUnit.MILLISECONDS)
                .join();
    }

    private static void start(Runnable action, CompletableFuture<?> result) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static StreamWrites relyingOn(StreamId account, ExpectedVersion expected) {
        return StreamWrites.empty().registerStream(account, expected);
    }

    private static StreamWrites deposit(StreamId account, ExpectedVersion expected) {
        return StreamWrites.to(account, expected, new Deposited(account, 1));
    }
}
