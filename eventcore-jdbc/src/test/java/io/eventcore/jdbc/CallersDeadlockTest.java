package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Engines that end the whole transaction after a deadlock: if the caller catches it and goes on, the rest would be
 * committed without what the store had written before.
 */
class CallersDeadlockTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends OnMariaDb {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb_by_the_driver_of_mysql extends OnMariaDb {
        On_mariadb_by_the_driver_of_mysql() {
            super(MariaDbDatabase.BY_MYSQL_DRIVER);
        }
    }

    abstract static class OnMariaDb extends Rows {
        OnMariaDb(TestDatabase database) {
            super(database);
        }

        @Test
        void a_read_model_is_not_committed_without_what_was_applied_before() {
            JdbcProjectionStore projections = database().projectionStore(prefix());
            projections.register("balances", 1, 1, GlobalPosition.START);
            ProjectionPartition partition = new ProjectionPartition("balances", 1, 0);
            Lease lease = projections.acquire(partition, 1, "me", MINUTE).orElseThrow();

            commitIsRefused(
                    () -> assertThat(projections.isCurrent(lease, MINUTE)).isTrue(), () -> {});
        }
    }

    abstract static class Rows {
        private final TestDatabase database;
        private final String prefix;
        private final String rows;
        private final EventStore store;
        private final TransactionTemplate transaction;

        Rows(TestDatabase database) {
            this.database = database;
            this.prefix = database.newTables();
            this.rows = prefix + "rows";
            this.store = database.store(prefix);
            JdbcTransactionManager manager = new JdbcTransactionManager(database.dataSource());
            manager.addListener(TransactionPhase.listener());
            this.transaction = new TransactionTemplate(manager);
        }

        final TestDatabase database() {
            return database;
        }

        final String prefix() {
            return prefix;
        }

        @BeforeEach
        void createRows() {
            database.createTable(rows, "id integer primary key, amount integer not null");
            TestDatabase.execute(database.ownersDataSource(), "GRANT UPDATE ON " + rows + " TO " + TestDatabase.APP);
            TestDatabase.execute(database.ownersDataSource(), "INSERT INTO " + rows + " VALUES (1, 0), (2, 0)");
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void an_append_is_not_committed_without_the_one_before_it(boolean appendsAgain) {
            commitIsRefused(() -> append(ADA), () -> {
                if (appendsAgain) {
                    append(BOB);
                }
            });

            assertThat(store.streamVersion(ADA).exists()).isFalse();
            assertThat(store.streamVersion(BOB).exists()).isFalse();
        }

        @Test
        void a_command_id_does_not_get_lost() {
            JdbcExecutedCommands commands =
                    TestDatabase.jdbc(database.dataSource(), prefix).executedCommands();
            CommandId id = new CommandId("test", "one");

            commitIsRefused(
                    () -> commands.executeOnce(
                            id,
                            "print",
                            () -> ExecutionResult.of(1, EventStreamSlice.empty(), Map.of(), Duration.ZERO)),
                    () -> append(BOB));

            assertThat(commands.find(id)).isEmpty();
            assertThat(store.streamVersion(BOB).exists()).isFalse();
        }

        @Test
        void a_rollback_to_a_savepoint_before_the_append_is_no_loss() {
            transaction.executeWithoutResult(status -> {
                Object savepoint = status.createSavepoint();
                append(ADA);
                status.rollbackToSavepoint(savepoint);
                status.releaseSavepoint(savepoint);
            });
            transaction.executeWithoutResult(status -> {
                append(ADA);
                Object savepoint = status.createSavepoint();
                append(BOB);
                status.rollbackToSavepoint(savepoint);
                append(ADA);
            });

            assertThat(store.streamVersion(ADA).value()).isEqualTo(2);
            assertThat(store.streamVersion(BOB).exists()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void nor_is_it_after_a_deadlock_in_a_callback_before_the_end(boolean completion) {
            withDeadlock(deadlock -> assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                        append(ADA);
                        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                            @Override
                            public void beforeCommit(boolean readOnly) {
                                if (!completion) {
                                    deadlock.run();
                                }
                            }

                            @Override
                            public void beforeCompletion() {
                                if (completion) {
                                    deadlock.run();
                                }
                            }
                        });
                    }))
                    .withMessageContaining("has ended the transaction"));

