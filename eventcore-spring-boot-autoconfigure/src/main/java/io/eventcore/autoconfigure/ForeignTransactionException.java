package io.eventcore.autoconfigure;

/**
 * A write to one store was refused inside a transaction of another database, because a rollback there would not undo
 * it. Nothing was written.
 *
 * <p>End or suspend that transaction first, for example through its manager with {@code PROPAGATION_NOT_SUPPORTED}; or
 * write after its commit; or write in a {@link io.eventcore.reaction.Reaction} of the first store.
 *
 * @since 0.1
 */
public final class ForeignTransactionException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String store;
    private final String transaction;

    ForeignTransactionException(String store, String transaction) {
        super("Event store '" + store + "' cannot write in a transaction of " + transaction
                + ": the two would not be committed together. Suspend that transaction, or write after its commit");
        this.store = store;
        this.transaction = transaction;
    }

    /** The name of the store that refused the write. */
    public String store() {
        return store;
    }

    /** The owner of this thread's transaction: the stores in that database, or the routing data source. */
    public String transaction() {
        return transaction;
    }
}
