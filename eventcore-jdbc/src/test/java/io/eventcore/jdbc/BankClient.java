package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamReader;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.jdbc.History.Operation;
import io.eventcore.jdbc.History.Told;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionTemplate;

/** Moves money between accounts and notes what it was told. One thread at a time. */
final class BankClient {
    private final EventStore store;
    private final TransactionTemplate transaction;
    private final History history;
    private final Random random;
    private final List<StreamId> accounts;

    BankClient(EventStore store, PlatformTransactionManager transactions, History history, long seed, String bank) {
        this.store = store;
        this.transaction = new TransactionTemplate(transactions);
        this.history = history;
        this.random = new Random(seed);
        this.accounts = accounts(bank);
    }

    static List<StreamId> accounts(String bank) {
        return IntStream.range(0, 5)
                .mapToObj(i -> StreamId.of(bank + "-account-" + i))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    /** One operation of any kind; what fails is noted, not thrown. */
    void act() {
        try {
            int dice = random.nextInt(10);
            Collections.shuffle(accounts, random);
            if (dice < 5) {
                append(transfer(0, 1));
            } else if (dice < 6) {
                append(transfer(0, 1).registerStream(accounts.get(2), exactly(version(2))));
            } else if (dice < 8) {
                append(StreamWrites.to(accounts.get(0), any(), new Deposited(accounts.get(0), 1)));
            } else {
                appendInTransaction(dice == 9);
            }
        } catch (EventStoreException readingFailed) {
            // Nothing was asked for, so nothing was promised.
            history.noteFailedRead();
        }
    }

    private long version(int account) {
        return store.streamVersion(accounts.get(account)).value();
    }

    private StreamWrites transfer(int from, int to) {
        Map<StreamId, StreamVersion> both = new HashMap<>();
        both.put(accounts.get(from), StreamVersion.NONE);
        both.put(accounts.get(to), StreamVersion.NONE);
        EventStreamReader<LedgerEvent> read = store.readStreams(both, LedgerEvent.class);
        StreamId source = accounts.get(from);
        StreamId target = accounts.get(to);
        return StreamWrites.empty()
                .registerStream(source, exactly(read.version(source).value()))
                .registerStream(target, exactly(read.version(target).value()))
                .append(new Withdrawn(source, 5))
                .append(new Deposited(target, 5))
                .append(new Deposited(target, 0));
    }

    private void append(StreamWrites writes) {
        try {
            history.append(store, writes);
        } catch (EventStoreException noted) {
            // The history has it.
        }
    }

    /** Two appends that stand or fall together, and whose commit is the caller's own affair. */
    private void appendInTransaction(boolean rollBack) {
        List<Operation> operations = new ArrayList<>();
        boolean[] bodyDone = {false};
        Told told;
        try {
            transaction.executeWithoutResult(status -> {
                for (int i = 0; i < 2; i++) {
                    StreamWrites writes = transfer(i, i + 1);
                    operations.add(history.begin(writes));
                    store.appendEvents(writes);
                }
                if (rollBack) {
                    status.setRollbackOnly();
                }
                bodyDone[0] = true;
            });
            told = rollBack ? Told.NOT_STORED : Told.STORED;
        } catch (UnexpectedRollbackException | ConcurrencyFailureException | EventStoreException rolledBack) {
            told = Told.NOT_STORED;
        } catch (TransactionException | DataAccessException failed) {
            told = bodyDone[0] && !rollBack ? Told.UNKNOWN : Told.NOT_STORED;
        }
        for (Operation operation : operations) {
            operation.end(told);
        }
    }

    /** Finds out what became of the appends whose outcome was unknown, as their exception says: by repeating them. */
    static void settle(History history, EventStore store) {
        for (Operation operation : history.operations()) {
            boolean exact = !operation.writes().streams().containsValue(any());
            if (operation.isUnknown() && exact) {
                try {
                    operation.stored(store.appendEvents(operation.writes()));
                } catch (VersionConflictException conflict) {
                    operation.end(Told.NOT_STORED);
                }
            }
        }
    }

    /** Reads the log on from a position, whatever fails on the way; the position to go on from. */
    static GlobalPosition read(EventStore store, GlobalPosition after, History history) {
        return read(store, EventFilter.all(), EventPage.after(after, 7), history);
    }

    /** Reads a page of the log, whatever fails on the way; the position to go on from. */
    static GlobalPosition read(EventStore store, EventFilter filter, EventPage page, History history) {
        try {
            EventBatch<LedgerEvent> batch = store.readEvents(filter, page, LedgerEvent.class);
            history.deliver(batch.events());
            return batch.continueAfter();
        } catch (EventStoreException failed) {
            history.noteFailedRead();
            return page.after();
        }
    }
}
