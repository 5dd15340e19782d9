package io.eventcore.test.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What was on its way to the database when a connection was lost, and arrives after that. Safe for several threads. */
final class LateCalls {
    private final List<Late> late = new ArrayList<>();

    /** What is done to the database. */
    @FunctionalInterface
    interface Action {
        @Nullable
        Object run() throws Throwable;
    }

    /**
     * Lets a call arrive later.
     *
     * @param connects how many more connections are asked for before it arrives
     */
    void add(Connection connection, Action action, int connects) {
        synchronized (late) {
            late.add(new Late(connection, action, connects));
        }
    }

    /** Carries out what is due when so many more connections are asked for. */
    void finish(int connects) {
        List<Late> due = new ArrayList<>();
        synchronized (late) {
            late.removeIf(call -> call.isDueAfter(connects) && due.add(call));
        }
        due.forEach(Late::finish);
    }

    /** Ends what a lost connection has not committed. */
    static void rollBack(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
            return;
        }
        // A transaction may have been begun by a statement all the same.
        try (Statement statement = connection.createStatement()) {
            statement.execute("ROLLBACK");
        }
    }

    /** A call that the database has yet to carry out, on a connection that its user has closed. */
    private static final class Late {
        private final Connection connection;
        private final Action action;

        /** How many more connections are asked for before it arrives. */
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
                // The caller has its answer already.
                Objects.requireNonNull(refused);
            }
        }
    }
}