            assertThat(store.streamVersion(ADA).exists()).isFalse();
        }

        @Test
        void nor_is_it_after_a_deadlock_in_a_nested_transaction_whose_savepoint_has_gone_with_it() {
            TransactionTemplate nested =
                    new TransactionTemplate(Objects.requireNonNull(transaction.getTransactionManager()));
            nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);

            withDeadlock(deadlock -> assertThatExceptionOfType(RuntimeException.class)
                    .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                        assertThatExceptionOfType(RuntimeException.class)
                                .isThrownBy(() -> nested.executeWithoutResult(inner -> {
                                    append(ADA);
                                    deadlock.run();
                                    throw new IllegalStateException("gives up");
                                }));
                        append(BOB);
                    })));

            assertThat(store.streamVersion(ADA).exists()).isFalse();
            assertThat(store.streamVersion(BOB).exists()).isFalse();
        }

        @Test
        void what_was_only_relied_on_must_not_have_moved_on_when_its_lock_is_gone() {
            append(ADA);

            withDeadlock(deadlock -> assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                        store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.exactly(1)));
                        deadlock.run();
                        CompletableFuture.runAsync(() -> append(ADA))
                                .orTimeout(60, TimeUnit.SECONDS)
                                .join();
                        append(BOB);
                    })));

            assertThat(store.streamVersion(ADA).value()).isEqualTo(2);
            assertThat(store.streamVersion(BOB).exists()).isFalse();
        }

        @Test
        void what_was_only_relied_on_holds_otherwise() {
            append(ADA);

            transaction.executeWithoutResult(status -> {
                store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.exactly(1)));
                append(BOB);
            });
            transaction.executeWithoutResult(status -> {
                store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.exactly(1)));
                append(ADA);
                store.appendEvents(StreamWrites.to(ADA, ExpectedVersion.exactly(2)));
                append(ADA);
            });
            transaction.executeWithoutResult(
                    status -> store.appendEvents(StreamWrites.to(BOB, ExpectedVersion.exactly(1))));

            assertThat(store.streamVersion(ADA).value()).isEqualTo(3);
            assertThat(store.streamVersion(BOB).value()).isEqualTo(1);
        }

        private void append(StreamId streamId) {
            store.appendEvents(StreamWrites.to(streamId, any(), new Deposited(streamId, 1)));
        }

        /** The caller writes by the store, then its own update ends in a deadlock, which it catches. */
        final void commitIsRefused(Runnable before, Runnable after) {
            withDeadlock(deadlock -> assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                        before.run();
                        deadlock.run();
                        after.run();
                    }))
                    .withMessageContaining("has ended the transaction"));
        }

        /** Gives a transaction of the caller an update that ends in a deadlock, which it catches. */
        private void withDeadlock(Consumer<Runnable> caller) {
            JdbcClient own = JdbcClient.create(database.dataSource());
            CountDownLatch callerHasTheFirst = new CountDownLatch(1);
            CountDownLatch otherHasTheSecond = new CountDownLatch(1);
            CompletableFuture<Boolean> other =
                    CompletableFuture.supplyAsync(() -> updateBoth(otherHasTheSecond, callerHasTheFirst));
            Holder.await(otherHasTheSecond);

            caller.accept(() -> {
                update(own, 1);
                callerHasTheFirst.countDown();
                assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> update(own, 2));
            });

            assertThat(other.orTimeout(60, TimeUnit.SECONDS).join()).isTrue();
            assertThat(amount(own, 1)).isEqualTo(1);
            assertThat(amount(own, 2)).isEqualTo(1);
        }

        private void update(JdbcClient client, int id) {
            client.sql("UPDATE " + rows + " SET amount = amount + 1 WHERE id = ?")
                    .param(id)
                    .update();
        }

        private int amount(JdbcClient client, int id) {
            return client.sql("SELECT amount FROM " + rows + " WHERE id = ?")
                    .param(id)
                    .query(Integer.class)
                    .single();
        }

        /** In the other order. An engine ends the one that has changed less, or begun later: that is the caller. */
        private boolean updateBoth(CountDownLatch hasTheSecond, CountDownLatch callerHasTheFirst) {
            try (Connection connection = database.ownersDataSource().getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                for (int id = 100; id < 300; id++) {
                    statement.execute("INSERT INTO " + rows + " VALUES (" + id + ", 0)");
                }
                statement.execute("UPDATE " + rows + " SET amount = amount + 1 WHERE id = 2");
                hasTheSecond.countDown();
                Holder.await(callerHasTheFirst);
                statement.execute("UPDATE " + rows + " SET amount = amount + 1 WHERE id = 1");
                connection.commit();
                connection.setAutoCommit(true);
                return true;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
