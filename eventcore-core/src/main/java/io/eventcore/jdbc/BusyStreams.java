package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Where appends wait for streams that foreign transactions have locked, without taking the connections that others need.
 *
 * <p>Only the first one for each stream waits in the database, and no more than {@link #MAX_WAITING} for all streams
 * together. Beyond that the first one of a stream looks again now and then, which takes a connection only for a moment.
 * Safe for any number of threads.
 */
final class BusyStreams {
    /** How many connections wait for locks at once. A pool has ten by default, and most are needed by others. */
    static final int MAX_WAITING = 4;

    /** How long the first one of a stream waits for a connection before it looks again. */
    private static final long LOOK_AGAIN_MILLIS = 50;

    private final Map<StreamId, Lane> lanes = new ConcurrentHashMap<>();
    private final Semaphore connections = new Semaphore(MAX_WAITING, true);

    /** One behind the other; guarded by the map. */
    private static final class Lane {
        private final ReentrantLock first = new ReentrantLock(true);
        private int users;
    }

    /** A stream of this append that somebody is waiting for already. */
    Optional<StreamId> awaited(SerializedAppend append) {
        if (lanes.isEmpty()) {
            return Optional.empty();
        }
        return append.participants().stream()
                .map(Participant::id)
                .filter(lanes::containsKey)
                .findFirst();
    }

    /**
     * Waits for a stream.
     *
     * @param waiting takes a connection and waits in the database
     * @param looking does not wait: empty if the stream is still busy
     * @throws TransientEventStoreException if the thread was interrupted before its turn; its flag stays set
     */
    AppendOutcome await(StreamId streamId, Supplier<AppendOutcome> waiting, Supplier<Optional<AppendOutcome>> looking) {
        Lane lane = enter(streamId);
        try {
            lane.first.lockInterruptibly();
            try {
                while (!connections.tryAcquire(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                    Optional<AppendOutcome> outcome = looking.get();
                    if (outcome.isPresent()) {
                        return outcome.get();
                    }
                }
                try {
                    return waiting.get();
                } finally {
                    connections.release();
                }
            } finally {
                lane.first.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientEventStoreException(
                    "The thread was interrupted while its append waited for stream '" + streamId
                            + "'; nothing was stored",
                    e);
        } finally {
            leave(streamId);
        }
    }

    private Lane enter(StreamId streamId) {
        return lanes.compute(streamId, (id, present) -> {
            Lane lane = present == null ? new Lane() : present;
            lane.users++;
            return lane;
        });
    }

    private void leave(StreamId streamId) {
        lanes.computeIfPresent(streamId, (id, lane) -> --lane.users == 0 ? null : lane);
    }
}
