package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.jdbc.Connections.Work;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Standbys of the primary. Readers read from them what was settled on the primary, as soon as the standbys have
 * replayed it.
 *
 * <p>A connection leads to one of them, and each may lag by any amount. So the reading transaction asks the standby
 * that answers, in a statement before the others: a statement sees what was replayed before it began, and no function
 * in it shows how far that was. Whatever the standby does not return, for any reason, comes from the primary.
 *
 * <p>A lagging standby is asked again after a moment; a failing one after a pause that doubles, and by one thread only. No
 * thread waits longer than ten seconds for an answer, nor longer for a connection than the data source does.
 *
 * <p>Safe for any number of threads.
 */
final class Replica {
    /** A smaller page is not worth the question that it costs the primary. */
    static final int SMALLEST_PAGE = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

    private static final int LONGEST_SILENCE_MILLIS = 10_000;
    private static final long BEHIND_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long BETWEEN_WARNINGS_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Connections connections;
    private final OwnTransactions transactions;
    private final LogQueries log;
    private final int smallestPage;
    private final LongSupplier nanos;
    private final LongAdder pagesRead = new LongAdder();
    private final LongAdder pagesLeft = new LongAdder();

    /**
     * The last place that a standby has replayed. Readers far behind continue with it while no standby has replayed the
     * newest place.
     */
    private ReplicaPlace replayed = ReplicaPlace.NONE;

    private ReplicaPlace newest = ReplicaPlace.NONE;

    /**
     * The place that the last standby asked has not replayed, and the time until which it is not asked again for that
     * place.
     */
    private ReplicaPlace behind = ReplicaPlace.NONE;

    private long behindUntil;
    private long failedUntil;
    private long pause;

    /** How often the pause has grown: if threads fail together, one of them makes it grow. */
    private int failures;

    private boolean warned;
    private long warnedAt;

    /** Connections that were found to be safe, as long as anybody holds them. */
    private final Set<Connection> safe = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private volatile long logReaches = Long.MAX_VALUE;
    private volatile ReplicaAnswer answer = ReplicaAnswer.NOT_ASKED;

    /**
     * Standbys of this database.
     *
     * @param smallestPage how many events a page must ask for, and the log must have, before a standby is asked
     * @param nanos the time, like {@link System#nanoTime}
     */
    Replica(Connections connections, Dialect dialect, int smallestPage, LongSupplier nanos) {
        this.connections = connections;
        this.transactions = dialect.transactions();
        this.log = dialect.log().ofStandby();
        this.smallestPage = smallestPage;
        this.nanos = nanos;
        this.behindUntil = nanos.getAsLong();
        this.failedUntil = behindUntil;
        this.warnedAt = behindUntil - BETWEEN_WARNINGS_NANOS;
    }

    /** The queries for pages of a standby. */
    LogQueries log() {
        return log;
    }

    /** Whether this many events are worth a question to a standby. */
    boolean isWorthWhile(long events) {
        return events >= smallestPage;
    }

    /** Notes how far the log goes, so that readers at its end ask for no place. */
    void logReaches(long position) {
        logReaches = position;
    }

    /** Notes that a full page ended here: the next read may find as many events again. */
    void logGoesOnAfter(long position) {
        if (!isWorthWhile(logReaches - position)) {
            logReaches = position + smallestPage;
        }
    }

    /** Whether, as far as is known, a read of this many events may find enough to be worth asking a standby. */
    boolean isWorthWhile(long position, int events) {
        return isWorthWhile(events) && isWorthWhile(logReaches - position);
    }

    /** Whether a standby may be asked now: none has failed a moment ago. */
    synchronized boolean mayAnswer() {
        return isOver(failedUntil);
    }

    /**
     * Whether a standby may have an answer for a reader at a position, so that a question to the primary is worth it.
     * If no place beyond the position is known, a newer place is noted only if a standby has replayed the newest one:
     * otherwise readers would only wait longer for it.
     */
    boolean mayAnswer(long position) {
        ReplicaPlace awaited;
        synchronized (this) {
            ReplicaPlace known = placeBeyond(position);
            if (!known.isNone() || newest.equals(replayed)) {
                return isDue(known);
            }
            awaited = newest;
        }
        return read(awaited, connection -> true).isPresent();
    }

    /**
     * A place far enough beyond a position to be worth it; {@link ReplicaPlace#NONE} if none is known. Prefers an older
     * place that a standby has replayed to the newest one.
     */
    synchronized ReplicaPlace placeBeyond(long position) {
        if (isWorthWhile(replayed.mark().position() - position)) {
            return replayed;
        }
        return isWorthWhile(newest.mark().position() - position) ? newest : ReplicaPlace.NONE;
    }

    synchronized void offer(ReplicaPlace place) {
        newest = place;
    }

    /** Forgets all places: they were noted on a different primary, or in a different log. */
    synchronized void forget() {
        newest = ReplicaPlace.NONE;
        replayed = ReplicaPlace.NONE;
    }

    /** Counts a page that began on a standby, or that was worth it but came from the primary. */
    void count(boolean read) {
        (read ? pagesRead : pagesLeft).increment();
    }

    ReplicaStatus status() {
        return new ReplicaStatus(pagesRead.sum(), pagesLeft.sum(), answer);
    }

