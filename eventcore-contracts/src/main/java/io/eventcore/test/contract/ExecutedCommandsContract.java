package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.CommandIdReusedException;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Require;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is promised about a command that is given an id: it is executed once.
 *
 * @since 0.1
 */
public abstract class ExecutedCommandsContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final CommandId MESSAGE = CommandId.of("orders", "message-7");
    private static final CommandContext WITH_ID = CommandContext.empty().withCommandId(MESSAGE);

    private EventStore store;
    private PlatformTransactionManager manager;
    private TransactionTemplate transaction;
    private ExecutedCommands executedCommands;
    private CommandExecutor executor;

    /** The same tables as another process sees them. */
    private CommandExecutor elsewhere;

    /** Runs while a command of {@link #executor} reads, before it has read; each once. */
    private final Deque<Runnable> beforeRead = new ArrayDeque<>();

    /** Runs while a command of {@link #executor} appends, before it has appended; each once. */
    private final Deque<Runnable> beforeAppend = new ArrayDeque<>();

    /** For subclasses. */
    protected ExecutedCommandsContract() {}

    /** A store without events that knows {@link LedgerEvent#types()}, fresh for each test. */
    protected abstract EventStore emptyStore();

    /** What remembers the commands on the store of {@link #emptyStore()}; asked after that. */
    protected abstract ExecutedCommands executedCommands();

    /** The store of {@link #emptyStore()} as another process of the application has it; the same object if it cannot. */
    protected abstract EventStore storeElsewhere();

    /** {@link #executedCommands()} as another process of the application has it; the same object if it cannot. */
    protected abstract ExecutedCommands executedCommandsElsewhere();

    /**
     * Manages the transactions that appends to the store of {@link #emptyStore()} join; asked after that. It can set
     * savepoints. Where a transaction of its has a time-out, no wait for a lock lasts longer.
     */
    protected abstract PlatformTransactionManager transactionManager();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = emptyStore();
        manager = transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        executedCommands = executedCommands();
        executor = executor(new Interrupted(store), executedCommands);
        elsewhere = executor(storeElsewhere(), executedCommandsElsewhere());
    }

    private static CommandExecutor executor(EventStore store, ExecutedCommands executedCommands) {
        return CommandExecutor.builder(store)
                .executedCommands(executedCommands)
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .build();
    }

    @Test
    void a_repetition_returns_the_first_result_and_appends_nothing() {
        ExecutionResult first = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
        assertThat(elsewhere.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
        assertThat(log()).hasSize(1);
    }

    @Test
    void other_ids_and_other_scopes_are_other_commands() {
        executor.execute(new Deposit(ADA, 5), WITH_ID);
        executor.execute(
                new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("orders", "message-8")));
        executor.execute(new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("bills", "message-7")));
        executor.execute(
                new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("orders", "Message-7")));
        executor.execute(
                new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("orders", "message-7 ")));

        assertThat(log()).hasSize(5);
    }

    @Test
    void a_command_that_wrote_no_event_is_not_decided_again() {
        Withdraw nothing = new Withdraw(ADA, 0);
        ExecutionResult first = executor.execute(nothing, WITH_ID);
        executor.execute(new Deposit(ADA, 5));

        ExecutionResult second = executor.execute(nothing, WITH_ID);

        assertThat(second).isEqualTo(first);
        assertThat(second.version(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void the_same_id_with_another_command_is_refused() {
        executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> executor.execute(new Deposit(ADA, 6), WITH_ID))
                .satisfies(e -> assertThat(e.commandId()).isEqualTo(MESSAGE));
        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> elsewhere.execute(new Withdraw(ADA, 5), WITH_ID));
        assertThat(log()).hasSize(1);
    }

    @Test
    void a_command_is_recognised_however_its_sets_are_ordered() {
        Set<StreamId> ascending = new TreeSet<>(Set.of(ADA, BOB));
        Set<StreamId> descending = new TreeSet<StreamId>(List.of(ADA, BOB)).descendingSet();
        ExecutionResult first = executor.execute(new DepositToAll(ascending), WITH_ID);

        assertThat(executor.execute(new DepositToAll(descending), WITH_ID)).isEqualTo(first);
    }

    @Test
    void a_rejection_is_not_remembered() {
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor.execute(new Withdraw(ADA, 5), WITH_ID));
        executor.execute(new Deposit(ADA, 5));

        executor.execute(new Withdraw(ADA, 5), WITH_ID);

        assertThat(log())
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(ADA, 5), new Withdrawn(ADA, 5));
    }

    @Test
    void a_repetition_that_overtakes_while_the_first_one_reads_wins() {
        List<ExecutionResult> overtaking = new ArrayList<>();
        beforeRead.add(() -> overtaking.add(Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 5), WITH_ID))));

        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(overtaking).containsExactly(result);
        assertThat(log()).hasSize(1);
    }

    @Test
    void a_repetition_is_not_refused_because_of_what_the_first_one_did() {
        executor.execute(new Deposit(ADA, 5));
        List<ExecutionResult> overtaking = new ArrayList<>();
        beforeRead.add(() -> overtaking.add(Race.elsewhere(() -> elsewhere.execute(new Withdraw(ADA, 5), WITH_ID))));

        ExecutionResult result = executor.execute(new Withdraw(ADA, 5), WITH_ID);

        assertThat(overtaking).containsExactly(result);
        assertThat(log()).hasSize(2);
    }

    @Test
    void of_two_at_the_same_time_the_second_waits_and_is_told_the_result_of_the_first() {
        CountDownLatch firstHasTakenTheId = new CountDownLatch(1);
        CountDownLatch secondHasBegun = new CountDownLatch(1);
        beforeAppend.add(() -> {
            firstHasTakenTheId.countDown();
            await(secondHasBegun);
        });

        List<ExecutionResult> results = Race.run(List.of(() -> executor.execute(new Deposit(ADA, 5), WITH_ID), () -> {
            await(firstHasTakenTheId);
            secondHasBegun.countDown();
            return elsewhere.execute(new Deposit(ADA, 5), WITH_ID);
        }));

        assertThat(results.get(1)).isEqualTo(results.get(0));
        assertThat(log()).hasSize(1);
    }

    @Test
    void of_two_commands_that_are_given_one_id_at_the_same_time_one_is_refused() {
        List<Boolean> refused = Race.run(2, number -> {
            try {
                (number == 0 ? executor : elsewhere).execute(new Deposit(number == 0 ? ADA : BOB, 5), WITH_ID);
                return false;
            } catch (CommandIdReusedException e) {
                return true;
            }
        });

        assertThat(refused).containsExactlyInAnyOrder(true, false);
        assertThat(log()).hasSize(1);
    }

    @Test
    void of_many_at_the_same_time_in_two_processes_one_appends() {
        List<ExecutionResult> results =
                Race.run(8, number -> (number % 2 == 0 ? executor : elsewhere).execute(new Deposit(ADA, 5), WITH_ID));

        assertThat(Set.copyOf(results)).hasSize(1);
        assertThat(log()).hasSize(1);
    }

    @Test
    void on_a_stream_that_many_fight_over_each_id_is_executed_once_and_nobody_waits_in_vain() {
        beforeAppend.add(() -> Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 1))));
        executor.execute(new Deposit(ADA, 2));

        List<List<ExecutionResult>> results = Race.run(8, number -> {
            List<ExecutionResult> mine = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                CommandId id = CommandId.of("orders", "message-" + i);
                mine.add(executor.execute(
                        new Deposit(ADA, i), CommandContext.empty().withCommandId(id)));
                executor.execute(new Deposit(ADA, 1_000));
            }
            return mine;
        });

        assertThat(Set.copyOf(results)).hasSize(1);
        assertThat(log()).hasSize(2 + 10 + 80);
    }

    @Test
    void after_a_conflict_the_next_attempt_takes_the_id_again() {
        beforeAppend.add(() -> Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 1))));

        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.attempts()).isEqualTo(2);
        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(result);
        assertThat(log()).hasSize(2);
    }

    @Test
    void a_rollback_of_the_caller_takes_the_id_along() {
        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(ADA, 5), WITH_ID);
            status.setRollbackOnly();
        });

        executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(log()).hasSize(1);
    }

    @Test
    void a_rollback_to_a_savepoint_takes_the_id_along() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(BOB, 1));
            nested.executeWithoutResult(inner -> {
                executor.execute(new Deposit(ADA, 5), WITH_ID);
                inner.setRollbackOnly();
            });
            assertThat(executedCommands.find(MESSAGE)).isEmpty();
        });
        ExecutionResult result = elsewhere.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.slice().events()).hasSize(1);
        assertThat(log()).hasSize(2);
    }

    @Test
    void after_a_rollback_to_a_savepoint_the_transaction_may_execute_the_command_again() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        ExecutionResult result = Objects.requireNonNull(transaction.execute(status -> {
            nested.executeWithoutResult(inner -> {
                executor.execute(new Deposit(ADA, 5), WITH_ID);
                inner.setRollbackOnly();
            });
            return executor.execute(new Deposit(ADA, 5), WITH_ID);
        }));

        assertThat(elsewhere.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(result);
        assertThat(log()).hasSize(1);
    }

    @Test
    void a_new_transaction_cannot_take_the_id_that_the_suspended_one_has_taken() {
        TransactionTemplate inner = template(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        inner.setTimeout(1);

        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(ADA, 5), WITH_ID);
            assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(
                            () -> inner.executeWithoutResult(within -> executor.execute(new Deposit(ADA, 5), WITH_ID)));
        });

        assertThat(log()).hasSize(1);
    }

    private TransactionTemplate template(int propagation) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(propagation);
        return template;
    }

    @Test
    void a_commit_of_the_caller_keeps_the_id_and_the_transaction_knows_it_before() {
        transaction.executeWithoutResult(status -> {
            ExecutionResult first = executor.execute(new Deposit(ADA, 5), WITH_ID);
            assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
        });

        elsewhere.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(log()).hasSize(1);
    }

    @Test
    void a_repetition_in_a_callers_transaction_lets_it_go_on() {
        List<ExecutionResult> overtaking = new ArrayList<>();
        beforeRead.add(() -> overtaking.add(Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 5), WITH_ID))));

        transaction.executeWithoutResult(status -> {
            assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(overtaking.get(0));
            assertThat(status.isRollbackOnly()).isFalse();
            executor.execute(new Deposit(BOB, 1));
        });

        assertThat(log()).hasSize(2);
    }

    @Test
    void a_conflict_in_a_callers_transaction_that_goes_on_leaves_the_id_free() {
        beforeAppend.add(() -> Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 1))));

        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> executor.execute(new Deposit(ADA, 5), WITH_ID));
            assertThat(status.isRollbackOnly()).isFalse();
            executor.execute(new Deposit(BOB, 1));
        });
        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.slice().events()).hasSize(1);
        assertThat(log()).hasSize(3);
    }

    @Test
    void in_a_read_only_transaction_a_new_id_is_refused_and_one_that_is_known_is_answered() {
        CommandId other = CommandId.of("orders", "message-8");
        AtomicInteger executions = new AtomicInteger();
        ExecutionResult first = executor.execute(new Deposit(ADA, 5), WITH_ID);
        TransactionTemplate readOnly = new TransactionTemplate(manager);
        readOnly.setReadOnly(true);

        readOnly.executeWithoutResult(status -> {
            assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .as("also a command that would write nothing")
                    .isThrownBy(() -> executedCommands.executeOnce(other, "fingerprint", () -> {
                        executions.incrementAndGet();
                        return first;
                    }))
                    .withMessageContaining("read-only");
        });

        assertThat(executions).hasValue(0);
        assertThat(executedCommands.find(other)).isEmpty();
        assertThat(log()).hasSize(1);
    }

    @Test
    void who_waits_for_a_transaction_that_rolls_back_goes_on() {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);

        List<ExecutionResult> results = Race.run(List.of(
                () -> transaction.execute(status -> {
                    ExecutionResult gone = executor.execute(new Deposit(ADA, 5), WITH_ID);
                    taken.countDown();
                    await(begun);
                    status.setRollbackOnly();
                    return gone;
                }),
                () -> {
                    await(taken);
                    begun.countDown();
                    return elsewhere.execute(new Deposit(ADA, 5), WITH_ID);
                }));

        assertThat(log()).hasSize(1);
        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(results.get(1));
    }

    @Test
    void what_cannot_be_recognised_is_refused_before_anything_happens() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> executor.execute(new Unrecognisable(ADA, () -> 5L), WITH_ID))
                .withMessageContaining(Unrecognisable.class.getName());
        assertThat(log()).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    /** Lets others do something in between. */
    private final class Interrupted extends ForwardingEventStore {
        private Interrupted(EventStore delegate) {
            super(delegate);
        }

        @Override
        public <E extends Event> EventStreamReader<E> readStreams(
                Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
            runNext(beforeRead);
            return super.readStreams(streamsAfter, eventType);
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            runNext(beforeAppend);
            return super.appendEvents(writes);
        }

        private static void runNext(Deque<Runnable> actions) {
            Runnable next;
            synchronized (actions) {
                next = actions.poll();
            }
            if (next != null) {
                next.run();
            }
        }
    }

    private record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + 1;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(account, cents));
        }
    }

    private record Withdraw(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            if (event instanceof Deposited deposited) {
                return balance + deposited.cents();
            }
            return event instanceof Withdrawn withdrawn ? balance - withdrawn.cents() : balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            Require.that(balance >= cents, "balance is %d", balance);
            return cents == 0 ? List.of() : List.of(new Withdrawn(account, cents));
        }
    }

    private record DepositToAll(@Stream Set<StreamId> accounts) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return accounts.stream()
                    .<LedgerEvent>map(account -> new Deposited(account, 1))
                    .toList();
        }
    }

    /** Says how much at the last moment, which cannot be compared. */
    private record Unrecognisable(@Stream StreamId account, Amount amount) implements Command<Long, LedgerEvent> {
        @FunctionalInterface
        interface Amount {
            long cents();
        }

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(account, amount.cents()));
        }
    }
}
