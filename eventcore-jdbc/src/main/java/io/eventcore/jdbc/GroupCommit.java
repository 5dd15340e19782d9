package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.internal.Combiner;
import io.eventcore.jdbc.StreamLines.Standing;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets appends that wait at the same time share one transaction.
 *
 * <p>A single append is sent alone, at once. During a batch, other appends gather, and the first of them that nothing
 * holds back sends the next batch for all: a {@link Combiner}, with these rules.
 *
 * <p>Two appends fit together if neither writes a stream that the other writes or relies on. Tags count like streams,
 * except that appends whose events carry the same tag fit together if none of them relies on it. An append that does
 * not fit waits {@linkplain StreamLines in line} for its streams, and is not looked at again before its turn: appends
 * to one stream keep their order, and their number does not matter.
 *
 * <p>Safe for any number of threads, virtual ones included.
 */
final class GroupCommit {
    /** How many appends share a transaction at most. */
    private static final int MAX_APPENDS = 256;

    /**
     * How many batches run at once. During a batch, other appends gather, which makes larger batches. A second batch is
     * worth a connection only if so many appends wait that the first batch keeps its session busy.
     */
    private static final int MAX_LEADERS = 2;

    /** How many must wait for a second leader. With fewer, it would split a batch that costs little more as one. */
    static final int SECOND_LEADER_FROM = 32;

    /** How many appends without room are skipped before the batch is sent as it is. */
    private static final int MAX_PASSED_OVER = 16;

    private final int maxEvents;
    private final long maxBytes;
    private final Batches batches;

    private final ReentrantLock lock = new ReentrantLock();
    private final StreamLines<Waiting> lines = new StreamLines<>();
    private final Combiner<Waiting, AppendResult> combiner = new Combiner<>(lock, new Rules());

    /**
     * A group that shares transactions.
     *
     * @param maxEvents how many events share a transaction at most
     * @param maxBytes how many bytes share a transaction at most
     */
    GroupCommit(int maxEvents, long maxBytes, Batches batches) {
        this.maxEvents = maxEvents;
        this.maxBytes = maxBytes;
        this.batches = batches;
    }

    /** Carries out the appends of a batch. */
    @FunctionalInterface
    interface Batches {
        /**
         * Carries out appends that fit together.
         *
         * @return the outcome of each, in their order; never throws
         */
        List<AppendResult> appendBatch(List<SerializedAppend> appends);
    }

    /** How many places in line this group has looked at so far. Tests count them. */
    long looks() {
        lock.lock();
        try {
            return lines.looks();
        } finally {
            lock.unlock();
        }
    }

    /** Whether an append may share a transaction. */
    boolean accepts(SerializedAppend append) {
        return append.entries().size() <= maxEvents && append.bytes() <= maxBytes;
    }

    /**
     * Waits for the answer to an append.
     *
     * <p>An interruption never cuts short what other threads wait for: the thread that leads a batch completes it.
     *
     * @throws TransientEventStoreException if the thread was interrupted before the append was sent; its flag stays
     *     set. Once the append is sent, the thread waits for the answer
     */
    AppendResult submit(SerializedAppend append) {
        try {
            return combiner.submit(new Waiting(append));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientEventStoreException(
                    "The thread was interrupted before its append was sent; nothing was stored", e);
        }
    }

    /** An append in line for its streams. */
    private static final class Waiting extends Combiner.Ticket<AppendResult> {
        private final SerializedAppend append;
        private final Standing<Waiting> standing;

        private Waiting(SerializedAppend append) {
            this.append = append;
            this.standing = new Standing<>(this, append.tagRows(), append.participants());
        }

        SerializedAppend append() {
            return append;
        }
    }

    /**
     * Which appends share a transaction, and how many batches run at once. The lock is held, except to carry out a
     * batch.
     */
    private final class Rules implements Combiner.Policy<Waiting, AppendResult> {
        @Override
        public void arrive(Waiting append) {
            lines.enter(append.standing);
        }

        @Override
        public void withdraw(Waiting append) {
            lines.withdraw(append.standing);
        }

        @Override
        public @Nullable Waiting nextLeader(int underWay) {
            if (underWay == MAX_LEADERS || (underWay > 0 && lines.waiting() < SECOND_LEADER_FROM)) {
                return null;
            }
            Waiting first = lines.first();
            if (first == null || lines.firstIsOfAnotherBatch(first)) {
                return null;
            }
            lines.take(first);
            return first;
        }

