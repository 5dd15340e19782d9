package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.any;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.RetryPolicy;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about commands: an empty store, and an executor whose appends other writers can overtake. */
abstract class CommandFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");
    static final StreamId CAROL = StreamId.of("account-carol");

    EventStore store;
    TransactionTemplate transaction;

    /** Actions that run before the next append of a command, each once. */
    final Deque<Runnable> beforeAppend = new ArrayDeque<>();

    CommandExecutor executor;

    /** The contract that makes what the rows test. */
    abstract CommandContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        PlatformTransactionManager manager = contract().transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        executor = CommandExecutor.builder(new Interfering(store))
                .retryPolicy(RetryPolicy.defaults().withFixedDelay(Duration.ZERO))
                .build();
    }

    void deposit(StreamId account, long cents) {
        append(new Deposited(account, cents));
    }

    void append(LedgerEvent event) {
        store.appendEvents(StreamWrites.to(event.streamId(), any(), event));
    }

    List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    /** Lets another writer be faster. */
    final class Interfering extends ForwardingEventStore {
        Interfering(EventStore delegate) {
            super(delegate);
        }

        @Override
        public EventStreamSlice appendEvents(StreamWrites writes) {
            Runnable next = beforeAppend.poll();
            if (next != null) {
                next.run();
            }
            return super.appendEvents(writes);
        }
    }

    /** The domain's own exception. */
    static final class Overdrawn extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    static long change(LedgerEvent event, StreamId account) {
        if (!event.streamId().equals(account)) {
            return 0;
        }
        if (event instanceof Deposited deposited) {
            return deposited.cents();
        }
        return event instanceof Withdrawn withdrawn ? -withdrawn.cents() : 0;
    }

    record Deposit(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + change(event, account);
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(account, cents));
        }
    }

    record Transfer(@Stream StreamId from, @Stream StreamId to, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance + change(event, from);
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            if (balance < cents) {
                throw new Overdrawn();
            }
            return List.of(new Withdrawn(from, cents), new Deposited(to, cents));
        }
    }
}
