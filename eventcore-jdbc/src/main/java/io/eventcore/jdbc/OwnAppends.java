package io.eventcore.jdbc;

import io.eventcore.AppendListener;
import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends outside of any transaction of the caller, and settles those whose connection was lost at the commit.
 *
 * <p>The first of four stages, each of which knows only the next. This one settles, {@link BusyStreams} waits for
 * streams that other transactions have locked, {@link GroupedAppends} sends appends together, {@link DirectAppends}
 * sends them to the database, and again after a transient rollback.
 */
final class OwnAppends {
    private static final Logger LOG = LoggerFactory.getLogger(OwnAppends.class);

    /** The pauses before the attempts to settle an unknown outcome. The database may be restarting. */
    static final long[] SETTLE_AFTER_MILLIS = {0, 100, 500, 1_500};

    private final Dialect dialect;
    private final Connections connections;
    private final ConnectionShare share;
    private final Pause pause;
    private final DirectAppends direct;
    private final BusyStreams next;

    OwnAppends(
            Dialect dialect,
            Connections connections,
            ConnectionShare share,
            GroupCommitSettings settings,
            Pause pause,
            AppendListener listener) {
        this.dialect = dialect;
        this.connections = connections;
        this.share = share;
        this.pause = pause;
        this.direct = new DirectAppends(dialect, connections, listener);
        this.next = new BusyStreams(share, !connections.isRouting(), new GroupedAppends(settings, direct), direct);
    }

    /** Spends the time between two attempts to settle. */
    @FunctionalInterface
    interface Pause {
        /** Waits. */
        void of(long millis) throws InterruptedException;
    }

    /**
     * Appends and commits.
     *
     * @return that the append is written, was found, or is refused because of a conflict
     * @throws EventStoreException if nothing was stored, or the outcome cannot be settled
     */
    AppendResult append(SerializedAppend append) {
        AppendResult outcome = next.append(append);
        return outcome instanceof AppendResult.Unknown unknown ? settle(append, unknown.cause()) : outcome;
    }

    /** The events of an append, if they are stored. */
    Optional<AppendResult> findStored(SerializedAppend append) {
        return direct.findStored(append);
    }

    /**
     * Finds out the outcome of an append whose connection was lost, or completes it.
     *
     * <p>If this finds nothing, the events may still come: the old session may be at work, or may not even have begun.
     * So the dialect first locks the streams, which waits for that session, and then sends the same append again:
     * either it finds the events, or it writes them now and the old session's attempt fails. If no version would refuse
     * that attempt, the dialect sends nothing; then only finding the events settles the outcome.
     */
    private AppendResult settle(SerializedAppend append, Exception cause) {
        LOG.warn("The connection was lost during the commit of an append; finding out its outcome");
        List<Exception> failures = new ArrayList<>();
        for (long delay : SETTLE_AFTER_MILLIS) {
            try {
                pause.of(delay);
                Optional<AppendResult> settled = settleOnce(append);
                if (settled.isPresent()) {
                    return settled.get();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            } catch (SQLException e) {
                failures.add(dialect.classify(e).toException("Settling an append", e));
            } catch (EventStoreException e) {
                failures.add(e);
            }
        }
        // Not added to the cause, which all members of a batch share.
        AppendOutcomeUnknownException unknown = new AppendOutcomeUnknownException(append.writes(), cause);
        failures.forEach(unknown::addSuppressed);
        throw unknown;
    }

    private Optional<AppendResult> settleOnce(SerializedAppend append) throws InterruptedException, SQLException {
        share.beginSettling();
        try {
            return connections.own(connection -> dialect.settlement().settle(connection, append));
        } finally {
            share.endSettling();
        }
    }
}
