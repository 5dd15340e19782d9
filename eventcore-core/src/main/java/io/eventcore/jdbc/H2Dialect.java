package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;

/** H2, embedded or in memory. */
final class H2Dialect extends StatementDialect {
    /** Lock time-out, concurrent update, statement cancelled. */
    private static final Set<Integer> TRANSIENT = Set.of(50200, 90131, 57014);

    /** Connection broken, database closed by somebody else. */
    private static final Set<Integer> CONNECTION_LOST = Set.of(90067, 90098, 90121);

    private final String takePositions;

    H2Dialect(TableNames names) {
        super(names);
        this.takePositions = names.in("""
                SELECT position FROM FINAL TABLE (
                    UPDATE eventcore_position SET position = position + ? WHERE id = 1
                )
                """);
    }

    @Override
    String schemaScript() {
        return "schema-h2.sql";
    }

    @Override
    Failure classify(SQLException e) {
        if (TRANSIENT.contains(e.getErrorCode())) {
            return Failure.TRANSIENT;
        }
        return CONNECTION_LOST.contains(e.getErrorCode())
                ? Failure.CONNECTION_LOST
                : Failure.bySqlState(String.valueOf(e.getSQLState()));
    }

    @Override
    long takePositions(Connection connection, int count) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(takePositions)) {
            update.setInt(1, count);
            try (ResultSet row = update.executeQuery()) {
                row.next();
                return row.getLong(1) - count;
            }
        }
    }

    /** H2 compares texts by their UTF-16 form. */
    @Override
    String inByteOrder(String expression) {
        return "STRINGTOUTF8(" + expression + ")";
    }

    @Override
    String matchesRegex(String expression) {
        return "REGEXP_LIKE(" + expression + ", ?)";
    }
}
