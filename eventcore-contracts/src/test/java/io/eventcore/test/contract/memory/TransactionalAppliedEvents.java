package io.eventcore.test.contract.memory;

import io.eventcore.RecordedEvent;
import io.eventcore.test.contract.AppliedEvents;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** A read model in memory that is changed when the transaction commits. */
public final class TransactionalAppliedEvents implements AppliedEvents {
    private final List<Long> positions = new CopyOnWriteArrayList<>();

    @Override
    public void add(RecordedEvent<?> event) {
        afterCommit(() -> positions.add(event.position().value()));
    }

    @Override
    public List<Long> positions() {
        return positions.stream().sorted().toList();
    }

    @Override
    public void clear() {
        afterCommit(positions::clear);
    }

    private static void afterCommit(Runnable change) {
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            change.run();
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                change.run();
            }
        });
    }
}
