package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DelegatingTransactionDefinition;

/**
 * Has a transaction set its isolation by its own first statement, as behind a pooler it must: Spring would set it in the session, before the
 * transaction, which may then come to another session.
 */
final class IsolationInside extends DelegatingTransactionDefinition {
    private static final long serialVersionUID = 1L;

    private final int asked;

    IsolationInside(TransactionDefinition asked) {
        super(asked);
        this.asked = asked.getIsolationLevel();
    }

    /** Nothing that Spring would have to set. */
    @Override
    public int getIsolationLevel() {
        return ISOLATION_DEFAULT;
    }

    /** Sets what was asked for, in a transaction that has begun. */
    void set(Connection connection) throws SQLException {
        String level = switch (asked) {
            case ISOLATION_READ_COMMITTED -> "READ COMMITTED";
            case ISOLATION_REPEATABLE_READ -> "REPEATABLE READ";
            case ISOLATION_SERIALIZABLE -> "SERIALIZABLE";
            default -> "";
        };
        if (!level.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL " + level);
            }
        }
    }

    /** Manages transactions that set their isolation inside. */
    static final class Manager extends JdbcTransactionManager {
        private static final long serialVersionUID = 1L;

        Manager(DataSource dataSource) {
            super(dataSource);
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {
            super.doBegin(transaction, new IsolationInside(definition));
        }

        @Override
        protected void prepareTransactionalConnection(Connection connection, TransactionDefinition definition)
                throws SQLException {
            super.prepareTransactionalConnection(connection, definition);
            ((IsolationInside) definition).set(connection);
        }
    }
}
