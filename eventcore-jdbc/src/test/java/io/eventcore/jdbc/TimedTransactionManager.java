package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.springframework.jdbc.datasource.JdbcTransactionObjectSupport;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;

/** Where a transaction has a time-out, its waits for locks end too, on engines that do not end them with the statement. */
final class TimedTransactionManager extends JdbcTransactionManager {
    private static final long serialVersionUID = 1L;

    private final transient TestDatabase database;

    TimedTransactionManager(TestDatabase database) {
        super(database.dataSource());
        this.database = database;
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {
        super.doBegin(transaction, database.begun(definition));
    }

    @Override
    protected void prepareTransactionalConnection(Connection connection, TransactionDefinition definition)
            throws SQLException {
        super.prepareTransactionalConnection(connection, definition);
        if (definition instanceof IsolationInside inside) {
            inside.set(connection);
        }
        if (definition.getTimeout() != TransactionDefinition.TIMEOUT_DEFAULT) {
            execute(connection, database.impatience());
        }
    }

    @Override
    protected void doCleanupAfterCompletion(Object transaction) {
        try {
            execute(
                    ((JdbcTransactionObjectSupport) transaction)
                            .getConnectionHolder()
                            .getConnection(),
                    database.patience());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            super.doCleanupAfterCompletion(transaction);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
