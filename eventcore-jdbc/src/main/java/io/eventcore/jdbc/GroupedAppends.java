package io.eventcore.jdbc;

import io.eventcore.serialization.internal.SerializedAppend;

/**
 * Sends appends together with others if that helps, otherwise alone: the stage before {@link DirectAppends}.
 *
 * <p>Safe for any number of threads.
 */
final class GroupedAppends {
    private final GroupCommit group;
    private final boolean enabled;
    private final DirectAppends direct;

    GroupedAppends(GroupCommitSettings settings, DirectAppends direct) {
        this.group = new GroupCommit(settings.maxEvents(), settings.maxBytes(), direct);
        this.enabled = settings.enabled();
        this.direct = direct;
    }

    /** Whether an append shares a transaction, and so a connection, with those sent at the same time. */
    boolean shares(SerializedAppend append) {
        return enabled && group.accepts(append);
    }

    /**
     * Sends an append, which does not wait for the locks of other transactions.
     *
     * @throws io.eventcore.EventStoreException if nothing was stored
     */
    AppendResult append(SerializedAppend append) {
        AppendResult outcome = shares(append) ? group.submit(append) : new AppendResult.RolledBack();
        if (outcome instanceof AppendResult.Failed failed) {
            throw failed.cause();
        }
        // So that a faulty append fails alone, without the rest of its batch.
        return outcome instanceof AppendResult.RolledBack ? direct.append(append) : outcome;
    }
}
