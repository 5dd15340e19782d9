package io.eventcore.jdbc;

import io.eventcore.AppendListener;
import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.internal.Callback;
import io.eventcore.internal.CallerRetries;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.GroupCommit.Answer;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends outside of any transaction of the caller: together with others where that helps, repeated where nothing was
 * stored, and settled where the connection was lost at the commit.
 */
final class OwnAppends {
    private static final Logger LOG = LoggerFactory.getLogger(OwnAppends.class);

    /** How often an append is sent at most, the first time included, if it was rolled back in passing. */
    private static final int MAX_ATTEMPTS = 3;

    /** How long to wait before each attempt to settle an unknown outcome. The database may be restarting. */
    static final long[] SETTLE_AFTER_MILLIS = {0, 100, 500, 1_500};

    private final Dialect dialect;
    private final Connections connections;
    private final GroupCommit group;
    private final boolean grouping;
    private final Pause pause;
    private final AppendListener listener;

    private final ConnectionShare share;
    private final BusyStreams busy;

    OwnAppends(
            Dialect dialect,
            Connections connections,
            ConnectionShare share,
            GroupCommitSettings settings,
            Pause pause,
            AppendListener listener) {
        this.pause = pause;
        this.listener = listener;
        this.dialect = dialect;
        this.connections = connections;
        this.share = share;
        this.busy = new BusyStreams(share, !connections.isRouting());
        this.grouping = settings.enabled();
        this.group = new GroupCommit(settings.maxEvents(), settings.maxBytes(), this::runBatch);
    }

    /** How the time between two attempts to settle is spent. */
    @FunctionalInterface
    interface Pause {
        /** Waits. */
        void of(long millis) throws InterruptedException;
    }

    AppendOutcome append(SerializedAppend append) {
        // Whoever asks again only finds out that the stream is busy.
        Optional<StreamId> awaited = busy.awaited(append);
        AppendOutcome outcome = awaited.isPresent() ? new AppendOutcome.Busy(awaited) : appendWithoutWaiting(append);
        return outcome instanceof AppendOutcome.Busy found ? busy.await(found, new Waiting(append)) : outcome;
    }

    /** An append that waits for a stream. */
    private final class Waiting implements BusyStreams.Attempts {
        private final SerializedAppend append;

        Waiting(SerializedAppend append) {
            this.append = append;
        }

        @Override
        public AppendOutcome waiting() {
            return send(append, connection -> dialect.appends().appendAlone(connection, append));
        }

        @Override
        public AppendOutcome looking() throws InterruptedException {
            // Those who look together share a batch, and so a connection.
            return isGrouped(append)
                    ? appendInGroup(append)
                    : share.look(() -> appendAtOnce(append), AppendOutcome.Busy.class::isInstance);
        }

        @Override
        public Optional<Duration> patience() {
            return lockTimeout(dialect, connections);
        }
    }

    /** How long a session of these connections waits for a lock; empty if for ever. */
    static Optional<Duration> lockTimeout(Dialect dialect, Connections connections) {
        try {
            long millis = connections.own(dialect.engine().lockTimeouts()::millis);
            return millis == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Asking for the lock time-out", e);
        }
    }

    private boolean isGrouped(SerializedAppend append) {
        return grouping && group.accepts(append);
    }

    private AppendOutcome appendWithoutWaiting(SerializedAppend append) {
        return isGrouped(append) ? appendInGroup(append) : appendAtOnce(append);
    }

    private AppendOutcome appendInGroup(SerializedAppend append) {
        Answer answer = group.submit(append);
        if (answer instanceof Answer.Decided decided) {
            return decided.outcome();
        }
        if (answer instanceof Answer.Unknown unknown) {
            return settle(append, unknown.cause());
        }
        if (answer instanceof Answer.Failed failed) {
            throw failed.cause();
        }
        return appendAtOnce(append);
    }

    private List<Answer> runBatch(List<SerializedAppend> appends) {
        try {
            // One that is alone must not wait either: all who come meanwhile would wait behind it.
            List<AppendOutcome> outcomes = connections.ownInReadCommitted(
                    dialect, connection -> dialect.appends().appendBatch(connection, appends));
            List<Answer> answers = new ArrayList<>(outcomes.size());
            outcomes.forEach(outcome -> answers.add(new Answer.Decided(outcome)));
            int events =
                    appends.stream().mapToInt(append -> append.entries().size()).sum();
            Callback.APPEND_LISTENER.run(() -> listener.groupDecided(appends.size(), events));
            return answers;
        } catch (SQLException e) {
            boolean lost = dialect.classify(e) == Failure.CONNECTION_LOST;
            return forAll(appends, lost ? new Answer.Unknown(e) : new Answer.TryAlone());
        } catch (EventStoreUnavailableException noConnection) {
            return forAll(appends, new Answer.Failed(noConnection));
        } catch (TransientEventStoreException interrupted) {
            // That this thread was interrupted while it waited for a connection is no news of the others.
            return forAll(appends, new Answer.TryAlone());
        } catch (RuntimeException e) {
            return forAll(appends, new Answer.Unknown(e));
        }
    }

    private static List<Answer> forAll(List<SerializedAppend> appends, Answer answer) {
        return Collections.nCopies(appends.size(), answer);
    }

    /** Does not wait for what other transactions have locked. */
    private AppendOutcome appendAtOnce(SerializedAppend append) {
        return send(
                append,
                connection -> dialect.appends()
                        .appendBatch(connection, List.of(append))
                        .get(0));
    }

    private AppendOutcome send(SerializedAppend append, Connections.Work<AppendOutcome> way) {
        for (int attempt = 1; ; attempt++) {
            try {
                return connections.ownInReadCommitted(dialect, way);
            } catch (SQLException e) {
                Failure failure = dialect.classify(e);
                if (failure == Failure.CONNECTION_LOST) {
                    return settle(append, e);
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

    /** The events of an append, if they are stored. */
    Optional<AppendOutcome> findStored(SerializedAppend append) {
        try {
            return connections.own(connection -> dialect.stored().find(connection, append));
        } catch (SQLException e) {
            throw dialect.classify(e).toException("Looking for the events of an append", e);
        }
    }

    /**
     * Finds out how an append ended whose connection was lost, or ends it.
     *
     * <p>That nothing is found does not mean that nothing will be: the old session may still be at work, or may not even
     * have begun. The dialect therefore locks the streams first, which waits for that session, and then sends the same
     * append again: either its events are found, or they are written now and the old session's attempt fails. Where no
     * version would refuse that attempt, nothing is sent; only finding the events settles it then.
     */
    private AppendOutcome settle(SerializedAppend append, Exception cause) {
        LOG.warn("The connection was lost while an append was committed; finding out how it ended");
        List<Exception> failures = new ArrayList<>();
        for (long delay : SETTLE_AFTER_MILLIS) {
            try {
                pause.of(delay);
                Optional<AppendOutcome> settled = settleOnce(append);
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
        // Not to the cause, which the members of a batch have in common.
        AppendOutcomeUnknownException unknown = new AppendOutcomeUnknownException(append.writes(), cause);
        failures.forEach(unknown::addSuppressed);
        throw unknown;
    }

    private Optional<AppendOutcome> settleOnce(SerializedAppend append) throws InterruptedException, SQLException {
        share.beginSettling();
        try {
            return connections.own(connection -> dialect.settlement().settle(connection, append));
        } finally {
            share.endSettling();
        }
    }
}
