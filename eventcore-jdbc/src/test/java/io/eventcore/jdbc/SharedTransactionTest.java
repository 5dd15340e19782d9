package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What callers see of the transaction that they share, in a real database. */
class SharedTransactionTest {
    private static final int CALLERS = 10;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId GUARD = StreamId.of("guard");

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE, "append_batch");
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            super(H2Database.INSTANCE, "FROM FINAL TABLE");
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Rows {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE, "LAST_INSERT_ID");
        }
    }

    abstract static class Rows {
        private final TestDatabase database;
        private final String onceForEachBatch;
        private final WatchedDataSource watched;
        private String prefix = "";
        private JdbcEventStore store;

        Rows(TestDatabase database, String onceForEachBatch) {
            this.database = database;
            this.onceForEachBatch = onceForEachBatch;
            this.watched = new WatchedDataSource(database.dataSource());
        }

        @BeforeEach
        void beginWithEmptyTables() {
            prefix = database.newTables();
            store = TestDatabase.store(watched, prefix);
        }

        @Test
        void what_gathers_is_one_transaction_though_all_rely_on_one_stream() {
            List<StreamWrites> appends = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                appends.add(deposit(account(i)).registerStream(GUARD, noStream()));
            }
            long before = watched.sent(onceForEachBatch);

            List<CompletableFuture<EventStreamSlice>> answers = together(appends);

            answers.forEach(answer -> assertThat(join(answer).events()).hasSize(1));
            assertThat(watched.sent(onceForEachBatch) - before).isLessThanOrEqualTo(2);
        }

        @Test
        void only_the_one_that_the_database_refuses_fails() {
            TestDatabase.execute(
                    database.ownersDataSource(),
                    "ALTER TABLE " + prefix + "event ADD CONSTRAINT " + prefix + "no_withdrawal"
                            + " CHECK (type <> 'ledger.withdrawn')");
            List<StreamWrites> appends = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                appends.add(
                        i == 4
                                ? StreamWrites.to(account(i), any(), new Withdrawn(account(i), 1))
                                : deposit(account(i)));
            }

            List<CompletableFuture<EventStreamSlice>> answers = together(appends);

            for (int i = 0; i < CALLERS; i++) {
                if (i == 4) {
                    assertThat(failure(answers.get(i))).isInstanceOf(EventStoreUnavailableException.class);
                } else {
                    assertThat(join(answers.get(i)).events()).hasSize(1);
                }
                assertThat(store.streamVersion(account(i))).isEqualTo(StreamVersion.of(i == 4 ? 0 : 1));
            }
        }

        @Test
        void of_many_decisions_on_one_version_the_losers_are_told_without_a_call() {
            List<StreamWrites> appends = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                appends.add(StreamWrites.to(ADA, exactly(0), new Deposited(ADA, i)));
            }

            // Those that name our tables: a session that the pool has just opened is looked at as well.
            long atFirst = watched.sent(prefix);
            store.appendEvents(deposit(GUARD));
            long before = watched.sent(prefix);
            List<CompletableFuture<EventStreamSlice>> answers = together(appends);
            long statements = watched.sent(prefix) - before;

            long conflicts = answers.stream()
                    .filter(answer -> failure(answer) instanceof VersionConflictException)
                    .count();
            assertThat(conflicts).isEqualTo(CALLERS);
            assertThat(statements).isEqualTo(before - atFirst);
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
        }

        @Test
        void one_append_that_is_sent_by_many_is_stored_once_and_all_are_told_so() {
            StreamWrites one = StreamWrites.to(ADA, exactly(1), new Deposited(ADA, 7));
            List<StreamWrites> appends = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                appends.add(one);
            }

            List<CompletableFuture<EventStreamSlice>> answers = together(appends);

            assertThat(answers).extracting(Rows::join).containsOnly(join(answers.get(0)));
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
        }

        /**
         * Appends to a stream that is not among these, holds that batch until all others wait behind it, and lets go. The
         * first append is to {@link #ADA}, which has one event then.
         */
        private List<CompletableFuture<EventStreamSlice>> together(List<StreamWrites> appends) {
            CountDownLatch underWay = new CountDownLatch(1);
            CountDownLatch gathered = new CountDownLatch(1);
            AtomicBoolean first = new AtomicBoolean(true);
            watched.beforeEach(sql -> {
                if (first.compareAndSet(true, false)) {
                    underWay.countDown();
                    Holder.await(gathered);
                }
            });
            CompletableFuture<EventStreamSlice> leading = new CompletableFuture<>();
            start(deposit(ADA), leading);
            Holder.await(underWay);
            List<CompletableFuture<EventStreamSlice>> answers = new ArrayList<>();
            for (StreamWrites append : appends) {
                CompletableFuture<EventStreamSlice> answer = new CompletableFuture<>();
                Thread thread = start(append, answer);
                while (thread.getState() != Thread.State.WAITING) {
                    assertThat(answer).isNotDone();
                    Thread.onSpinWait();
                }
                answers.add(answer);
            }
            gathered.countDown();
            join(leading);
            answers.forEach(answer -> assertThat(answer.handle((slice, failure) -> true)
                            .completeOnTimeout(false, 60, TimeUnit.SECONDS)
                            .join())
                    .isTrue());
            return answers;
        }

        private Thread start(StreamWrites writes, CompletableFuture<EventStreamSlice> answer) {
            Thread thread = new Thread(() -> {
                try {
                    answer.complete(store.appendEvents(writes));
                } catch (RuntimeException | Error e) {
                    answer.completeExceptionally(e);
                }
            });
            thread.start();
            return thread;
        }

        private static EventStreamSlice join(CompletableFuture<EventStreamSlice> answer) {
            try {
                return answer.get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new AssertionError("The append failed", e);
            }
        }

        private static Throwable failure(CompletableFuture<EventStreamSlice> answer) {
            try {
                EventStreamSlice slice = answer.get(60, TimeUnit.SECONDS);
                throw new AssertionError("The append succeeded: " + slice);
            } catch (ExecutionException e) {
                return Objects.requireNonNull(e.getCause());
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("The append did not end", e);
            }
        }
    }

    private static StreamId account(int number) {
        return StreamId.of("account-" + number);
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, any(), new Deposited(account, 1));
    }
}
