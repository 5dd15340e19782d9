package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.SortedMap;

/** Locks the streams of appends, engine by engine. */
interface StreamLocks {
    /**
     * What an append wants of a stream.
     *
     * @param writes whether it writes events to it, or only relies on its version
     * @param createsRow whether the stream may be absent, so that a row is needed that stands for it and can be locked
     */
    record Claim(boolean writes, boolean createsRow) {
        static Claim of(Participant participant) {
            return new Claim(!participant.isGuard(), participant.expected().isMetBy(StreamVersion.NONE));
        }

        Claim and(Claim other) {
            return new Claim(writes || other.writes, createsRow || other.createsRow);
        }
    }

    /**
     * A stream as this transaction has found it.
     *
     * @param key its key; 0 if there is no row, and none is needed
     * @param version its version; 0 if it does not exist
     * @param busy whether another transaction has locked it, so that nothing is known
     */
    record LockedStream(long key, long version, boolean busy) {
        static final LockedStream ABSENT = new LockedStream(0, 0, false);
        static final LockedStream BUSY = new LockedStream(0, 0, true);

        static LockedStream found(long key, long version) {
            return new LockedStream(key, version, false);
        }
    }

    /**
     * Locks streams in the order given.
     *
     * @param claims the streams, each with what is wanted of it
     * @param waits whether to wait for streams that other transactions have locked, or to call them busy
     */
    Map<StreamId, LockedStream> lock(Connection connection, SortedMap<StreamId, Claim> claims, boolean waits)
            throws SQLException;
}
