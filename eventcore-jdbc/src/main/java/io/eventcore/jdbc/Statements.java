package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What many statements share. */
final class Statements {
    private Statements() {}

    /** What a row of a result holds. */
    @FunctionalInterface
    interface Row<T> {
        T of(ResultSet row) throws SQLException;
    }

    /**
     * Carries out a change.
     *
     * @param values the parameters: texts, integers, longs, booleans
     * @return how many rows the statement has changed; some drivers leave out rows whose values stay the same
     */
    static int update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            bind(update, values);
            return update.executeUpdate();
        }
    }

    /**
     * What all rows of a result hold.
     *
     * @param values the parameters: texts, integers, longs, booleans
     */
    static <T> List<T> list(Connection connection, String sql, Row<T> row, Object... values) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            bind(query, values);
            try (ResultSet rows = query.executeQuery()) {
                List<T> list = new ArrayList<>();
                while (rows.next()) {
                    list.add(row.of(rows));
                }
                return list;
            }
        }
    }

    /** Sets the parameters: texts, integers, longs, booleans. */
    static void bind(PreparedStatement statement, Object... values) throws SQLException {
        int parameter = 0;
        for (Object value : values) {
            parameter++;
            if (value instanceof String text) {
                statement.setString(parameter, text);
            } else if (value instanceof Long number) {
                statement.setLong(parameter, number);
            } else if (value instanceof Integer number) {
                statement.setInt(parameter, number);
            } else if (value instanceof Boolean flag) {
                statement.setBoolean(parameter, flag);
            } else {
                throw new IllegalArgumentException("No parameter of a statement: " + value.getClass());
            }
        }
    }

    /** The single number that a query returns. */
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

    /** A condition that holds if the expression before it is one of this many parameters. */
    static String in(int size) {
        return " IN (?" + ", ?".repeat(size - 1) + ")";
    }

    /** A row of values, repeated for each row. */
    static String values(String row, int rows) {
        return String.join(", ", Collections.nCopies(rows, row));
    }

    static String unionOf(String query, int branches) {
        return String.join(" UNION ALL ", Collections.nCopies(branches, query));
    }
}
