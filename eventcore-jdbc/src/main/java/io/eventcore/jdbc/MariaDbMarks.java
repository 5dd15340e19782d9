package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** MariaDB and MySQL also mark a transaction that has written nothing yet. */
final class MariaDbMarks extends RowMarks {
    private static final int NO_SUCH_SAVEPOINT = 1305;

    private static final String MARK = "eventcore_mark";

    MariaDbMarks(TableNames names, Appends appends) {
        super(names, SqlExpressions.MARIADB, SqlTypes.MARIADB, appends);
    }

    /** A savepoint: a rollback of the whole transaction takes it away. */
    @Override
    public Optional<TransactionMark> ofBeginning(Connection connection) throws SQLException {
        Statements.execute(connection, "SAVEPOINT " + MARK);
        return Optional.of(new TransactionMark(TransactionMark.Kind.BEGINNING, marked -> {
            try {
                Statements.execute(marked, "RELEASE SAVEPOINT " + MARK);
                return true;
            } catch (SQLException e) {
                if (e.getErrorCode() == NO_SUCH_SAVEPOINT) {
                    return false;
                }
                throw e;
            }
        }));
    }
}
