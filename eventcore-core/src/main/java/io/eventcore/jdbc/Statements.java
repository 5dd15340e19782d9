package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;

/** What many statements have in common. */
final class Statements {
    private Statements() {}

    /** The one number that a query answers with. */
    static long number(Connection connection, String sql, long ifNull) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql);
                ResultSet row = query.executeQuery()) {
            row.next();
            long value = row.getLong(1);
            return row.wasNull() ? ifNull : value;
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** A condition that holds if the expression before it is one of so many parameters. */
    static String in(int size) {
        return " IN (?" + ", ?".repeat(size - 1) + ")";
    }

    /** A row of values as often as there are rows. */
    static String values(String row, int rows) {
        return String.join(", ", Collections.nCopies(rows, row));
    }

    static String unionOf(String query, int branches) {
        return String.join(" UNION ALL ", Collections.nCopies(branches, query));
    }
}