        /**
         * Takes the waiting appends that nothing holds back, in their order. An append without room keeps its places,
         * so that none overtakes it at its streams, and is the first to lead.
         */
        @Override
        public void gather(Combiner.Group<Waiting> batch) {
            List<Standing<Waiting>> passedOver = new ArrayList<>(MAX_PASSED_OVER);
            int events = batch.leader().append.entries().size();
            long bytes = batch.leader().append.bytes();
            try {
                while (batch.size() < MAX_APPENDS && passedOver.size() < MAX_PASSED_OVER) {
                    Waiting next = lines.first();
                    if (next == null) {
                        break;
                    }
                    int moreEvents = events + next.append.entries().size();
                    long moreBytes = bytes + next.append.bytes();
                    if (lines.firstIsOfAnotherBatch(batch.leader())) {
                        // A second batch with this tag would find the tag locked by the first.
                        passedOver.add(next.standing);
                        lines.setAside();
                        continue;
                    }
                    if (moreEvents <= maxEvents && moreBytes <= maxBytes) {
                        batch.add(next);
                        lines.take(batch.leader());
                        events = moreEvents;
                        bytes = moreBytes;
                    } else {
                        passedOver.add(next.standing);
                        lines.setAside();
                    }
                }
            } finally {
                for (int i = 0; i < passedOver.size(); i++) {
                    lines.putBack(passedOver.get(i));
                }
            }
        }

        @Override
        public List<AppendResult> carryOut(List<Waiting> batch) {
            return batches.appendBatch(batch.stream().map(Waiting::append).toList());
        }

        @Override
        public void release(Waiting append) {
            lines.release(append.standing);
        }

        /**
         * Takes out the appends that the batch has turned into conflicts: the database would say no more about them.
         */
        @Override
        public void settle(List<AppendResult> answers, BiConsumer<Waiting, AppendResult> answer) {
            Map<StreamId, Move> moves = moves(answers);
            moves.forEach((stream, move) -> {
                for (Waiting waiting : lines.expecting(stream.value(), move.base, move.version())) {
                    conflict(waiting.append, moves).ifPresent(conflict -> answer.accept(waiting, conflict));
                }
            });
        }

        @Override
        public AppendResult withoutAnswer(Waiting append) {
            return new AppendResult.Unknown(new IllegalStateException("The batch has no answer"));
        }
    }

    /**
     * The conflict between a waiting append and what a batch has written, if it is certain.
     *
     * <p>The append may be a repetition of one that is stored. Then its events stand where it expected them. That place
     * is within what the batch wrote, so the ids there are known: a different id means that the append is not stored.
     */
    private static Optional<AppendResult> conflict(SerializedAppend append, Map<StreamId, Move> moves) {
        for (Entry entry : append.entries()) {
            Participant participant = append.participants().get(entry.stream());
            Move move = moves.get(participant.id());
            if (entry.offset() == 1
                    && move != null
                    && participant.expected() instanceof ExpectedVersion.Exactly exactly
                    && move.hasOtherEvent(
                            exactly.version().value(), entry.event().id())) {
                return Optional.of(new AppendResult.Conflict(
                        new VersionConflictException(participant.id(), exactly, StreamVersion.of(move.version()))));
            }
        }
        return Optional.empty();
    }

    private static Map<StreamId, Move> moves(List<AppendResult> answers) {
        Map<StreamId, Move> moves = new HashMap<>();
        for (AppendResult answer : answers) {
            if (answer instanceof AppendResult.Written written) {
                for (AppendedEvent event : written.slice().events()) {
                    moves.computeIfAbsent(
                                    event.streamId(),
                                    id -> new Move(event.version().value() - 1, new ArrayList<>()))
                            .ids
                            .add(event.id());
                }
            }
        }
        return moves;
    }

    /**
     * How far a batch has moved a stream.
     *
     * @param base the version before the batch
     * @param ids the ids of the written events, in order
     */
    private record Move(long base, List<UUID> ids) {
        long version() {
            return base + ids.size();
        }

        /** Whether the batch wrote the event after this version, and its id is a different one. */
        boolean hasOtherEvent(long version, UUID id) {
            return version >= base
                    && version < version()
                    && !ids.get((int) (version - base)).equals(id);
        }
    }
}
