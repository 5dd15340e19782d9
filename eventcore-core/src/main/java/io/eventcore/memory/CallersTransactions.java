package io.eventcore.memory;

import org.jspecify.annotations.Nullable;

/** Finds the buffer of the transaction that the calling thread is in. */
interface CallersTransactions {
    /** The buffer, made on first use; null outside of a transaction. */
    @Nullable
    TransactionBuffer buffer();

    /** Whether there is a transaction to join. */
    boolean isActive();

    /** Whether the transaction to join may only read. */
    boolean isReadOnly();

    /** What holds where Spring's transactions are not on the class path: there is never one. */
    static CallersTransactions none() {
        return new CallersTransactions() {
            @Override
            public @Nullable TransactionBuffer buffer() {
                return null;
            }

            @Override
            public boolean isActive() {
                return false;
            }

            @Override
            public boolean isReadOnly() {
                return false;
            }
        };
    }
}
