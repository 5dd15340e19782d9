package io.eventcore.jdbc;

import java.sql.SQLException;

/**
 * In REPEATABLE READ, and in no other isolation, H2 2.4 finds rows by their keys that the transaction itself has rolled
 * back to a savepoint, and refuses to write them again. No append can be stored in that transaction any more.
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
