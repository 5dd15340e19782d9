package io.eventcore.memory;

import io.eventcore.TransientEventStoreException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers executed commands in memory, beside an {@link InMemoryEventStore}. Within a Spring transaction the memory
 * commits and rolls back with it.
 *
 * <p>Forgets all when the process ends, and nothing before. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryExecutedCommands implements ExecutedCommands {
    /** Two transactions may wait for each other's id; a database finds out, memory loses its patience. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Map<CommandId, Entry> entries = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    private final TransactionScope transactions = TransactionScope.ofSpring();

    /** Remembers nothing yet. */
    public InMemoryExecutedCommands() {}

    /** An id that somebody has taken. Guarded by the lock. */
    private static final class Entry {
        private final Object owner;
        private @Nullable ExecutedCommand executed;
        private boolean committed;

        private Entry(Object owner) {
            this.owner = owner;
        }
    }

    @Override
    public Optional<ExecutedCommand> find(CommandId id) {
        Objects.requireNonNull(id, "id");
        Object asker = owner();
        return locked(() -> {
            Entry entry = entries.get(id);
            return entry != null && (entry.committed || entry.owner == asker)
                    ? Optional.ofNullable(entry.executed)
                    : Optional.empty();
        });
    }

    @Override
    public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        Object owner = owner();
        Optional<ExecutedCommand> earlier = locked(() -> take(id, owner));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        boolean done = false;
        try {
            ExecutedCommand executed = new ExecutedCommand(fingerprint, execution.get());
            locked(() -> complete(id, executed));
            done = true;
            if (transactions.current() != null) {
                transactions.whenEnded(committed -> locked(() -> end(id, committed)));
            } else {
                locked(() -> end(id, true));
            }
            return executed;
        } finally {
            if (!done) {
                locked(() -> end(id, false));
            }
        }
    }

    /** Who takes an id: the transaction of this thread, or this call. */
    private Object owner() {
        Object transaction = transactions.current();
        return transaction == null ? new Object() : transaction;
    }

    private Optional<ExecutedCommand> take(CommandId id, Object owner) {
        try {
            long left = PATIENCE_NANOS;
            while (isTaken(id, owner)) {
                if (left <= 0) {
                    throw new TransientEventStoreException(
                            "Command id '" + id + "' is taken by a transaction that goes on", null);
                }
                left = ended.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientEventStoreException("Interrupted while waiting for command id '" + id + "'", e);
        }
        Entry entry = entries.get(id);
        if (entry == null) {
            entries.put(id, new Entry(owner));
            return Optional.empty();
        }
        return Optional.ofNullable(entry.executed);
    }

    /** Whether somebody has taken the id whose end must be waited for. */
    private boolean isTaken(CommandId id, Object owner) {
        Entry entry = entries.get(id);
        return entry != null && !entry.committed && (entry.owner != owner || entry.executed == null);
    }

    private Optional<ExecutedCommand> complete(CommandId id, ExecutedCommand executed) {
        Objects.requireNonNull(entries.get(id)).executed = executed;
        return Optional.empty();
    }

    private Optional<ExecutedCommand> end(CommandId id, boolean committed) {
        if (committed) {
            Objects.requireNonNull(entries.get(id)).committed = true;
        } else {
            entries.remove(id);
        }
        ended.signalAll();
        return Optional.empty();
    }

    private Optional<ExecutedCommand> locked(Supplier<Optional<ExecutedCommand>> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
