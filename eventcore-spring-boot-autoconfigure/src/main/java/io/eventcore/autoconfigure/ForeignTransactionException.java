package io.eventcore.autoconfigure;

/**
 * A store was to write inside a transaction of another database: a rollback there would not take the events along. Nothing
 * was written.
 *
 * <p>End or suspend that transaction first, for example by its manager with {@code PROPAGATION_NOT_SUPPORTED}; or write
 * after its commit; or let a {@link io.eventcore.reaction.Reaction} of the first store do it.
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

    /** The name of the store that was to write. */
    public String store() {
        return store;
    }

    /** Whose transaction this thread is in: the stores in that database, or the data source that chooses among them. */
    public String transaction() {
        return transaction;
    }
}
