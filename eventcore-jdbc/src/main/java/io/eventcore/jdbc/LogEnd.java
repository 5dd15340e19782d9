package io.eventcore.jdbc;

import java.util.UUID;

/**
 * How far the log goes at one moment, for a reader that has reached a position and knows a mark.
 *
 * @param drawn the last position given to an append, committed or not; 0 if there was none. Not durable: a server that
 *     crashes hands out again the positions that only rolled-back appends have drawn
 * @param reachesReader whether an event is committed at the reader's position or beyond it, or the reader is at the start
 * @param holdsMark whether this server set the mark and the event of the mark is there, so that the log is still the
 *     same
 * @param server the run of the server that reports this; {@link #STANDBY} if it does not decide what is committed
 */
record LogEnd(long drawn, boolean reachesReader, boolean holdsMark, long server) {
    /** Stands for every server that replays, in its own time, what another server has committed. */
    static final long STANDBY = -1;

    /** Stands for all servers of an engine where positions become visible in order, which needs no mark. */
    static final long ANY = 0;

    /**
     * A committed event up to which nothing more can appear, on the server that was asked. Its id shows whether this is
     * still the same log: after a failover, a restore, or for another tenant it is not. A different server may show the
     * event and lack one below it: a standby replays in the order of the commits, and a restored log still holds what
     * was prepared.
     *
     * @param position its position; 0 for the start of the log
     * @param server the run of the server that was asked
     */
    record Mark(long position, UUID eventId, long server) {
        static final Mark NONE = new Mark(0, new UUID(0, 0), LogEnd.STANDBY);
    }
}
