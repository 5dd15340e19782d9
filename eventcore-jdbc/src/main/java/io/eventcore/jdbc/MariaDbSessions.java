package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether texts arrive as they were sent, in both directions, and answers are complete. Changes by a session would be
 * stored permanently, or make one stream look like another.
 */
final class MariaDbSessions {
    /** What a session may change on the way: quotes, backslashes, letters of one to four bytes, a backslash at the end. */
    private static final String HOSTILE_TEXT = "G\u00e9'\"`%_\u0142\u9375\ud83d\ude00\\0\\";

    /** No setting limits answers to more rows than this without meaning any number. */
    private static final BigDecimal ROWS_ENOUGH = BigDecimal.valueOf(Integer.MAX_VALUE);

    private MariaDbSessions() {}

    /**
     * The sessions of a database.
     *
     * @param beginnings how statements with texts begin that a driver sends in different ways: that of MySQL has the server
     *     prepare, if it may, what it knows for a query or a change, and writes the texts of all others into the statement
     * @param more what else to look at
     */
    static Sessions checked(List<String> beginnings, Sessions.Look more) {
        return new Sessions(
                connection -> {
                    more.at(connection);
                    for (String beginning : beginnings) {
                        checkTexts(connection, beginning);
                    }
                },
                Stream.of("org.mariadb.jdbc.Connection", "com.mysql.cj.jdbc.JdbcConnection")
                        .flatMap(name -> Sessions.driver(name).stream())
                        .toList());
    }

    private static void checkTexts(Connection connection, String beginning) throws SQLException {
        byte[] utf8 = HOSTILE_TEXT.getBytes(StandardCharsets.UTF_8);
        String hex = HexFormat.of().withUpperCase().formatHex(utf8);
        String sql = beginning + "SELECT HEX(CONVERT(? USING utf8mb4)), CONVERT(X'" + hex
                + "' USING utf8mb4), CAST(@@SESSION.sql_select_limit AS CHAR)";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, HOSTILE_TEXT);
            query.execute();
            try (ResultSet row = query.getResultSet()) {
                row.next();
                if (!hex.equals(row.getString(1))
                        || !HOSTILE_TEXT.equals(row.getString(2))
                        || !Arrays.equals(utf8, row.getBytes(2))) {
                    throw new EventStoreUnavailableException(
                            "The session changes texts on their way to the database or back, so events would be stored or read wrongly: the connection's character set must be utf8mb4, and sql_mode must not contain NO_BACKSLASH_ESCAPES unless the driver knows it (look at the URL, the pool's first statement and the server's init_connect)",
                            null);
                }
                if (new BigDecimal(row.getString(3)).compareTo(ROWS_ENOUGH) < 0) {
                    throw new EventStoreUnavailableException(
                            "The session cuts answers after %s rows, so events would be missed: sql_select_limit must not be set"
                                    .formatted(row.getString(3)),
                            null);
                }
            }
        }
    }
}
