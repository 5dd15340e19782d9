package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an interrupt does to the file of an H2 database. The JDK closes a {@code FileChannel} when a thread that uses it
 * is interrupted. H2 then closes the database for all users, until the process is restarted. The {@code async:} file
 * system of H2 uses another kind of channel.
 */
final class H2Interrupts {
    private static final Logger LOG = LoggerFactory.getLogger(H2Interrupts.class);

    private H2Interrupts() {}

    /** Warns, and says what to do, if the database is a file that an interrupt would close. */
    static void warn(Connection connection) throws SQLException {
        if (closeTheDatabase(connection)) {
            LOG.warn(
                    "An interrupt of a thread that uses H2 closes the file of the database until the application is started again."
                            + " Put async: before the path in the URL, as in jdbc:h2:file:async:./data");
        }
    }

    static boolean closeTheDatabase(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT DATABASE_PATH()");
                ResultSet row = query.executeQuery()) {
            row.next();
            String path = row.getString(1);
            return path != null && Stream.of("async:", "retry:").noneMatch(path::contains);
        }
    }
}
