package io.eventcore.jdbc;

import java.sql.SQLException;

/**
 * In REPEATABLE READ only, H2 2.4 still finds by their keys rows that the transaction itself has rolled back to a
 * savepoint, and refuses to write them again. After that, the transaction can store no append.
 */
final class RowsTakenBackException extends SQLException {
    static final String PROBLEM =
            "H2 has refused the append for its keys. In REPEATABLE READ it does so after a rollback to a savepoint that"
                    + " has taken an append back: use READ COMMITTED or SERIALIZABLE for this transaction";

    private static final long serialVersionUID = 1L;

    RowsTakenBackException(SQLException duplicate) {
        super(PROBLEM, duplicate.getSQLState(), duplicate.getErrorCode(), duplicate);
    }
}
