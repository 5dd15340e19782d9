package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.internal.OwnThreads;
import io.eventcore.projection.AppendSignal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifies other processes of committed events with NOTIFY, and listens to theirs, so that projections need not wait
 * for the next poll. PostgreSQL only.
 *
 * <p>Correctness does not depend on it: a projection that misses a notification sees the events at its next poll. A
 * separate thread sends the notification after the commit, on a separate connection, because in the whole server only
 * one transaction that notifies can commit at a time. However many commits there are, one notification is in progress,
 * and one more follows for all commits meanwhile.
 *
 * <p>Listening occupies a connection of the data source permanently: a pool needs one more. It needs a session of its
 * own, so it cannot listen through a pooler; give it a data source that bypasses the pooler. If it loses the
 * connection, it opens a new one.
 *
 * <p>Safe for any number of threads.
 *
 * @since 0.1
 */
public final class PostgreSqlNotifications {
    private static final Logger LOG = LoggerFactory.getLogger(PostgreSqlNotifications.class);

    /** SQLState of a feature that is not supported. */
    private static final String NOT_SUPPORTED = "0A000";

    private static final Duration GAP = Duration.ofMillis(2);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(10);
    private static final Duration STOP_IS_NOTICED_WITHIN = Duration.ofMillis(250);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** A connection on which nothing is sent may be dead without notice. */
    private static final Duration CHECK_EVERY = Duration.ofSeconds(30);

    private final Connections connections;
    private final AppendSignal signal;
    private final String channel;
    private final String self = UUID.randomUUID().toString();
    private final Semaphore news = new Semaphore(0);
    private final Runnable sender = this::remember;
    private final List<Thread> threads = new ArrayList<>();

    private volatile CountDownLatch stopped = new CountDownLatch(0);
    private volatile boolean listening;

    /**
     * Notifications about the store with the default names.
     *
     * @param dataSource the database of the store
     * @param signal receives the commits of this process from the store, and those of other processes from here
     */
    public PostgreSqlNotifications(DataSource dataSource, AppendSignal signal) {
        this(dataSource, TableNames.DEFAULT_PREFIX, signal);
    }

    /**
     * Notifications about a store with names of the caller's choice.
     *
     * @param dataSource the database of the store
     * @param tablePrefix the prefix of the names of its tables
     * @param signal receives the commits of this process from the store, and those of other processes from here
     * @throws IllegalArgumentException if the prefix is not valid
     */
    public PostgreSqlNotifications(DataSource dataSource, String tablePrefix, AppendSignal signal) {
        this.connections = new Connections(Objects.requireNonNull(dataSource, "dataSource"));
        this.channel = new TableNames("", tablePrefix).in("eventcore_appended");
        this.signal = Objects.requireNonNull(signal, "signal");
    }

    /**
     * Whether this can be used: the database is a PostgreSQL, and always the same one.
     *
     * @throws EventStoreUnavailableException if the database cannot be reached
     */
    public boolean isSupported() {
        try {
            return !connections.isRouting()
                    && connections.own(connection -> connection.isWrapperFor(PGConnection.class));
        } catch (SQLException e) {
            throw new EventStoreUnavailableException("The event store's database cannot be used", e);
        }
    }

    /** Sends and listens from now on. Does nothing if it already does. */
    public void start() {
        start(true);
    }

    /** Sends from now on, for a process that runs no projections. Does nothing if it already does. */
    public void startSending() {
        start(false);
    }

    private synchronized void start(boolean alsoListens) {
        if (!threads.isEmpty()) {
            return;
        }
        stopped = new CountDownLatch(1);
        signal.addSender(sender);
        threads.add(OwnThreads.thread(OwnThreads.daemon("eventcore-notify"), "Notifying", this::send));
        if (alsoListens) {
            threads.add(OwnThreads.thread(OwnThreads.daemon("eventcore-listen"), "Listening", this::listen));
        }
        threads.forEach(Thread::start);
    }

    /** Stops sending and listening; when this returns, the connections are back in the pool. */
    public synchronized void stop() {
        signal.removeSender(sender);
        stopped.countDown();
        news.release();
        if (!OwnThreads.join(threads, STOPS_WITHIN)) {
            LOG.warn("Notifications do not stop; the connection they listen on is not returned to the pool");
        }
        threads.clear();
    }

    /** Whether a connection currently listens. */
    public boolean isListening() {
        return listening;
    }

    private void remember() {
        if (news.availablePermits() == 0) {
            news.release();
        }
    }

    /** Code of the user, called when events come, may interrupt this thread for its own purpose. */
    private boolean isStoppedWithin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (true) {
            try {
                return stopped.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                LOG.debug("Interrupted; continuing");
            }
        }
    }

    private void send() {
        boolean troubled = false;
        while (!isStoppedWithin(troubled ? RETRY : GAP)) {
            news.acquireUninterruptibly();
            // The next notification covers all commits from here on.
            news.drainPermits();
            try {
                connections.own(this::notifyOthers);
                troubled = false;
            } catch (Throwable e) {
                if (!troubled) {
                    OwnThreads.tell(() -> LOG.warn(
                            "Other instances cannot be notified of new events; they poll", OwnThreads.redacted(e)));
                }
                troubled = true;
            }
        }
    }

    private boolean notifyOthers(Connection connection) throws SQLException {
        try (PreparedStatement notify = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
            notify.setString(1, channel);
            notify.setString(2, self);
            return notify.execute();
        }
    }

    private void listen() {
        boolean troubled = false;
        while (!isStoppedWithin(troubled ? RETRY : Duration.ZERO)) {
            try {
                connections.own(this::listenOn);
            } catch (Throwable e) {
                if (!troubled || listening) {
                    OwnThreads.tell(() -> LOG.warn(
                            "Cannot listen for notifications of new events; polling until that works again",
                            OwnThreads.redacted(e)));
                }
                troubled = true;
            } finally {
                listening = false;
            }
        }
    }

    private boolean listenOn(Connection connection) throws SQLException {
        if (PostgreSqlPooler.isBetween(connection)) {
            throw new SQLException(
                    "A pooler shares the session with other clients, which would receive the notifications: give"
                            + " PostgreSqlNotifications a data source that bypasses the pooler",
                    NOT_SUPPORTED);
        }
        PGConnection postgres = connection.unwrap(PGConnection.class);
        execute(connection, "LISTEN " + channel);
        try {
            LOG.debug("Listening for new events on channel {}", channel);
            listening = true;
            // For what was committed while this instance did not listen.
            signal.eventsCommittedElsewhere();
            long checkedAt = System.nanoTime();
            while (stopped.getCount() > 0) {
                PGNotification[] heard = postgres.getNotifications((int) STOP_IS_NOTICED_WITHIN.toMillis());
                if (isNews(heard)) {
                    signal.eventsCommittedElsewhere();
                }
                if (System.nanoTime() - checkedAt > CHECK_EVERY.toNanos()) {
                    execute(connection, "SELECT 1");
                    checkedAt = System.nanoTime();
                }
            }
            execute(connection, "UNLISTEN " + channel);
            return true;
        } catch (Throwable e) {
            // A connection that still listens must not return to the pool.
            connection.abort(Runnable::run);
            throw e;
        }
    }

    private boolean isNews(PGNotification[] heard) {
        if (heard != null) {
            for (PGNotification notification : heard) {
                if (!self.equals(notification.getParameter())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
