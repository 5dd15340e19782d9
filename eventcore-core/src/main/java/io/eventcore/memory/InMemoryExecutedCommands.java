package io.eventcore.memory;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stores executed commands in memory, for an {@link InMemoryEventStore}. Within a Spring transaction, entries commit
 * and roll back with it, also to a savepoint.
 *
 * <p>Forgets everything when the process ends, and nothing before. Safe for any number of threads.
 *
 * @since 0.1
 */
public final class InMemoryExecutedCommands implements ExecutedCommands {
    private final Map<CommandId, Entry> entries = new HashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final TransactionLocks<CommandId> locks =
            new TransactionLocks<>("Command id", lock, TransactionLocks.PATIENCE);
    private final TransactionScope transactions =
            TransactionScope.ofSpring(lock, TransactionScope.CommitOrder.AFTER_THE_EVENTS);

    /** Remembers nothing yet. */
    public InMemoryExecutedCommands() {}

    /** An id that a command has taken. Guarded by the lock. */
    private static final class Entry {
        /** None once it is committed. */
        private @Nullable MemoryTransaction owner;

        private @Nullable ExecutedCommand executed;

        private Entry(MemoryTransaction owner) {
            this.owner = owner;
        }
    }

    @Override
    public Optional<ExecutedCommand> find(CommandId id) {
        Objects.requireNonNull(id, "id");
        MemoryTransaction asker = transactions.current();
        return locked(() -> {
            Entry entry = entries.get(id);
            return entry != null && (entry.owner == null || entry.owner == asker)
                    ? Optional.ofNullable(entry.executed)
                    : Optional.empty();
        });
    }

    @Override
    public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        if (transactions.isReadOnly()) {
            throw EventStoreUnavailableException.inReadOnlyTransaction();
        }
        MemoryTransaction callers = transactions.current();
        if (callers != null) {
            return executeIn(callers, id, fingerprint, execution);
        }
        MemoryTransaction own = MemoryTransaction.ofOneCall();
        boolean done = false;
        try {
            ExecutedCommand executed = executeIn(own, id, fingerprint, execution);
            done = true;
            return executed;
        } finally {
            Runnable end = done ? own::commit : own::rollBack;
            locked(() -> {
                end.run();
                return Optional.empty();
            });
        }
    }

    private ExecutedCommand executeIn(
            MemoryTransaction transaction, CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
        Optional<ExecutedCommand> earlier = locked(() -> take(id, transaction));
        if (earlier.isPresent()) {
            return earlier.get();
        }
        boolean done = false;
        try {
            ExecutedCommand executed = new ExecutedCommand(fingerprint, execution.get());
            locked(() -> complete(id, executed));
            done = true;
            return executed;
        } finally {
            if (!done) {
                // The transaction may go on, and must not commit that a command was executed which was not.
                locked(() -> {
                    entries.remove(id);
                    return Optional.empty();
                });
            }
        }
    }

    /**
     * Takes the id. Waits for the transaction that has taken it, until that ends.
     *
     * @return empty if the id was free and is ours now; else what was executed under it
     */
    private Optional<ExecutedCommand> take(CommandId id, MemoryTransaction transaction) {
        locks.acquire(transaction, Map.of(id, TransactionLocks.Mode.EXCLUSIVE));
        Entry known = entries.get(id);
        if (known == null) {
            Entry entry = new Entry(transaction);
            entries.put(id, entry);
            transaction.add(new MemoryTransaction.Step() {
                @Override
                public void commit() {
                    entry.owner = null;
                }

                @Override
                public void undo() {
                    entries.remove(id, entry);
                }
            });
            return Optional.empty();
        }
        if (known.executed == null) {
            throw transaction.failed("Command id '" + id + "' is in use by a command that waits for this one", null);
        }
        return Optional.of(known.executed);
    }

    private Optional<ExecutedCommand> complete(CommandId id, ExecutedCommand executed) {
        Objects.requireNonNull(entries.get(id)).executed = executed;
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
