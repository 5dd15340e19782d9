package io.eventcore.jdbc;

import io.eventcore.jdbc.LogEnd.Mark;

/**
 * A place in the write-ahead log (WAL) of a server, noted after a mark was settled on that server. A standby that has
 * replayed up to there shows the log of events without a gap up to the mark.
 *
 * @param mark what was settled before the place was noted
 * @param lsn the place in the WAL
 * @param cluster the identifier that a server has in common with its standbys
 * @param timeline the timeline of the place; each promotion begins a new one
 */
record ReplicaPlace(Mark mark, String lsn, long cluster, int timeline) {
    static final ReplicaPlace NONE = new ReplicaPlace(Mark.NONE, "0/0", 0, 0);

    /** Whether nothing was settled before it. */
    boolean isNone() {
        return mark.position() == 0;
    }
}
