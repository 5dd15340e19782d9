package io.eventcore.transaction;

import io.eventcore.AppendListener;
import io.eventcore.internal.Callback;
import java.util.HashSet;
import java.util.Set;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The uncommitted appends of this thread's transaction, and the listeners to call after the commit.
 *
 * @since 0.1
 */
public final class TransactionAppends {
    private static final Object KEY = new Object();

    private TransactionAppends() {}

    /**
     * Records that the transaction of this thread has appended.
     *
     * @param listener called once, after the commit; not called if the transaction rolls back
     */
    public static void note(AppendListener listener) {
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            return;
        }
        Notes notes = (Notes) TransactionSynchronizationManager.getResource(KEY);
        if (notes == null) {
            notes = new Notes();
            TransactionSynchronizationManager.bindResource(KEY, notes);
            TransactionSynchronizationManager.registerSynchronization(notes);
        }
        notes.listeners.add(listener);
    }

    /** Whether the transaction of this thread has appended events that no other thread can read yet. */
    public static boolean arePending() {
        return TransactionSynchronizationManager.hasResource(KEY);
    }

    /** Bound to the thread until the commit; unbound while its transaction is suspended. */
    private static final class Notes implements TransactionSynchronization {
        private final Set<AppendListener> listeners = new HashSet<>();
        private boolean ended;

        @Override
        public void suspend() {
            TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
        }

        @Override
        public void resume() {
            if (!ended) {
                TransactionSynchronizationManager.bindResource(KEY, this);
            }
        }

        @Override
        public void afterCommit() {
            end();
            listeners.forEach(listener -> Callback.APPEND_LISTENER.run(listener::eventsCommitted));
        }

        @Override
        public void afterCompletion(int status) {
            end();
        }

        private void end() {
            if (!ended) {
                ended = true;
                TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
            }
        }
    }
}
