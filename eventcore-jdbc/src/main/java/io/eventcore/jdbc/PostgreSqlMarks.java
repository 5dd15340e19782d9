package io.eventcore.jdbc;

import io.eventcore.EventStreamSlice;
import io.eventcore.command.CommandId;
import io.eventcore.serialization.internal.SerializedAppend;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.springframework.util.ClassUtils;

/**
 * PostgreSQL accepts no more statements after one has failed: the transaction itself shows whether it is still the
 * same.
 */
final class PostgreSqlMarks implements TransactionMarks {
    private static final boolean DRIVER_KNOWS_STATE =
            ClassUtils.isPresent("org.postgresql.core.BaseConnection", PostgreSqlMarks.class.getClassLoader());

    private static final Optional<TransactionMark> TAKES_STATEMENTS =
            Optional.of(new TransactionMark(TransactionMark.Kind.STATE, PostgreSqlMarks::takesStatements));

    @Override
    public Optional<TransactionMark> of(SerializedAppend append, EventStreamSlice slice) {
        return TAKES_STATEMENTS;
    }

    @Override
    public Optional<TransactionMark> of(CommandId id) {
        return TAKES_STATEMENTS;
    }

    /**
     * The driver knows this, so no transaction of a caller needs an extra statement; with a different driver, this has
     * to ask.
     */
    private static boolean takesStatements(Connection connection) throws SQLException {
        if (DRIVER_KNOWS_STATE && connection.isWrapperFor(BaseConnection.class)) {
            return connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.FAILED;
        }
        try (Statement statement = connection.createStatement()) {
            return statement.execute("SELECT 1");
        } catch (SQLException e) {
            if (SqlErrors.IN_FAILED_TRANSACTION.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }
}
