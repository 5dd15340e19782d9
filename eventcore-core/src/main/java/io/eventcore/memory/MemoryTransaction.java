package io.eventcore.memory;

import io.eventcore.TransientEventStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as one store in memory takes part in it: what it has done there, step by step, each of which is made to
 * last in the end or undone.
 *
 * <p>Used by the thread of the transaction, and with the lock of the store where steps are added or run.
 */
final class MemoryTransaction {
    private static final long NO_DEADLINE = Long.MAX_VALUE;

    private final Thread thread = Thread.currentThread();
    private final long deadlineMillis;
    private final Runnable markRollbackOnly;
    private final List<Step> steps = new ArrayList<>();
    private final List<Savepoint> savepoints = new ArrayList<>();
    private @Nullable Throwable failure;

    /** Something that was done and is not final yet. */
    interface Step {
        void commit();

        void undo();
    }

    private record Savepoint(Object id, int steps) {}

    /**
     * The transaction of the calling thread.
     *
     * @param deadlineMillis when its time is over, by the clock of the system
     * @param markRollbackOnly tells its manager that it cannot commit any more
     */
    MemoryTransaction(long deadlineMillis, Runnable markRollbackOnly) {
        this.deadlineMillis = deadlineMillis;
        this.markRollbackOnly = markRollbackOnly;
    }

    /** One that only the calling method ends, however long that takes. */
    static MemoryTransaction ofOneCall() {
        return new MemoryTransaction(NO_DEADLINE, () -> {});
    }

    /** The thread whose transaction this is; only that thread can end it. */
    Thread thread() {
        return thread;
    }

    /** How much of its time is left; nothing or less when it is over. */
    long millisLeft() {
        return deadlineMillis == NO_DEADLINE ? NO_DEADLINE : deadlineMillis - System.currentTimeMillis();
    }

    /**
     * Returns if there is time left, as for each statement on a database.
     *
     * @throws TransientEventStoreException if there is none; then the transaction cannot commit
     */
    void checkTime() {
        if (millisLeft() <= 0) {
            throw failed("The caller's transaction has timed out", null);
        }
    }

    /** However the caller handles this exception, the transaction can no longer commit. */
    TransientEventStoreException failed(String problem, @Nullable Throwable cause) {
        TransientEventStoreException exception = new TransientEventStoreException(problem, cause);
        if (failure == null) {
            failure = exception;
        }
        markRollbackOnly.run();
        return exception;
    }

    /** Why the transaction must not commit; empty if it may. */
    Optional<TransientEventStoreException> refusal() {
        return Optional.ofNullable(failure)
                .map(cause -> new TransientEventStoreException(
                        "The event store failed in this transaction, so all of it is rolled back", cause));
    }

    void add(Step step) {
        steps.add(step);
    }

    void setSavepoint(Object id) {
        savepoints.add(new Savepoint(id, steps.size()));
    }

    /** Undoes what was done after the savepoint, which stays. One that is not known is older than the first step. */
    void rollBackTo(Object id) {
        int place = savepoints.size() - 1;
        while (place >= 0 && !savepoints.get(place).id.equals(id)) {
            place--;
        }
        undoBeyond(place < 0 ? 0 : savepoints.get(place).steps);
        savepoints.subList(place + 1, savepoints.size()).clear();
    }

    void commit() {
        steps.forEach(Step::commit);
        steps.clear();
        savepoints.clear();
    }

    void rollBack() {
        undoBeyond(0);
    }

    private void undoBeyond(int kept) {
        for (int i = steps.size() - 1; i >= kept; i--) {
            steps.remove(i).undo();
        }
    }
}
