package io.eventcore.jdbc;

import io.eventcore.jdbc.StreamLocks.LockedStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The differences between MySQL and MariaDB. */
final class MySqlStreamLocks extends MariaDbStreamLocks {
    MySqlStreamLocks(TableNames names, MariaDbTransactions transactions) {
        super(names, transactions);
    }

    @Override
    String shared() {
        return " FOR SHARE";
    }

    @Override
    Map<String, LockedStream> create(Connection connection, String id) throws SQLException {
        return createAndSelect(connection, List.of(id));
    }

    /**
     * On MySQL no INSERT fails at once, so a locking read first checks whether another transaction is creating a row.
     * This waits only for a transaction that begins between the two statements.
     */
    @Override
    Map<String, LockedStream> createAtOnce(Connection connection, Collection<String> ids) throws SQLException {
        select(connection, ids, " FOR UPDATE NOWAIT");
        return createAndSelect(connection, ids);
    }

    /** On MySQL an INSERT returns no rows. */
    private Map<String, LockedStream> createAndSelect(Connection connection, Collection<String> ids)
            throws SQLException {
        for (List<String> part : parts(ids)) {
            try (PreparedStatement insert = connection.prepareStatement(insertStreams(part.size()))) {
                bindIds(insert, part);
                insert.executeUpdate();
            }
        }
        return select(connection, ids, " FOR UPDATE");
    }
}
