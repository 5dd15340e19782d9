package io.eventcore.jdbc;

import io.eventcore.AppendListener;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.Callback;
import io.eventcore.internal.CallerRetries;
import io.eventcore.internal.OwnThreads;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends appends to the database, each call on a connection of its own: the last stage of an append outside the caller's
 * transaction.
 *
 * <p>After a transient rollback this stage sends the append again, and not an earlier stage: an append that waits for a
 * stream keeps its place meanwhile. Safe for any number of threads.
 */
final class DirectAppends implements GroupCommit.Batches {
    private static final Logger LOG = LoggerFactory.getLogger(DirectAppends.class);

    /** How often an append is sent at most, including the first time, after transient rollbacks. */
    private static final int MAX_ATTEMPTS = 3;

    private final Dialect dialect;
    private final Connections connections;
    private final AppendListener listener;

    DirectAppends(Dialect dialect, Connections connections, AppendListener listener) {
        this.dialect = dialect;
        this.connections = connections;
        this.listener = listener;
    }

    /**
     * Sends one append, which does not wait for the locks of other transactions.
     *
     * @throws io.eventcore.EventStoreException if nothing was stored
     */
    AppendResult append(SerializedAppend append) {
        return send(
                append,
                connection -> dialect.appends()
                        .appendBatch(connection, List.of(append))
                        .get(0));
    }

    /**
     * Sends one append, which waits in the database for the locks of other transactions.
     *
     * @throws io.eventcore.EventStoreException if nothing was stored
     */
    AppendResult appendWaiting(SerializedAppend append) {
        return send(append, connection -> dialect.appends().appendAlone(connection, append));
    }

    private AppendResult send(SerializedAppend append, Connections.Work<AppendResult> way) {
        for (int attempt = 1; ; attempt++) {
            try {
                return connections.ownInReadCommitted(dialect, way);
            } catch (SQLException e) {
                Failure failure = dialect.classify(e);
                if (failure == Failure.CONNECTION_LOST) {
                    return new AppendResult.Unknown(e);
                }
                if (failure == Failure.DUPLICATE) {
                    return findStored(append).orElseThrow(() -> failure.toException("The append", e));
                }
                if (failure != Failure.TRANSIENT || attempt == MAX_ATTEMPTS || CallerRetries.areActive()) {
                    throw failure.toException("The append", e);
                }
                LOG.debug("The append was rolled back and is sent again", OwnThreads.redacted(e));
            }
        }
    }

    @Override
    public List<AppendResult> appendBatch(List<SerializedAppend> appends) {
        try {
            // A single append must not wait either: all that arrive meanwhile would wait behind it.
            List<AppendResult> outcomes = connections.ownInReadCommitted(
                    dialect, connection -> dialect.appends().appendBatch(connection, appends));
            int events =
                    appends.stream().mapToInt(append -> append.entries().size()).sum();
            Callback.APPEND_LISTENER.run(() -> listener.groupDecided(appends.size(), events));
            return outcomes;
        } catch (SQLException e) {
            boolean lost = dialect.classify(e) == Failure.CONNECTION_LOST;
            return forAll(appends, lost ? new AppendResult.Unknown(e) : new AppendResult.RolledBack());
        } catch (EventStoreUnavailableException noConnection) {
            return forAll(appends, new AppendResult.Failed(noConnection));
        } catch (TransientEventStoreException interrupted) {
            // This thread was interrupted while it waited for a connection; that says nothing about the other appends.
            return forAll(appends, new AppendResult.RolledBack());
        } catch (RuntimeException e) {
            return forAll(appends, new AppendResult.Unknown(e));
        }
    }

    private static List<AppendResult> forAll(List<SerializedAppend> appends, AppendResult outcome) {
        return Collections.nCopies(appends.size(), outcome);
    }

    /** The events of an append, if they are stored. */
    Optional<AppendResult> findStored(SerializedAppend append) {
        try {
            return connections.own(connection -> dialect.stored().find(connection, append));
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Looking for the events of an append", e);
        }
    }

    /** How long a session waits for a lock; empty if without limit. */
    Optional<Duration> lockTimeout() {
        return lockTimeout(dialect, connections);
    }

    /** How long a session of these connections waits for a lock; empty if without limit. */
    static Optional<Duration> lockTimeout(Dialect dialect, Connections connections) {
        try {
            long millis = connections.own(dialect.engine().lockTimeouts()::millis);
            return millis == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Asking for the lock time-out", e);
        }
    }
}
