package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionAppends;
import io.eventcore.transaction.TransactionPhase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What a store promises inside the transaction of its caller.
 *
 * @since 0.1
 */
public abstract class TransactionContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    private EventStore store;
    private PlatformTransactionManager manager;
    private TransactionTemplate transaction;
    private TransactionTemplate newTransaction;

    /** For subclasses. */
    protected TransactionContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
        manager = transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        newTransaction = new TransactionTemplate(manager);
        newTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    }

    @Test
    void an_append_is_committed_with_the_callers_transaction() {
        EventStreamSlice slice = transaction.execute(status -> store.appendEvents(deposit(ADA, noStream(), 1)));

        assertThat(cents(ADA)).containsExactly(1L);
        assertThat(log()).extracting(RecordedEvent::position).containsExactly(slice.lastPosition());
    }

    @Test
    void an_append_vanishes_with_the_callers_rollback() {
        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            store.appendEvents(deposit(ADA, exactly(1), 2));
            status.setRollbackOnly();
        });

        assertThat(cents(ADA)).isEmpty();
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
        assertThat(log()).isEmpty();
        store.appendEvents(deposit(ADA, noStream(), 3));
        assertThat(cents(ADA)).containsExactly(3L);
    }

    @Test
    void an_exception_of_the_caller_leaves_nothing_behind() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    throw new IllegalStateException("the business says no");
                }));

        assertThat(log()).isEmpty();
    }

    @Test
    void the_transaction_sees_what_it_has_appended_and_nobody_else_does() {
        store.appendEvents(deposit(ADA, noStream(), 1));

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, exactly(1), 2));
            store.appendEvents(deposit(BOB, noStream(), 3));

            assertThat(cents(ADA)).containsExactly(1L, 2L);
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
            assertThat(store.readStreamAfter(ADA, StreamVersion.of(1), LedgerEvent.class)
                            .toList())
                    .hasSize(1);
            assertThat(store.streamIds(StreamPrefix.of("account"), StreamIdPage.first(5)))
                    .containsExactly(ADA, BOB);
            assertThat(Race.<List<Long>>elsewhere(() -> cents(ADA))).containsExactly(1L);
            assertThat(Race.<StreamVersion>elsewhere(() -> store.streamVersion(BOB)))
                    .isEqualTo(StreamVersion.NONE);
        });

        assertThat(cents(ADA)).containsExactly(1L, 2L);
    }

    @Test
    void several_appends_of_one_transaction_follow_each_other() {
        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            store.appendEvents(deposit(BOB, noStream(), 2));
            store.appendEvents(deposit(ADA, exactly(1), 3));
            store.appendEvents(deposit(ADA, any(), 4));
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 5)))
                    .satisfies(conflict -> assertThat(conflict.actual()).isEqualTo(StreamVersion.of(3)));
        });

        assertThat(cents(ADA)).containsExactly(1L, 3L, 4L);
        assertThat(log())
                .extracting(event -> ((Deposited) event.event()).cents())
                .containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void after_a_conflict_the_transaction_goes_on_and_commits() {
        store.appendEvents(deposit(BOB, noStream(), 1));

        transaction.executeWithoutResult(status -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            StreamWrites stale = StreamWrites.empty()
                    .registerStream(ADA, exactly(1))
                    .registerStream(BOB, noStream())
                    .append(new Deposited(ADA, 2))
                    .append(new Deposited(BOB, 2));
            assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> store.appendEvents(stale));
            store.appendEvents(deposit(ADA, exactly(1), 3));
            assertThat(status.isRollbackOnly()).isFalse();
        });

        assertThat(cents(ADA)).containsExactly(1L, 3L);
        assertThat(cents(BOB)).containsExactly(1L);
    }

    @Test
    void a_repeated_append_is_recognised_inside_a_transaction() {
        StreamWrites writes = deposit(ADA, noStream(), 1);

        transaction.executeWithoutResult(status -> {
            EventStreamSlice first = store.appendEvents(writes);
            assertThat(store.appendEvents(writes)).isEqualTo(first);
        });
        transaction.executeWithoutResult(status -> store.appendEvents(writes));

        assertThat(cents(ADA)).containsExactly(1L);
    }

    @Test
    void a_new_transaction_inside_is_independent_of_the_outer_one() {
        transaction.executeWithoutResult(outer -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            newTransaction.executeWithoutResult(inner -> {
                assertThat(cents(ADA)).isEmpty();
            });
            outer.setRollbackOnly();
        });
        transaction.executeWithoutResult(outer -> {
            newTransaction.executeWithoutResult(inner -> store.appendEvents(deposit(BOB, noStream(), 1)));
            outer.setRollbackOnly();
        });

        assertThat(cents(ADA)).isEmpty();
        assertThat(cents(BOB)).containsExactly(1L);
    }

    @Test
    void a_failure_in_a_new_transaction_inside_is_no_matter_of_the_outer_one() {
        transaction.executeWithoutResult(outer -> {
            store.appendEvents(deposit(ADA, noStream(), 1));
            assertThatExceptionOfType(UnexpectedRollbackException.class)
                    .isThrownBy(() -> newTransaction.executeWithoutResult(
                            inner -> transaction.executeWithoutResult(TransactionStatus::setRollbackOnly)));
            assertThat(outer.isRollbackOnly()).isFalse();
        });

        assertThat(cents(ADA)).containsExactly(1L);
    }

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

    /** Whether or not a listener tells the store of each transaction. */
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

    @Test
    void a_read_only_transaction_reads_and_appends_nothing() {
        store.appendEvents(deposit(ADA, noStream(), 1));
        TransactionTemplate readOnly = new TransactionTemplate(manager);
        readOnly.setReadOnly(true);

        readOnly.executeWithoutResult(status -> {
            assertThat(cents(ADA)).containsExactly(1L);
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 2)))
                    .withMessageContaining("read-only");
            newTransaction.executeWithoutResult(inner -> store.appendEvents(deposit(BOB, noStream(), 3)));
        });

        assertThat(cents(ADA)).containsExactly(1L);
        assertThat(cents(BOB)).containsExactly(3L);
    }

    @Test
    void where_no_transaction_is_needed_and_none_is_there_an_append_is_one_of_its_own() {
        TransactionTemplate supports = new TransactionTemplate(manager);
        supports.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);

        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> supports.executeWithoutResult(status -> {
                    assertThat(store.internals().joinsCallersTransaction()).isFalse();
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    assertThat(Race.<List<Long>>elsewhere(() -> cents(ADA))).containsExactly(1L);
                    throw new IllegalStateException("there is nothing to roll back");
                }));

        assertThat(cents(ADA)).containsExactly(1L);
    }

    @Test
    void an_append_outside_of_the_suspended_transaction_is_independent_of_it() {
        TransactionTemplate suspended = new TransactionTemplate(manager);
        suspended.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);

        transaction.executeWithoutResult(status -> {
            assertThat(cents(ADA)).isEmpty();
            suspended.executeWithoutResult(none -> {
                assertThat(store.internals().joinsCallersTransaction()).isFalse();
                store.appendEvents(deposit(BOB, noStream(), 2));
            });
            assertThat(store.internals().joinsCallersTransaction()).isTrue();
            store.appendEvents(deposit(ADA, noStream(), 1));
            status.setRollbackOnly();
        });

        assertThat(cents(ADA)).isEmpty();
        assertThat(cents(BOB)).containsExactly(2L);
    }

    @Test
    void the_store_says_whether_it_would_join() {
        assertThat(store.internals().joinsCallersTransaction()).isFalse();
        transaction.executeWithoutResult(status ->
                assertThat(store.internals().joinsCallersTransaction()).isTrue());
        assertThat(store.internals().joinsCallersTransaction()).isFalse();
    }

    @Test
    void a_wrapper_of_what_the_compiler_asks_for_does_what_the_store_does() {
        EventStore wrapper = new PlainWrapper(store);
        wrapper.appendEvents(deposit(ADA, noStream(), 1));

        transaction.executeWithoutResult(status -> {
            wrapper.appendEvents(deposit(ADA, exactly(StreamVersion.of(1)), 2));
            assertThat(wrapper.internals().joinsCallersTransaction()).isTrue();
            assertThat(wrapper.oldestAppendInFlight().isPresent())
                    .isEqualTo(store.oldestAppendInFlight().isPresent());
            status.setRollbackOnly();
        });

        assertThat(wrapper.internals().joinsCallersTransaction()).isFalse();
        assertThat(wrapper.internals().roundTrip().isPresent())
                .isEqualTo(store.internals().roundTrip().isPresent());
        assertThat(wrapper.internals()
                        .readStored(EventFilter.all(), EventPage.first(10))
                        .events())
                .extracting(StoredEvent::streamId)
                .containsExactly(ADA);
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

    private static StreamWrites deposit(StreamId account, ExpectedVersion expected, long cents) {
        return StreamWrites.to(account, expected, new Deposited(account, cents));
    }

    private List<Long> cents(StreamId account) {
        return store.readStream(account, Deposited.class).stream()
                .map(event -> event.event().cents())
                .toList();
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }
}
