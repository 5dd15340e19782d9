package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.OwnThreads;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets reads that wait at the same time share one statement.
 *
 * <p>A read of a short stream costs the database little and the way there much. While few statements are under way a
 * read is a statement by itself, at once. When there are as many as keep the database busy, others gather, and whoever
 * has come first sends for all as soon as one of those statements is done. Every reader still sees all that was
 * committed before it asked, since its statement begins after that.
 *
 * <p>Who was not taken along in time reads for itself, and so does everyone whose shared statement failed. Who was taken
 * along waits as its leader does, for a connection too.
 *
 * <p>Safe for any number of threads, virtual ones included.
 *
 * @param <T> what is found of a stream
 */
final class SharedReads<T> {
    /** So many streams share a statement at most: rows of others take time and memory. */
    static final int MAX_STREAMS = 32;

    /** How many that do not fit are passed over before a statement is sent as it is: all who wait may want one stream. */
    private static final int MAX_PASSED_OVER = 16;

    private static final Logger LOG = LoggerFactory.getLogger(SharedReads.class);

    private final int statements;
    private final Read<T> read;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Ticket> waiting = new ArrayDeque<>();
    private int underWay;

    /**
     * Reads that share statements.
     *
     * @param statements how many are under way before reads gather
     */
    SharedReads(int statements, Read<T> read) {
        this.statements = statements;
        this.read = read;
    }

    /** Reads streams, each after a version, by one statement; what is not there is not in the result. */
    @FunctionalInterface
    interface Read<T> {
        Map<StreamId, T> read(Map<StreamId, StreamVersion> streamsAfter) throws SQLException;
    }

    /**
     * Reads streams, together with others if that is worth while.
     *
     * @param patience how long to wait for a statement before this read is sent by itself
     */
    Map<StreamId, T> read(Map<StreamId, StreamVersion> streamsAfter, Duration patience) throws SQLException {
        if (streamsAfter.size() > MAX_STREAMS / 2) {
            return read.read(streamsAfter);
        }
        Ticket own = new Ticket(streamsAfter);
        enter(own);
        return switch (own.await(patience.toNanos())) {
            case LEADS -> lead(own);
            case ANSWERED -> own.found();
            default -> read.read(streamsAfter);
        };
    }

    private void enter(Ticket own) {
        lock.lock();
        try {
            if (underWay < statements) {
                underWay++;
                own.state = State.LEADS;
            } else {
                waiting.add(own);
            }
        } finally {
            lock.unlock();
        }
    }

    private Map<StreamId, T> lead(Ticket own) throws SQLException {
        List<Ticket> members = new ArrayList<>();
        Map<StreamId, T> found = null;
        try {
            Map<StreamId, StreamVersion> wanted = gather(own, members);
            found = read.read(wanted);
            return own.of(found);
        } catch (SQLException | RuntimeException e) {
            if (members.isEmpty()) {
                throw e;
            }
            LOG.debug(
                    "A statement shared by several reads failed; each of them is sent by itself",
                    OwnThreads.redacted(e));
        } finally {
            handOver();
            for (Ticket member : members) {
                member.complete(found);
            }
        }
        return read.read(own.streamsAfter);
    }

    /** Takes along those who wait, in their order, as long as they fit. */
    private Map<StreamId, StreamVersion> gather(Ticket own, List<Ticket> members) {
        lock.lock();
        try {
            if (waiting.isEmpty()) {
                return own.streamsAfter;
            }
            Map<StreamId, StreamVersion> wanted = new HashMap<>(own.streamsAfter);
            int passedOver = 0;
            for (Iterator<Ticket> tickets = waiting.iterator();
                    tickets.hasNext() && wanted.size() < MAX_STREAMS && passedOver < MAX_PASSED_OVER; ) {
                Ticket ticket = tickets.next();
                if (ticket.fits(wanted)) {
                    // First: whatever fails from here on, a member is told.
                    members.add(ticket);
                    ticket.state = State.TAKEN;
                    tickets.remove();
                    wanted.putAll(ticket.streamsAfter);
                } else {
                    passedOver++;
                }
            }
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    private void handOver() {
        Ticket next;
        lock.lock();
        try {
            next = waiting.poll();
            if (next == null) {
                underWay--;
            } else {
                next.state = State.LEADS;
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            LockSupport.unpark(next.thread);
        }
    }

    private enum State {
        WAITS,
        LEADS,
        TAKEN,
        ANSWERED,
        ALONE
    }

    /** A read that waits to be sent. */
    private final class Ticket {
        private final Map<StreamId, StreamVersion> streamsAfter;
        private final Thread thread = Thread.currentThread();
        private volatile State state = State.WAITS;
        private @Nullable Map<StreamId, T> shared;

        private Ticket(Map<StreamId, StreamVersion> streamsAfter) {
            this.streamsAfter = streamsAfter;
        }

        /** A stream is read after one version in a statement. */
        boolean fits(Map<StreamId, StreamVersion> wanted) {
            int size = wanted.size();
            for (Map.Entry<StreamId, StreamVersion> stream : streamsAfter.entrySet()) {
                StreamVersion after = wanted.get(stream.getKey());
                if (after == null) {
                    size++;
                } else if (!after.equals(stream.getValue())) {
                    return false;
                }
            }
            return size <= MAX_STREAMS;
        }

        /** How it goes on. An interruption changes nothing: the wait is short, and what comes next decides about it. */
        State await(long patienceNanos) {
            long begin = System.nanoTime();
            boolean interrupted = false;
            while (state == State.WAITS || state == State.TAKEN) {
                if (state == State.TAKEN) {
                    LockSupport.park(SharedReads.this);
                } else {
                    long left = patienceNanos - (System.nanoTime() - begin);
                    if (left <= 0) {
                        leave();
                    } else {
                        LockSupport.parkNanos(SharedReads.this, left);
                    }
                }
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                thread.interrupt();
            }
            return state;
        }

        private void leave() {
            lock.lock();
            try {
                if (waiting.remove(this)) {
                    state = State.ALONE;
                }
            } finally {
                lock.unlock();
            }
        }

        void complete(@Nullable Map<StreamId, T> found) {
            shared = found;
            state = found == null ? State.ALONE : State.ANSWERED;
            LockSupport.unpark(thread);
        }

        Map<StreamId, T> found() {
            return of(Optional.ofNullable(shared).orElseThrow());
        }

        Map<StreamId, T> of(Map<StreamId, T> all) {
            if (all.size() <= streamsAfter.size() && streamsAfter.keySet().containsAll(all.keySet())) {
                return all;
            }
            Map<StreamId, T> own = new HashMap<>();
            for (StreamId id : streamsAfter.keySet()) {
                T found = all.get(id);
                if (found != null) {
                    own.put(id, found);
                }
            }
            return own;
        }
    }
}
