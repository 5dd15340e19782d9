package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.transaction.TransactionAppends;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Which transaction an append in a callback of a transaction belongs to. */
abstract class TransactionCallbacksContract extends TransactionFixture {
    @Test
    void an_append_after_the_commit_is_a_transaction_of_its_own() {
        List<Boolean> joined = new ArrayList<>();
        List<List<Long>> seen = new ArrayList<>();

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            afterCommit(() -> {
                joined.add(store.internals().joinsCallersTransaction());
                store.appendEvents(deposit(ADA, exactly(1), 2));
                seen.add(Race.elsewhere(() -> cents(ADA)));
            });
        });

        assertThat(joined).containsExactly(false);
        assertThat(seen).containsExactly(List.of(1L, 2L));
        assertThat(cents(ADA)).containsExactly(1L, 2L);
    }

    @Test
    void an_append_after_the_commit_of_a_transaction_that_has_appended_nothing_is_kept() {
        transaction.executeWithoutResult(status -> afterCommit(() -> store.appendEvents(deposit(ADA, noStream(), 1))));
        transaction.executeWithoutResult(status -> afterCommit(() -> transaction.executeWithoutResult(
                joinsTheFinishedOne -> store.appendEvents(deposit(ADA, exactly(1), 2)))));
        transaction.executeWithoutResult(
                status -> afterCompletion(() -> store.appendEvents(deposit(ADA, exactly(2), 3))));
        transaction.executeWithoutResult(status -> {
            afterCompletion(() -> store.appendEvents(deposit(ADA, exactly(3), 4)));
            status.setRollbackOnly();
        });

        assertThat(Race.<List<Long>>elsewhere(() -> cents(ADA))).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void a_new_transaction_begun_after_the_commit_is_joined() {
        transaction.executeWithoutResult(status -> afterCommit(() -> {
            newTransaction.executeWithoutResult(inner -> {
                assertThat(store.internals().joinsCallersTransaction()).isTrue();
                store.appendEvents(deposit(ADA, noStream(), 1));
                inner.setRollbackOnly();
            });
            newTransaction.executeWithoutResult(inner -> store.appendEvents(deposit(BOB, noStream(), 1)));
        }));

        assertThat(cents(ADA)).isEmpty();
        assertThat(cents(BOB)).containsExactly(1L);
    }

    /** When a callback runs. */
    enum Moment {
        BEFORE_COMMIT,
        BEFORE_COMPLETION,
        AFTER_COMMIT,
        AFTER_COMPLETION;

        boolean isBeforeTheEnd() {
            return this == BEFORE_COMMIT || this == BEFORE_COMPLETION;
        }

        TransactionSynchronization callback(Runnable action) {
            Moment moment = this;
            return new TransactionSynchronization() {
                @Override
                public void beforeCommit(boolean readOnly) {
                    runAt(BEFORE_COMMIT);
                }

                @Override
                public void beforeCompletion() {
                    runAt(BEFORE_COMPLETION);
                }

                @Override
                public void afterCommit() {
                    runAt(AFTER_COMMIT);
                }

                @Override
                public void afterCompletion(int status) {
                    runAt(AFTER_COMPLETION);
                }

                private void runAt(Moment now) {
                    if (now == moment) {
                        action.run();
                    }
                }
            };
        }
    }

    /** When the transaction itself appends. */
    enum Appends {
        BEFORE_THE_CALLBACK_IS_REGISTERED,
        AFTER_THE_CALLBACK_IS_REGISTERED,
        NEVER
    }

    static Stream<Arguments> callbacks() {
        return Stream.of(Moment.values())
                .flatMap(moment -> Stream.of(Appends.values())
                        .flatMap(appends ->
                                Stream.of(true, false).map(watched -> Arguments.of(moment, appends, watched))));
    }

    /** With and without a listener that informs the store of each transaction. */
    @ParameterizedTest
    @MethodSource("callbacks")
    void a_callback_may_begin_other_transactions_and_then_append(Moment moment, Appends appends, boolean watched) {
        if (!watched) {
            ((ConfigurableTransactionManager) manager).setTransactionExecutionListeners(List.of());
        }
        StreamId inNewOne = StreamId.of("account-in-new-one");
        StreamId rolledBack = StreamId.of("account-rolled-back");
        StreamId suspended = StreamId.of("account-suspended");
        StreamId direct = StreamId.of("account-direct");
        TransactionTemplate suspending = new TransactionTemplate(manager);
        suspending.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
        // A transaction that has appended may lock what every append needs.
        boolean others = !moment.isBeforeTheEnd() || appends == Appends.NEVER;
        List<Throwable> failures = new ArrayList<>();

        transaction.executeWithoutResult(status -> {
            if (appends == Appends.BEFORE_THE_CALLBACK_IS_REGISTERED) {
                store.appendEvents(deposit(ADA, noStream(), 1));
            }
            TransactionSynchronizationManager.registerSynchronization(moment.callback(noting(failures, () -> {
                newTransaction.executeWithoutResult(inner -> {
                    assertThat(store.internals().joinsCallersTransaction()).isTrue();
                    if (others) {
                        store.appendEvents(deposit(inNewOne, noStream(), 2));
                        assertThat(Race.<List<Long>>elsewhere(() -> cents(inNewOne)))
                                .isEmpty();
                    }
                });
                newTransaction.executeWithoutResult(inner -> {
                    if (others) {
                        store.appendEvents(deposit(rolledBack, noStream(), 3));
                    }
                    inner.setRollbackOnly();
                });
                suspending.executeWithoutResult(none -> {
                    assertThat(store.internals().joinsCallersTransaction()).isFalse();
                    if (others) {
                        store.appendEvents(deposit(suspended, noStream(), 4));
                    }
                });
                assertThat(store.internals().joinsCallersTransaction()).isEqualTo(moment.isBeforeTheEnd());
                store.appendEvents(deposit(direct, noStream(), 5));
                assertThat(Race.<List<Long>>elsewhere(() -> cents(direct))).hasSize(moment.isBeforeTheEnd() ? 0 : 1);
                newTransaction.executeWithoutResult(inner ->
                        assertThat(store.internals().joinsCallersTransaction()).isTrue());
                store.appendEvents(deposit(direct, exactly(1), 6));
            })));
            if (appends == Appends.AFTER_THE_CALLBACK_IS_REGISTERED) {
                store.appendEvents(deposit(ADA, noStream(), 1));
            }
        });

        assertThat(failures).isEmpty();
        assertThat(cents(ADA)).hasSize(appends == Appends.NEVER ? 0 : 1);
        assertThat(cents(inNewOne)).hasSize(others ? 1 : 0);
        assertThat(cents(rolledBack)).isEmpty();
        assertThat(cents(suspended)).hasSize(others ? 1 : 0);
        assertThat(cents(direct)).containsExactly(5L, 6L);
        assertThat(store.internals().joinsCallersTransaction()).isFalse();
        assertThat(TransactionAppends.arePending()).isFalse();
    }

    /** Spring logs what some callbacks throw, and goes on. */
    private static Runnable noting(List<Throwable> failures, Runnable action) {
        return () -> {
            try {
                action.run();
            } catch (RuntimeException | AssertionError e) {
                failures.add(e);
            }
        };
    }

    @Test
    void an_append_before_the_commit_belongs_to_the_transaction() {
        transaction.executeWithoutResult(status ->
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void beforeCommit(boolean readOnly) {
                        assertThat(store.internals().joinsCallersTransaction()).isTrue();
                        store.appendEvents(deposit(ADA, noStream(), 1));
                    }
                }));

        assertThat(cents(ADA)).containsExactly(1L);
        assertThat(log()).hasSize(1);
    }

    private static void afterCommit(Runnable action) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                action.run();
            }
        });
    }

    private static void afterCompletion(Runnable action) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCompletion(int status) {
                action.run();
            }
        });
    }
}
