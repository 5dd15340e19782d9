package io.eventcore.transaction;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Does something once what this thread is doing is committed.
 *
 * @since 0.1
 */
public final class AfterCommit {
    private AfterCommit() {}

    /**
     * Runs an action on this thread when its transaction has committed, or at once if there is none that could. After a
     * rollback the action does not run.
     *
     * @param action must not throw: the commit would look as if it had failed
     */
    public static void run(Runnable action) {
        if (TransactionPhase.current() != TransactionPhase.ACTIVE) {
            action.run();
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                action.run();
            }
        });
    }
}
