package io.eventcore.jdbc;

import java.util.UUID;

/**
 * How far the log goes at one moment, for a reader that has come to a position and knows a mark.
 *
 * @param drawn the last position given to an append, committed or not; 0 if there was none. Not durable: a server that
 *     crashes gives positions out again that only rolled-back appends have drawn
 * @param reachesReader whether an event is committed at the reader's position or beyond it, or the reader is at the start
 * @param holdsMark whether the event of the mark is there, so that the log is the one in which it was set, and the mark
 *     was set on this server
 * @param server the run of a server that says this; {@link #STANDBY} if it does not decide what is committed
 */
record LogEnd(long drawn, boolean reachesReader, boolean holdsMark, long server) {
    /** Stands for every server that replays what another one has committed, in its own time. */
    static final long STANDBY = -1;

    /** Stands for all servers, where positions become visible in their order and no mark is needed. */
    static final long ANY = 0;

    /**
     * A committed event up to which nothing can appear any more, on the server that was asked. It tells by its id whether
     * this is still the same log: after a failover, a restore, or for another tenant it is not. Another server may show
     * the event and lack one below it: a standby replays in the order of the commits, and a restored log still holds what
     * was prepared.
     *
     * @param position its position; 0 for the start of the log
     * @param server the run of the server that was asked
     */
    record Mark(long position, UUID eventId, long server) {
        static final Mark NONE = new Mark(0, new UUID(0, 0), LogEnd.STANDBY);
    }
}
