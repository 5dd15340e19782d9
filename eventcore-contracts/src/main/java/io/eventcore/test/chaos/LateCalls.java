package io.eventcore.test.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Calls that were on their way to the database when a connection was lost, and that arrive later. Safe for several
 * threads.
 */
final class LateCalls {
    private final List<Late> late = new ArrayList<>();

    /** What a call does to the database. */
    @FunctionalInterface
    interface Action {
        @Nullable
        Object run() throws Throwable;
    }

    /**
     * Lets a call arrive later.
     *
     * @param connects how many more requests for a connection come before the call arrives
     */
    void add(Connection connection, Action action, int connects) {
        synchronized (late) {
            late.add(new Late(connection, action, connects));
        }
    }

    /** Carries out the calls that are due after this many more requests for a connection. */
    void finish(int connects) {
        List<Late> due = new ArrayList<>();
        synchronized (late) {
            late.removeIf(call -> call.isDueAfter(connects) && due.add(call));
        }
        due.forEach(Late::finish);
    }

    /** Rolls back what a lost connection has not committed. */
    static void rollBack(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
            return;
        }
        // A statement may have begun a transaction all the same.
        try (Statement statement = connection.createStatement()) {
            statement.execute("ROLLBACK");
        }
    }

    /** A call that the database has yet to carry out, on a connection that its user has closed. */
    private static final class Late {
        private final Connection connection;
        private final Action action;

        /** How many more requests for a connection come before the call arrives. */
        private int connectsLeft;

        Late(Connection connection, Action action, int connectsLeft) {
            this.connection = connection;
            this.action = action;
            this.connectsLeft = connectsLeft;
        }

        boolean isDueAfter(int connects) {
            connectsLeft -= connects;
            return connectsLeft <= 0;
        }

        void finish() {
            try (connection) {
                action.run();
                rollBack(connection);
            } catch (Throwable refused) {
                // The caller already has its answer.
                Objects.requireNonNull(refused);
            }
        }
    }
}
