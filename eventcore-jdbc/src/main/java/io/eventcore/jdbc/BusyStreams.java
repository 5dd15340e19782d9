package io.eventcore.jdbc;

import io.eventcore.TransientEventStoreException;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.TagRow;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Lets appends wait for streams and tags that other transactions have locked, without taking the connections that other
 * threads need: the stage before {@link GroupedAppends}.
 *
 * <p>Only the first append for each stream waits in the database, and all streams together use no more connections than
 * their {@link ConnectionShare}. Beyond that, the first append of a stream looks again now and then, which takes a
 * connection only for a moment. It gives up when the database would. Safe for any number of threads.
 */
final class BusyStreams {
    private final Map<String, Queue> queues = new ConcurrentHashMap<>();
    private final ConnectionShare share;
    private final boolean oneDatabase;
    private final GroupedAppends grouped;
    private final DirectAppends direct;

    /**
     * The streams of one store.
     *
     * @param share limits how many connections wait
     * @param oneDatabase whether an id means the same stream for every thread
     * @param grouped sends an append that does not wait in the database
     * @param direct sends an append that waits in the database
     */
    BusyStreams(ConnectionShare share, boolean oneDatabase, GroupedAppends grouped, DirectAppends direct) {
        this.share = share;
        this.oneDatabase = oneDatabase;
        this.grouped = grouped;
        this.direct = direct;
    }

    /** The appends that wait for one stream, one behind the other; the map guards it. */
    private static final class Queue {
        private final ReentrantLock first = new ReentrantLock(true);
        private int users;
    }

    /**
     * Waits for the streams that other transactions have locked, and appends.
     *
     * @return any result but {@link AppendResult.Busy}
     * @throws TransientEventStoreException if the thread was interrupted before its turn (its flag stays set), or
     *     waited for longer than the database would allow
     * @throws io.eventcore.EventStoreException if nothing was stored
     */
    AppendResult append(SerializedAppend append) {
        // Another append waits for the stream: a new attempt would only find the stream busy.
        Optional<String> awaited = awaited(append);
        AppendResult outcome = awaited.isPresent() ? new AppendResult.Busy(awaited) : grouped.append(append);
        while (outcome instanceof AppendResult.Busy busy) {
            outcome = awaitTurn(busy, append);
        }
        return outcome;
    }

    /** A stream or a tag of this append that another append already waits for. */
    private Optional<String> awaited(SerializedAppend append) {
        if (queues.isEmpty()) {
            return Optional.empty();
        }
        return Stream.concat(
                        append.tagRows().stream().map(TagRow::rowId),
                        append.participants().stream()
                                .map(participant -> participant.id().value()))
                .filter(queues::containsKey)
                .findFirst();
    }

    private AppendResult awaitTurn(AppendResult.Busy busy, SerializedAppend append) {
        Queue queue = enter(busy.rowId());
        try {
            boolean othersCameFirst = queue.first.isLocked();
            queue.first.lockInterruptibly();
            try {
                if (!othersCameFirst || !countsOnly(append, busy)) {
                    return awaitFirst(busy, othersCameFirst, append);
                }
            } finally {
                queue.first.unlock();
            }
            // The first append has waited for the tag. The others may share a transaction again, and need not go one by
            // one.
            return grouped.append(append);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientEventStoreException(
                    "The thread was interrupted while its append waited for " + busy.name() + "; nothing was stored",
                    e);
        } finally {
            leave(busy.rowId());
        }
    }

    /** Whether the append only counts for the busy tag, which several appends may do at the same time. */
    private static boolean countsOnly(SerializedAppend append, AppendResult.Busy busy) {
        return append.tagRows().stream()
                .anyMatch(tag -> busy.rowId().equals(Optional.of(tag.rowId()))
                        && !tag.isGuard()
                        && tag.guards().isEmpty());
    }

    /**
     * Waits as the first append of a stream.
     *
     * @param mayBeFree whether time has passed since the append found the stream busy
     */
    private AppendResult awaitFirst(AppendResult.Busy busy, boolean mayBeFree, SerializedAppend append)
            throws InterruptedException {
        long begin = System.nanoTime();
        boolean mayWait = share.tryBegin();
        AppendResult seen = mayWait || !mayBeFree ? busy : look(append);
        Optional<Duration> patience = Optional.empty();
        boolean asked = false;
        while (!mayWait && seen.equals(busy)) {
            mayWait = share.tryBeginBeforeNextLook();
            if (!mayWait) {
                seen = look(append);
                if (seen.equals(busy)) {
                    if (!asked) {
                        patience = direct.lockTimeout();
                        asked = true;
                    }
                    // Only after the look: an answer other than busy counts, however long it took.
                    checkPatience(busy, patience, System.nanoTime() - begin);
                }
            }
        }
        if (!mayWait) {
            return seen;
        }
        try {
            return direct.appendWaiting(append);
        } finally {
            share.end();
        }
    }

    /**
     * Takes a connection for a moment; returns busy if a stream still is. Appends that look together share a batch, and
     * so a connection.
     */
    private AppendResult look(SerializedAppend append) throws InterruptedException {
        return grouped.shares(append)
                ? grouped.append(append)
                : share.look(() -> grouped.append(append), AppendResult.Busy.class::isInstance);
    }

    private static void checkPatience(AppendResult.Busy busy, Optional<Duration> patience, long nanos) {
        if (patience.isPresent() && nanos > patience.get().toNanos()) {
            throw new TransientEventStoreException(
                    "Another transaction has kept %s locked for longer than the lock time-out of the session, %s; nothing was stored"
                            .formatted(busy.name(), patience.get()),
                    null);
        }
    }

    private Queue enter(Optional<String> rowId) {
        return rowId.isEmpty() || !oneDatabase
                ? new Queue()
                : queues.compute(rowId.get(), (id, present) -> {
                    Queue queue = present == null ? new Queue() : present;
                    queue.users++;
                    return queue;
                });
    }

    private void leave(Optional<String> rowId) {
        if (rowId.isPresent() && oneDatabase) {
            queues.computeIfPresent(rowId.get(), (id, queue) -> --queue.users == 0 ? null : queue);
        }
    }
}
