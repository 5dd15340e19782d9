package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Checks every session of the database once, before its first use: settings of a URL, a pool or a first statement may
 * change texts on their way, or cut answers.
 *
 * <p>The driver's connection identifies a session, whatever pool or proxy it comes through. If a pool hides the
 * driver's connection, each connection that it hands out looks like a new session.
 *
 * <p>Safe for any number of threads.
 */
final class Sessions {
    /** Checks nothing, for an engine whose sessions cannot be set up wrongly. */
    static final Sessions TRUSTED = new Sessions(connection -> {}, List.of());

    /** More sessions than a pool has. If a pool hides its sessions, some of them are checked again. */
    private static final int MAX_REMEMBERED = 10_000;

    private final Look look;
    private final List<Class<? extends Connection>> drivers;
    private final Set<Connection> seen = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** Checks a session; throws if it cannot be used. */
    @FunctionalInterface
    interface Look {
        void at(Connection connection) throws SQLException;
    }

    /**
     * Sessions of a database.
     *
     * @param drivers the classes of its drivers' connections
     */
    Sessions(Look look, List<Class<? extends Connection>> drivers) {
        this.look = look;
        this.drivers = List.copyOf(drivers);
    }

    /** The class of a driver's connections; empty if the driver is missing. */
    static Optional<Class<? extends Connection>> driver(String connection) {
        try {
            return Optional.of(Class.forName(connection, false, Sessions.class.getClassLoader())
                    .asSubclass(Connection.class));
        } catch (ClassNotFoundException absent) {
            return Optional.empty();
        }
    }

    /** Checks the session of a connection, unless it has been checked before. */
    void check(Connection connection) throws SQLException {
        if (this == TRUSTED) {
            return;
        }
        Connection session = session(connection);
        if (!seen.contains(session)) {
            look.at(connection);
            if (seen.size() >= MAX_REMEMBERED) {
                seen.clear();
            }
            seen.add(session);
        }
    }

    private Connection session(Connection connection) throws SQLException {
        for (Class<? extends Connection> driver : drivers) {
            if (connection.isWrapperFor(driver)) {
                return connection.unwrap(driver);
            }
        }
        return connection.isWrapperFor(Connection.class) ? connection.unwrap(Connection.class) : connection;
    }
}
