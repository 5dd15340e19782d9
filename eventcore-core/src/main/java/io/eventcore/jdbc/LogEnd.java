package io.eventcore.jdbc;

import java.util.UUID;

/**
 * How far the log goes at one moment, for a reader that has come to a position and knows a mark.
 *
 * @param drawn the last position given to an append, committed or not; 0 if there was none. Not durable: a server that
 *     crashes gives positions out again that only rolled-back appends have drawn
 * @param reachesReader whether an event is committed at the reader's position or beyond it, or the reader is at the start
 * @param holdsMark whether the event of the mark is there, so that the log is the one in which it was set
 */
record LogEnd(long drawn, boolean reachesReader, boolean holdsMark) {
    /**
     * A committed event up to which nothing can appear any more. It is as durable as the event, and tells by its id
     * whether this is still the same log: after a failover, a restore, or for another tenant it is not.
     *
     * @param position its position; 0 for the start of the log
     */
    record Mark(long position, UUID eventId) {
        static final Mark NONE = new Mark(0, new UUID(0, 0));
    }
}