    /**
     * Reads from a standby that has replayed up to a place.
     *
     * @param work gets a connection on which each statement sees at least that; it may run in vain
     * @return what the work returns; empty if no standby has replayed so far, or the read has failed
     */
    <T> Optional<T> read(ReplicaPlace place, Work<T> work) {
        int failuresBefore;
        synchronized (this) {
            if (!mayBegin(place)) {
                return Optional.empty();
            }
            failuresBefore = failures;
        }
        ReplicaAnswer given;
        Optional<T> result = Optional.empty();
        try {
            Answered<T> answered = connections.own(connection -> {
                Answered<T> told = bounded(connection, () -> answered(connection, place, work));
                if (told.answer.isFailure()) {
                    // A new connection may find a different server, if the URL names several.
                    connection.abort(Runnable::run);
                }
                return told;
            });
            given = answered.answer;
            result = answered.result;
        } catch (SQLException | RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                // The interrupt says nothing about the standby. The primary is asked next, and reports the interrupt to
                // the caller.
                return Optional.empty();
            }
            given = ReplicaAnswer.FAILED;
            tell(given, e);
        }
        end(place, given, failuresBefore);
        return result;
    }

    private record Answered<T>(ReplicaAnswer answer, Optional<T> result) {}

    private <T> Answered<T> answered(Connection connection, ReplicaPlace place, Work<T> work) throws SQLException {
        if (!isSafe(connection)) {
            return new Answered<>(ReplicaAnswer.SHARED_SESSIONS, Optional.empty());
        }
        // In one transaction, so that no pooler sends the statements to different servers; in READ COMMITTED, so that
        // each of them sees what was replayed before it.
        return transactions.run(connection, () -> {
            ReplicaAnswer given = log.replicaAnswer(connection, place);
            if (given == ReplicaAnswer.OTHER_HISTORY) {
                // The standby looked for the event before it looked how far it has come.
                given = log.replicaAnswer(connection, place);
            }
            return given == ReplicaAnswer.REPLAYED
                    ? new Answered<>(given, Optional.of(work.on(connection)))
                    : new Answered<>(given, Optional.empty());
        });
    }

    /**
     * Whether no other client can run the statements of this connection, or find its settings: a pooler may lie before the
     * standby that does not lie before the primary. Asked once for each connection of the driver.
     */
    private boolean isSafe(Connection connection) throws SQLException {
        Connection driver = connection.unwrap(Connection.class);
        if (safe.contains(driver)) {
            return true;
        }
        try {
            log.checkSession(connection);
        } catch (EventStoreUnavailableException sharesSessions) {
            return false;
        }
        safe.add(driver);
        return true;
    }

    /** Ends reads without an answer: a frozen server keeps its connections. */
    private static <T> T bounded(Connection connection, OwnTransactions.Work<T> work) throws SQLException {
        int before = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, LONGEST_SILENCE_MILLIS);
        try {
            return work.run();
        } finally {
            if (!connection.isClosed()) {
                connection.setNetworkTimeout(Runnable::run, before);
            }
        }
    }

    /** Notes that the primary has no place, and asks for none for a while. */
    void noPlace() {
        synchronized (this) {
            failedUntil = nanos.getAsLong() + LONGEST_PAUSE_NANOS;
        }
        answer = ReplicaAnswer.NO_PLACE;
        tell(ReplicaAnswer.NO_PLACE, null);
    }

    private boolean isDue(ReplicaPlace place) {
        return isOver(failedUntil) && (!place.equals(behind) || isOver(behindUntil));
    }

    private boolean mayBegin(ReplicaPlace place) {
        if (!isDue(place)) {
            return false;
        }
        if (pause > 0) {
            // While this thread tries, other threads do not wait for the same standby.
            failedUntil = nanos.getAsLong() + pause;
        }
        return true;
    }

    private void end(ReplicaPlace place, ReplicaAnswer given, int failuresBefore) {
        answer = given;
        boolean failed = given.isFailure();
        synchronized (this) {
            long now = nanos.getAsLong();
            if (!failed) {
                pause = 0;
                failedUntil = now;
            } else if (failures == failuresBefore) {
                failures++;
                pause = Math.min(LONGEST_PAUSE_NANOS, Math.max(FIRST_PAUSE_NANOS, 2 * pause));
                failedUntil = now + pause;
            }
            if (failed && given != ReplicaAnswer.FAILED) {
                // They may be of a primary, or of a timeline, that is gone: the next reader asks for a new one.
                newest = ReplicaPlace.NONE;
                replayed = ReplicaPlace.NONE;
            }
            if (given == ReplicaAnswer.BEHIND) {
                behind = place;
                behindUntil = now + BEHIND_NANOS;
            } else if (given == ReplicaAnswer.REPLAYED && place.equals(newest)) {
                replayed = place;
            }
        }
        if (failed && given != ReplicaAnswer.FAILED) {
            tell(given, null);
        } else if (!failed) {
            tellOfRecovery();
        }
    }

    private boolean isOver(long until) {
        return nanos.getAsLong() - until >= 0;
    }

    private void tell(ReplicaAnswer given, @Nullable Exception e) {
        synchronized (this) {
            if (!isOver(warnedAt + BETWEEN_WARNINGS_NANOS)) {
                return;
            }
            warnedAt = nanos.getAsLong();
            warned = true;
        }
        LOG.warn(
                "The log is read from the primary instead of the replica: {}",
                given.text(),
                e == null ? null : e instanceof SQLException sql ? Failure.redacted(sql) : OwnThreads.redacted(e));
    }

    private void tellOfRecovery() {
        synchronized (this) {
            if (!warned) {
                return;
            }
            warned = false;
        }
        LOG.info("The log is read from the replica again");
    }
}
