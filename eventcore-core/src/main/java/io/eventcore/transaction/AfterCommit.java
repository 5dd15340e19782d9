package io.eventcore.transaction;

import io.eventcore.internal.Callback;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Runs an action after the work of this thread is committed.
 *
 * @since 0.1
 */
public final class AfterCommit {
    private AfterCommit() {}

    /**
     * Runs an action on this thread when its transaction has committed, or at once if there is none that could. After a
     * rollback the action does not run.
     *
     * @param action what it throws after a commit is logged once and counted, since the commit would look as if it had
     *     failed; if it runs at once, the exception reaches the caller
     */
    public static void run(Runnable action) {
        if (TransactionPhase.current() != TransactionPhase.ACTIVE) {
            action.run();
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                Callback.AFTER_COMMIT.run(action);
            }
        });
    }
}
