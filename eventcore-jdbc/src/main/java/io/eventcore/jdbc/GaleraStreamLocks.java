package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A node of a Galera cluster, with its differences from MariaDB: an append without events writes what it relies on. */
final class GaleraStreamLocks extends MariaDbStreamLocks {
    GaleraStreamLocks(TableNames names, MariaDbTransactions transactions) {
        super(names, transactions);
    }

    /** Locks for writing at once: two transactions that share a lock cannot both write the row. */
    @Override
    public Map<String, LockedStream> lock(Connection connection, SortedMap<String, Claim> claims, boolean waits)
            throws SQLException {
        if (claims.values().stream().anyMatch(Claim::writes)) {
            return super.lock(connection, claims, waits);
        }
        SortedMap<String, Claim> written = new TreeMap<>(claims);
        written.replaceAll((id, claim) -> new Claim(true, claim.createsRow()));
        return super.lock(connection, written, waits);
    }
}
