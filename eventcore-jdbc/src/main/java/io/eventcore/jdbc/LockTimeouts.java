package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** How long a session waits for a lock. */
enum LockTimeouts {
    POSTGRESQL {
        @Override
        long millis(Connection connection) throws SQLException {
            return Statements.number(
                    connection,
                    "SELECT min(setting::bigint) FROM pg_settings"
                            + " WHERE name IN ('lock_timeout', 'statement_timeout') AND setting <> '0'",
                    0);
        }

        @Override
        Restore shorten(Connection connection) throws SQLException {
            try (Statement set = connection.createStatement()) {
                set.execute("SET LOCAL lock_timeout = '20ms'");
            }
            return () -> {};
        }
    },

    H2 {
        @Override
        long millis(Connection connection) throws SQLException {
            return Statements.number(connection, "SELECT LOCK_TIMEOUT()", 0);
        }

        @Override
        Restore shorten(Connection connection) throws SQLException {
            return setH2(connection, 20);
        }
    },

    MARIADB {
        @Override
        Restore shorten(Connection connection) throws SQLException {
            return setMariaDb(connection, 0);
        }
    },

    MYSQL {
        /** One second is the minimum here. */
        @Override
        Restore shorten(Connection connection) throws SQLException {
            return setMariaDb(connection, 1);
        }
    };

    /** Restores the time-out that a session had before. */
    @FunctionalInterface
    interface Restore {
        void restore() throws SQLException;
    }

    /** How long this session waits for a lock, in milliseconds; 0 if without limit. */
    long millis(Connection connection) throws SQLException {
        return 1_000 * Statements.number(connection, "SELECT @@innodb_lock_wait_timeout", 0);
    }

    /**
     * Lets a transaction of our own wait only a moment for the locks of other transactions.
     *
     * @return restores the previous time-out, unless the end of the transaction does
     */
    abstract Restore shorten(Connection connection) throws SQLException;

    /** Sets how long a session of H2 waits, in milliseconds. */
    static Restore setH2(Connection connection, long millis) throws SQLException {
        long before = H2.millis(connection);
        Statements.execute(connection, "SET LOCK_TIMEOUT " + millis);
        return () -> Statements.execute(connection, "SET LOCK_TIMEOUT " + before);
    }

    private static Restore setMariaDb(Connection connection, long seconds) throws SQLException {
        long before = Statements.number(connection, "SELECT @@innodb_lock_wait_timeout", 0);
        Statements.execute(connection, "SET SESSION innodb_lock_wait_timeout = " + seconds);
        return () -> Statements.execute(connection, "SET SESSION innodb_lock_wait_timeout = " + before);
    }
}
