package io.eventcore.test.contract;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about the caller's transaction: an empty store and its transaction manager. */
abstract class TransactionFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");

    EventStore store;
    PlatformTransactionManager manager;
    TransactionTemplate transaction;
    TransactionTemplate newTransaction;

    /** The contract that makes what the rows test. */
    abstract TransactionContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        manager = contract().transactionManager();
        ((ConfigurableTransactionManager) manager)
                .setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = new TransactionTemplate(manager);
        newTransaction = new TransactionTemplate(manager);
        newTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
    }

    static StreamWrites deposit(StreamId account, ExpectedVersion expected, long cents) {
        return StreamWrites.to(account, expected, new Deposited(account, cents));
    }

    List<Long> cents(StreamId account) {
        return store.readStream(account, Deposited.class).stream()
                .map(event -> event.event().cents())
                .toList();
    }

    List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }
}
