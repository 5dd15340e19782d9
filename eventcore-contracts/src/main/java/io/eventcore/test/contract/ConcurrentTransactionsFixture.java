package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.exactly;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about transactions that meet: an empty store, and transactions that others wait for. */
abstract class ConcurrentTransactionsFixture {
    static final StreamId ADA = StreamId.of("account-ada");
    static final StreamId BOB = StreamId.of("account-bob");

    EventStore store;
    AbstractPlatformTransactionManager manager;
    TransactionTemplate transaction;

    /** The contract that makes what the rows test. */
    abstract ConcurrentTransactionsContract contract();

    @BeforeEach
    void beginWithAnEmptyStore() {
        store = contract().emptyStore();
        manager = (AbstractPlatformTransactionManager) contract().transactionManager();
        manager.setTransactionExecutionListeners(List.of(TransactionPhase.listener()));
        transaction = template(TransactionDefinition.PROPAGATION_REQUIRED);
    }

    TransactionTemplate template(int propagation) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(propagation);
        template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        return template;
    }

    /** Appends, and returns the outcome as text. */
    static String outcome(Append append) {
        try {
            return "stored as version " + append.run().events().get(0).version();
        } catch (VersionConflictException conflict) {
            return "conflict at version " + conflict.actual();
        } catch (TransientEventStoreException repeatable) {
            return "transient";
        }
    }

    /** Appends, or fails. */
    interface Append {
        EventStreamSlice run();
    }

    void fill(StreamId account, int events) {
        for (int i = 0; i < events; i++) {
            store.appendEvents(deposit(account, exactly(i), i + 1));
        }
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
