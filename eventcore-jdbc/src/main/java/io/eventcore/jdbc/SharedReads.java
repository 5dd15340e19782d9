package io.eventcore.jdbc;

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
 * <p>A read of a short stream or of a rare tag costs the database little, but the round trip much. While few statements
 * are running, a read is sent at once as a separate statement. When enough are running to keep the database busy, other
 * reads gather, and the first of them sends a statement for all as soon as one of those statements is done: a
 * {@link Combiner}, with these rules. Every reader still sees all that was committed before it asked, because its
 * statement begins after that.
 *
 * <p>A read that no statement includes in time is sent by itself, and so is each read whose shared statement failed. An
 * included read waits as its leader does, for a connection too. An interruption costs no read its answer.
 *
 * <p>Safe for any number of threads, virtual ones included.
 *
 * @param <K> what is read: streams, or tags
 * @param <P> the place in one after which it is read
 * @param <T> what is found of one
 */
final class SharedReads<K, P, T> {
    /** A statement reads at most this many streams or tags: the rows of other reads take time and memory. */
    static final int MAX_KEYS = 32;

    /**
     * How long a read waits for a statement that includes it: a few statements' time, so that a slow statement delays
     * no other read.
     */
    static final Duration PATIENCE = Duration.ofMillis(20);

    /**
     * How many reads that do not fit are skipped before a statement is sent as it is: all that wait may want the same.
     */
    private static final int MAX_PASSED_OVER = 16;

    private static final Logger LOG = LoggerFactory.getLogger(SharedReads.class);

    private final int statements;
    private final Read<K, P, T> read;

    private final Deque<Waiting<K, P, T>> waiting = new ArrayDeque<>();
    private final Combiner<Waiting<K, P, T>, Answer<K, T>> combiner = new Combiner<>(new ReentrantLock(), new Rules());

    /**
     * Reads that share statements.
     *
     * @param statements how many run before reads gather
     */
    SharedReads(int statements, Read<K, P, T> read) {
        this.statements = statements;
        this.read = read;
    }

    /** Reads each key after its place, with one statement; the result may leave out what does not exist. */
    @FunctionalInterface
    interface Read<K, P, T> {
        Map<K, T> read(Map<K, P> keysAfter) throws SQLException;
    }

    /**
     * Reads each key after its place, together with other reads if that is worth it.
     *
     * @param patience how long to wait for a statement before this read is sent by itself
     */
    Map<K, T> read(Map<K, P> keysAfter, Duration patience) throws SQLException {
        if (keysAfter.size() > MAX_KEYS / 2) {
            return read.read(keysAfter);
        }
        Waiting<K, P, T> own = new Waiting<>(keysAfter);
        Optional<Answer<K, T>> answer = combiner.submitWithin(own, patience.toNanos());
        if (answer.isPresent() && answer.get() instanceof Found<K, T> found) {
            return own.of(found.found);
        }
        if (answer.isPresent() && answer.get() instanceof FailedAlone<K, T> failed) {
            throw failed.cause;
        }
        return read.read(keysAfter);
    }

    private sealed interface Answer<K, T> {}

    /** What the statement found, for all reads that shared it. */
    private record Found<K, T>(Map<K, T> found) implements Answer<K, T> {}

    /** The statement of a single read has failed. */
    private record FailedAlone<K, T>(SQLException cause) implements Answer<K, T> {}

    /** The shared statement has failed; each read is sent by itself. */
    private record ReadAlone<K, T>() implements Answer<K, T> {}

    /**
     * Which reads share a statement, and how many statements run at once. The lock is held, except to send a statement.
     */
    private final class Rules implements Combiner.Policy<Waiting<K, P, T>, Answer<K, T>> {
        @Override
        public void arrive(Waiting<K, P, T> own) {
            waiting.add(own);
        }

        @Override
        public void withdraw(Waiting<K, P, T> own) {
            waiting.remove(own);
        }

        @Override
        public @Nullable Waiting<K, P, T> nextLeader(int underWay) {
            return underWay < statements ? waiting.poll() : null;
        }

        /** Includes waiting reads, in order, while they fit. */
        @Override
        public void gather(Combiner.Group<Waiting<K, P, T>> group) {
            if (waiting.isEmpty()) {
                return;
            }
            Map<K, P> wanted = new HashMap<>(group.leader().keysAfter);
            int passedOver = 0;
            for (Iterator<Waiting<K, P, T>> reads = waiting.iterator();
                    reads.hasNext() && wanted.size() < MAX_KEYS && passedOver < MAX_PASSED_OVER; ) {
                Waiting<K, P, T> next = reads.next();
                if (next.fits(wanted)) {
                    group.add(next);
                    reads.remove();
                    wanted.putAll(next.keysAfter);
                } else {
                    passedOver++;
                }
            }
        }

        @Override
        public List<Answer<K, T>> carryOut(List<Waiting<K, P, T>> group) {
            boolean alone = group.size() == 1;
            try {
                Map<K, T> found = read.read(alone ? group.get(0).keysAfter : wanted(group));
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

        private List<Answer<K, T>> eachAlone(List<Waiting<K, P, T>> group, Exception e) {
            LOG.debug(
                    "A statement shared by several reads failed; sending each read separately", OwnThreads.redacted(e));
            return Collections.nCopies(group.size(), new ReadAlone<>());
        }

        @Override
        public Answer<K, T> withoutAnswer(Waiting<K, P, T> own) {
            return new ReadAlone<>();
        }
    }

    private static <K, P, T> Map<K, P> wanted(List<Waiting<K, P, T>> group) {
        Map<K, P> wanted = new HashMap<>();
        for (Waiting<K, P, T> each : group) {
            wanted.putAll(each.keysAfter);
        }
        return wanted;
    }

    /** A read that waits to be sent. */
    private static final class Waiting<K, P, T> extends Combiner.Ticket<Answer<K, T>> {
        private final Map<K, P> keysAfter;

        private Waiting(Map<K, P> keysAfter) {
            this.keysAfter = keysAfter;
        }

        /** Whether the reads fit: a statement reads each key after one place only. */
        boolean fits(Map<K, P> wanted) {
            int size = wanted.size();
            for (Map.Entry<K, P> own : keysAfter.entrySet()) {
                P after = wanted.get(own.getKey());
                if (after == null) {
                    size++;
                } else if (!after.equals(own.getValue())) {
                    return false;
                }
            }
            return size <= MAX_KEYS;
        }

        Map<K, T> of(Map<K, T> all) {
            if (all.size() <= keysAfter.size() && keysAfter.keySet().containsAll(all.keySet())) {
                return all;
            }
            Map<K, T> own = new HashMap<>();
            for (K key : keysAfter.keySet()) {
                T found = all.get(key);
                if (found != null) {
                    own.put(key, found);
                }
            }
            return own;
        }
    }
}
