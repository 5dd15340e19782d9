package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * How long commits of an H2 file wait before they are in it.
 *
 * @param longest the delay in milliseconds; 0 if there is none
 * @param wasSet whether it was set, by a statement or by the URL, rather than left at the default
 */
record H2WriteDelay(long longest, boolean wasSet) {
    private static final int ADMIN_RIGHTS_REQUIRED = 90040;

    /**
     * By default H2 acknowledges a commit up to half a second before its file receives it. Each time it opens a file it
     * takes the delay from the URL, whatever was set before, so what is set here lasts only as long as the file is open:
     * it is kept open until the process ends.
     *
     * <p>A delay that the URL itself names is set again with every new connection. It cannot be undone, so it is refused.
     */
    static void remove(Connection connection) throws SQLException {
        H2WriteDelay delay = of(connection);
        if (delay.longest == 0) {
            return;
        }
        if (delay.wasSet) {
            throw new EventStoreUnavailableException(
                    "H2's WRITE_DELAY was set to %d ms, so events would be lost when the process is killed: take it out of the URL, and let an administrator run SET WRITE_DELAY 0 if a statement set it"
                            .formatted(delay.longest),
                    null);
        }
        try (Statement set = connection.createStatement()) {
            set.execute("SET WRITE_DELAY 0");
            set.execute("SET DB_CLOSE_DELAY -1");
        } catch (SQLException e) {
            if (e.getErrorCode() != ADMIN_RIGHTS_REQUIRED) {
                throw e;
            }
            throw new EventStoreUnavailableException(
                    "H2 acknowledges commits %d ms before they are in its file, so events would be lost when the process is killed, and this user may not change that: an administrator must have run SET DB_CLOSE_DELAY -1 and SET WRITE_DELAY 0 since the file was opened"
                            .formatted(delay.longest),
                    e);
        }
    }

    private static H2WriteDelay of(Connection connection) throws SQLException {
        // The delay in force, for a file, and the delay once set, if it ever was: two rows of one name.
        try (PreparedStatement query = connection.prepareStatement("""
                        SELECT MAX(CAST(SETTING_VALUE AS BIGINT)), MIN(CAST(SETTING_VALUE AS BIGINT)), COUNT(*)
                        FROM INFORMATION_SCHEMA.SETTINGS
                        WHERE SETTING_NAME = 'WRITE_DELAY'
                        """);
                ResultSet row = query.executeQuery()) {
            row.next();
            return new H2WriteDelay(row.getLong(1), row.getLong(2) > 0 && row.getLong(3) > 1);
        }
    }
}
