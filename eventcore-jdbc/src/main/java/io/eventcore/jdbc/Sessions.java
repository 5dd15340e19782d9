package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Looks once at every session of the database before anything is done in it: what a URL, a pool or a first statement has
 * set there may change texts on their way, or cut answers.
 *
 * <p>A session is told by the driver's connection, whatever pool or proxy it comes through. A pool that hides it makes each
 * connection that it hands out look like a new one.
 *
 * <p>Safe for any number of threads.
 */
final class Sessions {
    /** Looks at nothing, for an engine whose sessions cannot be set up wrongly. */
    static final Sessions TRUSTED = new Sessions(connection -> {}, List.of());

    /** More sessions than a pool has. If a pool hides them, some are looked at again. */
    private static final int MAX_REMEMBERED = 10_000;

    private final Look look;
    private final List<Class<? extends Connection>> drivers;
    private final Set<Connection> seen = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** A look at a session, which throws if it cannot be used. */
    @FunctionalInterface
    interface Look {
        void at(Connection connection) throws SQLException;
    }

    /**
     * Sessions of a database.
     *
     * @param drivers what connections of its drivers are
     */
    Sessions(Look look, List<Class<? extends Connection>> drivers) {
        this.look = look;
        this.drivers = List.copyOf(drivers);
    }

    /** The class of a driver's connections; empty if the driver is not there. */
    static Optional<Class<? extends Connection>> driver(String connection) {
        try {
            return Optional.of(Class.forName(connection, false, Sessions.class.getClassLoader())
                    .asSubclass(Connection.class));
        } catch (ClassNotFoundException absent) {
            return Optional.empty();
        }
    }

    /** Looks at the session of a connection unless it has been looked at. */
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
