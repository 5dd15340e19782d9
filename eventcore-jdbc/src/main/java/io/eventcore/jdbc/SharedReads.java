package io.eventcore.jdbc;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.internal.Combiner;
import io.eventcore.internal.OwnThreads;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets reads that wait at the same time share one statement.
 *
 * <p>A read of a short stream costs the database little and the way there much. While few statements are under way a
 * read is a statement by itself, at once. When there are as many as keep the database busy, others gather, and the first
 * of them sends for all as soon as one of those statements is done: a {@link Combiner}, with these rules. Every reader
 * still sees all that was committed before it asked, since its statement begins after that.
 *
 * <p>A read that was not taken along in time is sent by itself, and so is each whose shared statement failed. One that was
 * taken along waits as its leader does, for a connection too. An interruption costs no read its answer.
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

    private final Deque<Waiting<T>> waiting = new ArrayDeque<>();
    private final Combiner<Waiting<T>, Answer<T>> combiner = new Combiner<>(new ReentrantLock(), new Rules());

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
        Waiting<T> own = new Waiting<>(streamsAfter);
        Optional<Answer<T>> answer = combiner.submitWithin(own, patience.toNanos());
        if (answer.isPresent() && answer.get() instanceof Found<T> found) {
            return own.of(found.streams);
        }
        if (answer.isPresent() && answer.get() instanceof FailedAlone<T> failed) {
            throw failed.cause;
        }
        return read.read(streamsAfter);
    }

    private sealed interface Answer<T> {}

    /** What the statement found, for all that shared it. */
    private record Found<T>(Map<StreamId, T> streams) implements Answer<T> {}

    /** The statement of a single read has failed. */
    private record FailedAlone<T>(SQLException cause) implements Answer<T> {}

    /** The shared statement has failed; each read is sent by itself. */
    private record ReadAlone<T>() implements Answer<T> {}

    /** Which reads share a statement, and how many of these are under way. The lock is held, except to carry out. */
    private final class Rules implements Combiner.Policy<Waiting<T>, Answer<T>> {
        @Override
        public void arrive(Waiting<T> own) {
            waiting.add(own);
        }

        @Override
        public void withdraw(Waiting<T> own) {
            waiting.remove(own);
        }

        @Override
        public @Nullable Waiting<T> nextLeader(int underWay) {
            return underWay < statements ? waiting.poll() : null;
        }

        /** Takes along those who wait, in their order, as long as they fit. */
        @Override
        public void gather(Combiner.Group<Waiting<T>> group) {
            if (waiting.isEmpty()) {
                return;
            }
            Map<StreamId, StreamVersion> wanted = new HashMap<>(group.leader().streamsAfter);
            int passedOver = 0;
            for (Iterator<Waiting<T>> reads = waiting.iterator();
                    reads.hasNext() && wanted.size() < MAX_STREAMS && passedOver < MAX_PASSED_OVER; ) {
                Waiting<T> next = reads.next();
                if (next.fits(wanted)) {
                    group.add(next);
                    reads.remove();
                    wanted.putAll(next.streamsAfter);
                } else {
                    passedOver++;
                }
            }
        }

        @Override
        public List<Answer<T>> carryOut(List<Waiting<T>> group) {
            boolean alone = group.size() == 1;
            try {
                Map<StreamId, T> found = read.read(alone ? group.get(0).streamsAfter : wanted(group));
                return Collections.nCopies(group.size(), new Found<>(found));
            } catch (SQLException e) {
                return alone ? List.of(new FailedAlone<>(e)) : eachAlone(group, e);
            } catch (RuntimeException e) {
                if (alone) {
                    throw e;
                }
                return eachAlone(group, e);
            }
        }

        private List<Answer<T>> eachAlone(List<Waiting<T>> group, Exception e) {
            LOG.debug(
                    "A statement shared by several reads failed; each of them is sent by itself",
                    OwnThreads.redacted(e));
            return Collections.nCopies(group.size(), new ReadAlone<>());
        }

        @Override
        public Answer<T> withoutAnswer(Waiting<T> own) {
            return new ReadAlone<>();
        }
    }

    private static <T> Map<StreamId, StreamVersion> wanted(List<Waiting<T>> group) {
        Map<StreamId, StreamVersion> wanted = new HashMap<>();
        for (Waiting<T> each : group) {
            wanted.putAll(each.streamsAfter);
        }
        return wanted;
    }

    /** A read that waits to be sent. */
    private static final class Waiting<T> extends Combiner.Ticket<Answer<T>> {
        private final Map<StreamId, StreamVersion> streamsAfter;

        private Waiting(Map<StreamId, StreamVersion> streamsAfter) {
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
