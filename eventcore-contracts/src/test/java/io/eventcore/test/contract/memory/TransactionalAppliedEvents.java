package io.eventcore.test.contract.memory;

import io.eventcore.RecordedEvent;
import io.eventcore.test.contract.AppliedEvents;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** A read model in memory that is changed when the transaction commits. */
public final class TransactionalAppliedEvents implements AppliedEvents {
    private final List<Long> positions = new CopyOnWriteArrayList<>();

    @Override
    public void add(RecordedEvent<?> event) {
        long position = event.position().value();
        change(() -> {
            positions.add(position);
            return () -> positions.remove(position);
        });
    }

    @Override
    public List<Long> positions() {
        return positions.stream().sorted().toList();
    }

    @Override
    public void clear() {
        change(() -> {
            List<Long> before = List.copyOf(positions);
            positions.removeAll(before);
            return () -> positions.addAll(before);
        });
    }

    /**
     * Makes a change, and takes it back if the transaction does not commit. Made before the commit: made after it, a part of it
     * would be missing for a moment from what the checkpoint says is there.
     */
    private static void change(Supplier<Runnable> change) {
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            var unused = change.get();
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            private Runnable undo = () -> {};

            @Override
            public void beforeCommit(boolean readOnly) {
                undo = change.get();
            }

            @Override
            public void afterCompletion(int status) {
                if (status != STATUS_COMMITTED) {
                    undo.run();
                }
            }
        });
    }
}
