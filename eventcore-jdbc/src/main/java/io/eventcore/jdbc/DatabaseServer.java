package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A database server, as it describes itself.
 *
 * @param product its name
 * @param version its version, with any words that the vendor adds
 */
record DatabaseServer(String product, String version) {
    private static final String SUPPORTED = "PostgreSQL 14, MariaDB 10.6, MySQL 8.0.29 and H2 2.2, and later ones";

    /**
     * What YugabyteDB and TiDB add to the version of the server that they imitate. CockroachDB reports PostgreSQL 13.
     */
    private static final Pattern DISTRIBUTED = Pattern.compile("-YB-|-TiDB-");

    private static final Pattern NUMBERS = Pattern.compile("(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?");

    static DatabaseServer of(Connection connection) throws SQLException {
        DatabaseMetaData server = connection.getMetaData();
        return new DatabaseServer(server.getDatabaseProductName(), server.getDatabaseProductVersion());
    }

    /**
     * Refuses an older server, and a distributed server that only speaks the same protocol: its locks and sequences
     * promise less than the order of the log needs.
     *
     * @throws UnsupportedDatabaseException if the server is older, is a different product, or does not report its
     *     version
     */
    void atLeast(String needed) {
        if (DISTRIBUTED.matcher(version).find()) {
            throw unknown();
        }
        long[] found = numbers(version);
        long[] least = numbers(needed);
        for (int i = 0; i < found.length; i++) {
            if (found[i] > least[i]) {
                return;
            }
            if (found[i] < least[i]) {
                throw new UnsupportedDatabaseException(
                        product,
                        "The event store needs %s %s or later; this is %s %s"
                                .formatted(product, needed, product, version));
            }
        }
    }

    UnsupportedDatabaseException unknown() {
        return new UnsupportedDatabaseException(
                product,
                "The event store does not know the database %s %s; it knows %s".formatted(product, version, SUPPORTED));
    }

    private static long[] numbers(String version) {
        Matcher matcher = NUMBERS.matcher(version);
        long[] numbers = new long[3];
        if (matcher.lookingAt()) {
            for (int i = 0; i < numbers.length; i++) {
                String group = matcher.group(i + 1);
                numbers[i] = group == null ? 0 : Long.parseLong(group);
            }
        }
        return numbers;
    }
}
