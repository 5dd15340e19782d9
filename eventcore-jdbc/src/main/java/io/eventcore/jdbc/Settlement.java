package io.eventcore.jdbc;

import io.eventcore.ExpectedVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Finds out the outcome of an append whose connection was lost, or completes the append. */
final class Settlement {
    private final OwnTransactions transactions;
    private final Appends appends;
    private final StoredAppends stored;
    private final IndexCatalog indexes;
    private final TableNames names;

    Settlement(
            OwnTransactions transactions,
            Appends appends,
            StoredAppends stored,
            IndexCatalog indexes,
            TableNames names) {
        this.transactions = transactions;
        this.appends = appends;
        this.stored = stored;
        this.indexes = indexes;
        this.names = names;
    }

    /**
     * Settles an append of unknown outcome on a connection of its own: waits for the session that may still be at work;
     * then finds the events, or writes them if that makes the old session's attempt fail.
     *
     * @return the outcome; empty if the events are not stored, but the old session may yet come and store them
     */
    Optional<AppendResult> settle(Connection connection, SerializedAppend append) throws SQLException {
        return transactions.run(connection, () -> {
            for (AppendRow row : AppendRow.of(append)) {
                if (row.events() > 0) {
                    appends.lockRow(connection, row.id());
                }
            }
            Optional<AppendResult> found =
                    append.isRefusedTheSecondTime() ? Optional.empty() : stored.find(connection, append);
            if (found.isPresent()
                    || !(append.cannotBeStoredTwice() || indexes.has(connection, names, OptionalIndex.EVENT_ID))) {
                return found;
            }
            AppendResult outcome = appends.appendJoined(connection, append);
            return isFinal(outcome) ? Optional.of(outcome) : Optional.empty();
        });
    }

    /** Whether the lost session would get the same answer, however late it comes: versions never go down. */
    private static boolean isFinal(AppendResult outcome) {
        if (!(outcome instanceof AppendResult.Conflict conflict)) {
            return true;
        }
        // The event that a boundary excludes stays where it is.
        return !(conflict.conflict() instanceof VersionConflictException version)
                || (version.expected() instanceof ExpectedVersion.Exactly exactly
                        && version.actual().value() > exactly.version().value());
    }
}
