package io.eventcore.jdbc;

import io.eventcore.StreamVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.SortedMap;

/** Locks the rows of appends, those of streams and of tags, in the way of each engine. */
interface StreamLocks {
    /**
     * What an append needs of a stream or a tag.
     *
     * @param writes whether the append adds events, or only relies on what has come so far
     * @param createsRow whether the row may be missing, so that one must be created to be locked
     */
    record Claim(boolean writes, boolean createsRow) {
        static Claim of(AppendRow row) {
            return new Claim(row.events() > 0, row.expected().isMetBy(StreamVersion.NONE));
        }

        Claim and(Claim other) {
            return new Claim(writes || other.writes, createsRow || other.createsRow);
        }
    }

    /**
     * A stream or a tag as this transaction found it.
     *
     * @param key its key; 0 if there is no row, and none is needed
     * @param version its version: how many events it has; 0 if it does not exist
     * @param busy whether another transaction has locked it, so that nothing is known about it
     */
    record LockedStream(long key, long version, boolean busy) {
        static final LockedStream ABSENT = new LockedStream(0, 0, false);
        static final LockedStream BUSY = new LockedStream(0, 0, true);

        static LockedStream found(long key, long version) {
            return new LockedStream(key, version, false);
        }
    }

    /**
     * Locks rows in the order given.
     *
     * @param claims the ids of the rows in {@link RowIds#ORDER}, each with what the append needs of it
     * @param waits whether to wait for rows that other transactions have locked, or to report them as busy
     */
    Map<String, LockedStream> lock(Connection connection, SortedMap<String, Claim> claims, boolean waits)
            throws SQLException;
}
