package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.ConflictException;
import io.eventcore.Event;
import io.eventcore.EventDeserializationException;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Decision;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.WarmStreamSettings;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Opened;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;

/**
 * A command on streams that its executor remembers decides without a read, and its outcome is the same as that of a
 * command that reads, whatever other writers the streams have.
 */
abstract class WarmStreamContract extends CommandFixture {
    private Watched watched;

    @BeforeEach
    void beginWithAnExecutorThatKnowsNothing() {
        watched = new Watched(store);
        executor = executorOn(watched);
    }

    private static CommandExecutor executorOn(EventStore store) {
        return CommandExecutor.builder(store)
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                // Rows that count reads must not depend on how long they take.
                .warmStreams(WarmStreamSettings.defaults().withLogCheckedWithin(Duration.ofHours(1)))
                .build();
    }

    @Test
    void a_command_on_a_stream_that_was_read_needs_no_read() {
        deposit(ADA, 7);
        assertThat(depositSeeing(ADA, 1)).isEqualTo(7);
        watched.reads.clear();

        assertThat(depositSeeing(ADA, 2)).isEqualTo(8);
        assertThat(depositSeeing(ADA, 3)).isEqualTo(10);

        assertThat(watched.reads).isEmpty();
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(4));
        assertThat(executor.warmStreams().warm()).isEqualTo(2);
    }

    @Test
    void a_command_on_streams_that_other_commands_have_begun_needs_no_read() {
        executor.execute(new Deposit(ADA, 5));
        executor.execute(new Deposit(BOB, 5));
        watched.reads.clear();

        ExecutionResult result = executor.execute(new Transfer(ADA, BOB, 5));

        assertThat(watched.reads).isEmpty();
        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(2));
        assertThat(result.version(BOB)).isEqualTo(StreamVersion.of(2));
    }

    @Test
    void without_warm_streams_every_command_reads() {
        executor = CommandExecutor.builder(watched)
                .warmStreams(WarmStreamSettings.off())
                .build();

        executor.execute(new Deposit(ADA, 5));
        executor.execute(new Deposit(ADA, 5));

        assertThat(watched.reads).hasSize(2);
        assertThat(executor.warmStreams().bytes()).isZero();
    }

    @Test
    void events_of_several_streams_are_folded_in_the_order_of_the_log() {
        List<Long> order = new ArrayList<>();
        for (long i = 1; i <= 3; i++) {
            deposit(ADA, i * 10);
            deposit(BOB, i * 10 + 1);
        }
        executor.execute(seeing(amount -> {}, ADA));
        executor.execute(seeing(amount -> {}, BOB));
        watched.reads.clear();

        executor.execute(seeing(order::add, ADA, BOB));

        assertThat(watched.reads).isEmpty();
        assertThat(order).containsExactly(10L, 11L, 20L, 21L, 30L, 31L);
    }

    @Test
    void a_refusal_that_rests_on_an_outdated_stream_is_never_released() {
        know(ADA, BOB);
        deposit(ADA, 100);

        ExecutionResult result = executor.execute(new Transfer(ADA, BOB, 100));

        assertThat(result.slice().events()).hasSize(2);
        assertThat(result.attempts()).isEqualTo(1);
    }

    @Test
    void a_refusal_is_confirmed_by_one_look_at_the_store() {
        know(ADA, BOB);

        assertThatExceptionOfType(Overdrawn.class).isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 100)));

        assertThat(watched.reads).hasSize(1);
    }

    @Test
    void the_store_is_asked_after_the_decision() {
        know(ADA);
        List<Long> balances = new ArrayList<>();

        assertThatThrownBy(() -> executor.execute(balance(ADA, balance -> {
                    balances.add(balance);
                    if (balances.size() == 1) {
                        deposit(ADA, 100);
                    }
                    throw new Overdrawn();
                })))
                .isInstanceOf(Overdrawn.class);

        assertThat(balances).containsExactly(0L, 100L);
    }

    @Test
    void an_error_in_a_command_is_confirmed_as_well() {
        know(ADA);
        deposit(ADA, 100);

        ExecutionResult result = executor.execute(balance(ADA, balance -> {
            if (balance == 0) {
                throw new AssertionError("an account without money");
            }
        }));

        assertThat(result.attempts()).isEqualTo(1);
    }

    @Test
    void that_nothing_happens_is_confirmed_by_the_store() {
        know(ADA);
        deposit(ADA, 100);
        List<Long> balances = new ArrayList<>();

        ExecutionResult result = executor.execute(balance(ADA, balances::add));

        assertThat(balances).containsExactly(0L, 100L);
        assertThat(result.version(ADA)).isEqualTo(StreamVersion.of(2));
    }

    @Test
    void a_refusal_that_cannot_be_confirmed_is_not_released() {
        know(ADA, BOB);
        watched.failures.add(new EventStoreUnavailableException("away", null));

        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 100)));
    }

    @Test
    void when_the_look_fails_in_passing_the_command_decides_again() {
        know(ADA, BOB);
        watched.failures.add(new TransientEventStoreException("busy", null));

        assertThatExceptionOfType(Overdrawn.class).isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 100)));

        assertThat(watched.reads).hasSize(2);
    }

    @Test
    void after_a_refused_guess_only_what_is_new_is_read_and_it_is_no_attempt() {
        know(ADA);
        for (int i = 0; i < 20; i++) {
            executor.execute(new Deposit(ADA, 1));
        }
        deposit(ADA, 100);
        watched.reads.clear();

        ExecutionResult result = executor.execute(new Deposit(ADA, 1));

        assertThat(result.attempts()).isEqualTo(1);
        assertThat(watched.conflicts).isEqualTo(1);
        assertThat(watched.reads).hasSize(1);
        assertThat(watched.reads.get(0)).containsEntry(ADA, StreamVersion.of(20));
        assertThat(executor.warmStreams().outdated()).isEqualTo(1);
    }

    @Test
    void a_stream_that_others_write_to_is_read_first() {
        know(ADA);
        for (int i = 0; i < 50; i++) {
            deposit(ADA, 1);
            assertThat(depositSeeing(ADA, 1)).isEqualTo(2L * i + 1);
        }

        assertThat(watched.conflicts).isEqualTo(1);
    }

    @Test
    void a_stream_that_was_left_alone_for_long_enough_is_trusted_again() {
        know(ADA);
        deposit(ADA, 1);
        for (int i = 0; i < 20; i++) {
            executor.execute(new Deposit(ADA, 1));
        }
        watched.reads.clear();

        executor.execute(new Deposit(ADA, 1));

        assertThat(watched.reads).isEmpty();
    }

    @Test
    void streams_of_which_nothing_is_known_are_read_first_where_most_are_written_by_others() {
        for (int i = 0; i < 200; i++) {
            StreamId account = StreamId.of("account-" + i);
            executor.execute(new Deposit(account, 1));
            deposit(account, 1);
        }

        for (int i = 0; i < 200; i++) {
            executor.execute(new Deposit(StreamId.of("account-" + i), 1));
        }

        assertThat(watched.conflicts).isLessThan(20);
    }

    @Test
    void in_a_transaction_of_the_caller_streams_are_read_and_its_own_appends_are_seen() {
        know(ADA);
        watched.reads.clear();

        transaction.executeWithoutResult(status -> {
            assertThat(depositSeeing(ADA, 4)).isZero();
            deposit(ADA, 3);
            assertThat(depositSeeing(ADA, 5)).isEqualTo(7);
        });

        assertThat(watched.reads).hasSize(2);
    }

    @Test
    void what_was_rolled_back_is_not_known() {
        know(ADA);
        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(ADA, 1_000));
            status.setRollbackOnly();
        });
        // This event takes the place of what was rolled back.
        deposit(ADA, 5);

        assertThat(depositSeeing(ADA, 1)).isEqualTo(5);
        assertThatExceptionOfType(Overdrawn.class).isThrownBy(() -> executor.execute(new Transfer(ADA, BOB, 100)));
    }

    @Test
    void what_a_transaction_appends_that_was_begun_during_the_decision_is_not_known() {
        know(ADA);
        PlatformTransactionManager manager = Objects.requireNonNull(transaction.getTransactionManager());
        AtomicReference<@Nullable TransactionStatus> begun = new AtomicReference<>();
        executor.execute(Decision.over(LedgerEvent.class, ADA)
                .startingWith(0L)
                .applying((sum, event) -> sum + change(event, ADA))
                .deciding(sum -> {
                    begun.compareAndSet(null, manager.getTransaction(transaction));
                    return List.of(new Deposited(ADA, 1_000));
                }));
        manager.rollback(Objects.requireNonNull(begun.get()));
        deposit(ADA, 5);

        assertThat(depositSeeing(ADA, 1)).isEqualTo(5);
    }

    @Test
    void what_was_read_in_a_transaction_that_is_rolled_back_is_not_known() {
        transaction.executeWithoutResult(status -> {
            deposit(ADA, 1_000);
            executor.execute(seeing(amount -> {}, ADA));
            status.setRollbackOnly();
        });
        deposit(ADA, 5);

        assertThat(depositSeeing(ADA, 1)).isEqualTo(5);
    }

    @Test
    void an_append_of_unknown_outcome_is_not_known_whether_it_was_stored_or_not() {
        know(ADA, BOB);
        watched.afterAppend.add(() -> {
            throw unknown();
        });
        assertThatExceptionOfType(AppendOutcomeUnknownException.class)
                .isThrownBy(() -> executor.execute(new Deposit(ADA, 10)));
        watched.beforeAppend.add(() -> {
            throw unknown();
        });
        assertThatExceptionOfType(AppendOutcomeUnknownException.class)
                .isThrownBy(() -> executor.execute(new Deposit(BOB, 10)));

        deposit(BOB, 5);

        assertThat(depositSeeing(ADA, 1)).isEqualTo(10);
        assertThat(depositSeeing(BOB, 1)).isEqualTo(5);
    }

    private static AppendOutcomeUnknownException unknown() {
        return new AppendOutcomeUnknownException(StreamWrites.empty(), new IllegalStateException("cut off"));
    }

    @Test
    void discovered_streams_are_known_too_and_checked_with_the_others() {
        append(new Opened(ADA, BOB.value()));
        deposit(BOB, 7);
        assertThat(discovering(ADA)).isEqualTo(7);
        watched.reads.clear();

        assertThat(discovering(ADA)).isEqualTo(7);
        assertThat(watched.reads).isEmpty();
        deposit(BOB, 1);

        assertThat(discovering(ADA)).isEqualTo(8);
    }

    /** Returns the sum in the account of the owner that the stream names, and appends to that stream. */
    private long discovering(StreamId first) {
        long[] seen = {0};
        executor.execute(Decision.over(LedgerEvent.class, first)
                .startingWith(new Found(Set.of(), 0))
                .applying(Found::with)
                .discovering(Found::owners)
                .deciding(found -> {
                    seen[0] = found.sum;
                    return List.of(new Deposited(first, 0));
                }));
        return seen[0];
    }

    private record Found(Set<StreamId> owners, long sum) {
        Found with(LedgerEvent event) {
            return event instanceof Opened opened
                    ? new Found(Set.of(StreamId.of(opened.owner())), sum)
                    : new Found(owners, sum + ((Deposited) event).cents());
        }
    }

    @Test
    void a_stream_that_is_read_as_another_type_fails_as_ever() {
        know(ADA);
        Command<Long, Opened> wrong = Decision.over(Opened.class, ADA)
                .startingWith(0L)
                .applying((sum, event) -> sum)
                .deciding(sum -> List.of());

        assertThatThrownBy(() -> executor.execute(wrong)).isInstanceOf(EventDeserializationException.class);
    }

    @Test
    void what_the_application_appends_past_the_executor_is_seen() {
        know(ADA, BOB);
        watched.delegated().appendEvents(StreamWrites.to(ADA, any(), new Deposited(ADA, 50)));

        executor.execute(new Transfer(ADA, BOB, 50));

        assertThat(depositSeeing(BOB, 1)).isEqualTo(50);
    }

    @Test
    void streams_can_be_forgotten() {
        know(ADA);
        watched.reads.clear();

        executor.forgetStreams();
        executor.execute(new Deposit(ADA, 1));

        assertThat(watched.reads).hasSize(1);
        assertThat(watched.reads.get(0)).containsEntry(ADA, StreamVersion.NONE);
    }

    @Test
    void after_a_failure_of_the_store_streams_are_looked_at_first() {
        know(ADA);
        watched.beforeAppend.add(() -> {
            throw new EventStoreUnavailableException("away", null);
        });
        assertThatExceptionOfType(EventStoreUnavailableException.class)
                .isThrownBy(() -> executor.execute(new Deposit(ADA, 1)));
        watched.reads.clear();

        executor.execute(new Deposit(ADA, 1));

        assertThat(watched.reads).hasSize(1);
        assertThat(watched.reads.get(0)).containsEntry(ADA, StreamVersion.NONE);
        executor.execute(new Deposit(ADA, 1));
        assertThat(watched.reads).hasSize(1);
    }

    /** Lets the executor know streams of one event each, without money. */
    private void know(StreamId... accounts) {
        for (StreamId account : accounts) {
            executor.execute(new Deposit(account, 0));
        }
        watched.reads.clear();
    }

    /** Deposits, and returns how much there was before. */
    private long depositSeeing(StreamId account, long cents) {
        long[] seen = {0};
        executor.execute(Decision.over(LedgerEvent.class, account)
                .startingWith(0L)
                .applying((sum, event) -> sum + change(event, account))
                .deciding(sum -> {
                    seen[0] = sum;
                    return List.of(new Deposited(account, cents));
                }));
        return seen[0];
    }

    private static Command<Long, LedgerEvent> seeing(LongConsumer amounts, StreamId... accounts) {
        return Decision.over(LedgerEvent.class, accounts)
                .startingWith(0L)
                .applying((sum, event) -> {
                    amounts.accept(((Deposited) event).cents());
                    return sum;
                })
                .deciding(sum -> List.of());
    }

    /** Decides nothing, unless its consumer throws. */
    private static Command<Long, LedgerEvent> balance(StreamId account, LongConsumer decision) {
        return Decision.over(LedgerEvent.class, account)
                .startingWith(0L)
                .applying((sum, event) -> sum + change(event, account))
                .deciding(sum -> {
                    decision.accept(sum);
                    return List.of();
                });
    }

    /** The store of the executor: counts reads and conflicts, and fails when a row tells it to. */
    private static final class Watched extends ForwardingEventStore {
        private final List<Map<StreamId, StreamVersion>> reads = new ArrayList<>();
        private final Deque<RuntimeException> failures = new ArrayDeque<>();
        private final Deque<Runnable> beforeAppend = new ArrayDeque<>();
        private final Deque<Runnable> afterAppend = new ArrayDeque<>();
        private int conflicts;

        Watched(EventStore delegate) {
            super(delegate);
        }

        EventStore delegated() {
            return delegate();
        }

        @Override
        public <E extends Event> EventStreamReader<E> readStreams(
                Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
            reads.add(Map.copyOf(streamsAfter));
            RuntimeException failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
            return super.readStreams(streamsAfter, eventType);
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            run(beforeAppend.poll());
            try {
                EventStreamSlice slice = super.appendEvents(writes);
                run(afterAppend.poll());
                return slice;
            } catch (ConflictException conflict) {
                conflicts++;
                throw conflict;
            }
        }

        private static void run(@Nullable Runnable interference) {
            if (interference != null) {
                interference.run();
            }
        }
    }
}
