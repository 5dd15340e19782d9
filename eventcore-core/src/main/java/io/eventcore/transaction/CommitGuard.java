package io.eventcore.transaction;

/**
 * A synchronization that may refuse the commit of its transaction, just before the commit is sent.
 *
 * <p>For stores. {@link TransactionPhase#listener()} calls every guard that is registered with the transaction, after
 * all callbacks before the commit have run.
 *
 * @since 0.1
 */
public interface CommitGuard {
    /**
     * Returns if the transaction may commit.
     *
     * @throws RuntimeException if it must not commit; not a {@code TransactionException}, after which Spring would not
     *     roll back
     */
    void checkCommit();
}
