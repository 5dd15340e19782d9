package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about commands that are executed once: an empty store, and executors here and elsewhere. */
abstract class ExecutedCommandsFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");
    static final CommandId MESSAGE = CommandId.of("orders", "message-7");
    static final CommandContext WITH_ID = CommandContext.empty().withCommandId(MESSAGE);

    private EventStore store;
    PlatformTransactionManager manager;
    TransactionTemplate transaction;
    ExecutedCommands executedCommands;
    CommandExecutor executor;

    /** An executor on the same tables, as another process sees them. */
    CommandExecutor elsewhere;

    /** Actions that run while a command of {@link #executor} reads, before it has read; each once. */
    final Deque<Runnable> beforeRead = new ArrayDeque<>();

    /** Actions that run while a command of {@link #executor} appends, before it has appended; each once. */
    final Deque<Runnable> beforeAppend = new ArrayDeque<>();

    /** The contract that makes what the rows test. */
    abstract ExecutedCommandsContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        manager = contract().transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        executedCommands = contract().executedCommands();
        executor = executor(new Interrupted(store), executedCommands);
        elsewhere = executor(contract().storeElsewhere(), contract().executedCommandsElsewhere());
    }

    static CommandExecutor executor(EventStore store, ExecutedCommands executedCommands) {
        return CommandExecutor.builder(store)
                .executedCommands(executedCommands)
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .build();
    }

    static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    /** Lets other callers do something in between. */
    final class Interrupted extends ForwardingEventStore {
        Interrupted(EventStore delegate) {
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

    record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
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
}
