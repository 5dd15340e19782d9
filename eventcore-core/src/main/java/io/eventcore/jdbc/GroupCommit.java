package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.jdbc.StreamLines.Standing;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Entry;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets appends that wait at the same time share one transaction.
 *
 * <p>Whoever comes first leads: it takes what waits and fits together, sends it as one call and hands every caller its
 * own answer. Meanwhile others gather, and one of them leads next. There is no thread of our own and no waiting for
 * company: an append that is alone is sent alone, at once.
 *
 * <p>Two appends fit together if neither writes a stream that the other writes or relies on. One that does not fit waits
 * {@linkplain StreamLines in line} for its streams, and is not looked at again before its turn: appends to one stream
 * keep their order, and their number does not matter.
 *
 * <p>Safe for any number of threads, virtual ones included.
 */
final class GroupCommit {
    /** How many appends share a transaction at most. */
    private static final int MAX_APPENDS = 256;

    /**
     * How many batches are under way at once. While one is, the others gather, which makes larger batches; a second one
     * is worth a connection only when so many wait that the first keeps its session busy.
     */
    private static final int MAX_LEADERS = 2;

    /** How many must wait for a second leader. Fewer would cut batches in two that cost little more as one. */
    static final int SECOND_LEADER_FROM = 32;

    /** How many appends that have no room are passed over before a batch is sent as it is. */
    private static final int MAX_PASSED_OVER = 16;

    private final int maxEvents;
    private final long maxBytes;
    private final Batches batches;

    private final ReentrantLock lock = new ReentrantLock();
    private final StreamLines<Ticket> lines = new StreamLines<>();
    private final Set<Batch> underWay = new HashSet<>();

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

    /** Carries out what came together. */
    interface Batches {
        /**
         * Carries out appends that fit together.
         *
         * @return an answer for each, in their order; never throws
         */
        List<Answer> run(List<SerializedAppend> appends);
    }

    /** What became of one append of a batch. */
    sealed interface Answer {
        /** The database has decided. */
        record Decided(AppendOutcome outcome) implements Answer {}

        /** Nothing is stored; the caller has to try for itself, so that one faulty append fails alone. */
        record TryAlone() implements Answer {}

        /** The connection was lost while it was committed; the caller has to find out. */
        record Unknown(Exception cause) implements Answer {}

        /** Nothing is stored and nothing will be. */
        record Failed(RuntimeException cause) implements Answer {}
    }

    /** How many places in line were looked at so far. Tests count them. */
    long looks() {
        lock.lock();
        try {
            return lines.looks();
        } finally {
            lock.unlock();
        }
    }

    /** Whether an append may share a transaction at all. */
    boolean accepts(SerializedAppend append) {
        return append.entries().size() <= maxEvents && append.bytes() <= maxBytes;
    }

    /**
     * Waits for the answer to an append.
     *
     * <p>An interruption never cuts short what others wait for: whoever leads carries it to the end.
     *
     * @throws TransientEventStoreException if the thread was interrupted before the append was sent; its flag stays set.
     *     Once sent, the answer is waited for
     */
    Answer submit(SerializedAppend append) {
        Ticket own = new Ticket(append, Thread.currentThread());
        try {
            return submit(own);
        } catch (Throwable e) {
            own.leave();
            throw e;
        }
    }

    private Answer submit(Ticket own) {
        lock.lock();
        try {
            lines.enter(own.standing);
            Ticket leader = appointLeader();
            if (leader != null && leader != own) {
                LockSupport.unpark(leader.thread);
            }
        } finally {
            lock.unlock();
        }
        Batch batch = own.awaitAnswerOrLead();
        if (batch != null) {
            boolean interrupted = Thread.interrupted();
            try {
                carryOut(batch);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        return own.answer();
    }

    /** Lets the first append that nothing holds back lead a batch, if there is room for one more; the lock is held. */
    private @Nullable Ticket appointLeader() {
        if (underWay.size() == MAX_LEADERS || (!underWay.isEmpty() && lines.waiting() < SECOND_LEADER_FROM)) {
            return null;
        }
        Ticket first = lines.first();
        if (first == null) {
            return null;
        }
        Batch batch = new Batch();
        batch.add(first);
        underWay.add(batch);
        lines.take();
        first.leads = batch;
        return first;
    }

    private void carryOut(Batch batch) {
        batch.begun = true;
        List<Answer> answers = List.of();
        try {
            fill(batch);
            answers = batches.run(batch.members.stream().map(Ticket::append).toList());
        } finally {
            try {
                handOver(batch, answers);
            } finally {
                answer(batch, answers);
            }
        }
    }

    private static void answer(Batch batch, List<Answer> answers) {
        for (int i = 0; i < batch.members.size(); i++) {
            batch.members
                    .get(i)
                    .complete(
                            i < answers.size()
                                    ? answers.get(i)
                                    : new Answer.Unknown(new IllegalStateException("The batch has no answer")));
        }
    }

    /**
     * Takes the waiting appends that nothing holds back, in their order. One that has no room keeps its places, so that
     * none overtakes it at its streams, and is the first to lead.
     */
    private void fill(Batch batch) {
        List<Standing<Ticket>> passedOver = new ArrayList<>(MAX_PASSED_OVER);
        lock.lock();
        try {
            while (batch.members.size() < MAX_APPENDS && passedOver.size() < MAX_PASSED_OVER) {
                Ticket next = lines.first();
                if (next == null) {
                    break;
                }
                if (batch.hasRoom(next.append)) {
                    batch.add(next);
                    lines.take();
                } else {
                    passedOver.add(next.standing);
                    lines.setAside();
                }
            }
        } finally {
            for (int i = 0; i < passedOver.size(); i++) {
                lines.putBack(passedOver.get(i));
            }
            lock.unlock();
        }
    }

    /** Lets the next one lead before the answers go out: waking many threads takes longer than a transaction. */
    private void handOver(Batch done, List<Answer> answers) {
        List<Ticket> awake = new ArrayList<>();
        lock.lock();
        try {
            underWay.remove(done);
            // By index: others must get their turn even if memory is lacking for an iterator.
            for (int i = 0; i < done.members.size(); i++) {
                lines.release(done.members.get(i).standing);
            }
            takeLost(moves(answers), awake);
        } finally {
            // Whatever went wrong before, others must not wait for a leader that never comes.
            Ticket next = lines.first();
            try {
                next = appointLeader();
            } finally {
                lock.unlock();
                // If memory was lacking even for that, the first one looks for a leader itself.
                if (next != null) {
                    LockSupport.unpark(next.thread);
                }
            }
            awake.forEach(ticket -> LockSupport.unpark(ticket.thread));
        }
    }

    /** Takes out the waiting appends that the batch has made conflicts of: asking the database would tell them no more. */
    private void takeLost(Map<StreamId, Move> moves, List<Ticket> lost) {
        moves.forEach((stream, move) -> {
            for (Ticket ticket : lines.expecting(stream, move.base, move.version())) {
                Optional<AppendOutcome> conflict = conflict(ticket.append, moves);
                if (conflict.isPresent()) {
                    Answer answer = new Answer.Decided(conflict.get());
                    lost.add(ticket);
                    lines.withdraw(ticket.standing);
                    ticket.answer = answer;
                }
            }
        });
    }

    /**
     * The conflict between a waiting append and what a batch has written, if it is certain.
     *
     * <p>The append may be a repetition of one that is stored. Then its events stand where it expected them. That place
     * is within what the batch wrote, so the ids there are known: another id means that it is not stored.
     */
    private static Optional<AppendOutcome> conflict(SerializedAppend append, Map<StreamId, Move> moves) {
        for (Entry entry : append.entries()) {
            Participant participant = append.participants().get(entry.stream());
            Move move = moves.get(participant.id());
            if (entry.offset() == 1
                    && move != null
                    && participant.expected() instanceof ExpectedVersion.Exactly exactly
                    && move.hasOtherEvent(
                            exactly.version().value(), entry.event().id())) {
                return Optional.of(new AppendOutcome.Conflict(
                        new VersionConflictException(participant.id(), exactly, StreamVersion.of(move.version()))));
            }
        }
        return Optional.empty();
    }

    private static Map<StreamId, Move> moves(List<Answer> answers) {
        Map<StreamId, Move> moves = new HashMap<>();
        for (Answer answer : answers) {
            if (answer instanceof Answer.Decided decided
                    && decided.outcome() instanceof AppendOutcome.Written written) {
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
     * @param base the version before
     * @param ids the events written, in order
     */
    private record Move(long base, List<UUID> ids) {
        long version() {
            return base + ids.size();
        }

        /** Whether the event after this version was written by the batch and is another one. */
        boolean hasOtherEvent(long version, UUID id) {
            return version >= base
                    && version < version()
                    && !ids.get((int) (version - base)).equals(id);
        }
    }

    /** Appends that share a transaction. Guarded by the lock until it is sent. */
    private final class Batch {
        private final List<Ticket> members = new ArrayList<>();
        private int events;
        private long bytes;

        /** Whether its leader carries it out, and so sees to its end. Used by the leader's thread alone. */
        private boolean begun;

        boolean hasRoom(SerializedAppend append) {
            return events + append.entries().size() <= maxEvents && bytes + append.bytes() <= maxBytes;
        }

        void add(Ticket ticket) {
            members.add(ticket);
            events += ticket.append.entries().size();
            bytes += ticket.append.bytes();
        }
    }

    /** An append that waits for its answer, or for being appointed to lead a batch. */
    private final class Ticket {
        private final SerializedAppend append;
        private final Thread thread;
        private final Standing<Ticket> standing;
        private volatile @Nullable Batch leads;
        private volatile @Nullable Answer answer;

        private Ticket(SerializedAppend append, Thread thread) {
            this.append = append;
            this.thread = thread;
            this.standing = new Standing<>(this, append.participants());
        }

        SerializedAppend append() {
            return append;
        }

        Answer answer() {
            Answer given = answer;
            if (given == null) {
                throw new IllegalStateException("An append of a batch has no answer");
            }
            return given;
        }

        void complete(Answer result) {
            answer = result;
            if (thread != Thread.currentThread()) {
                LockSupport.unpark(thread);
            }
        }

        /** The batch this append has to lead; null once it has its answer. */
        @Nullable
        Batch awaitAnswerOrLead() {
            boolean interrupted = false;
            try {
                while (answer == null && leads == null) {
                    LockSupport.park(GroupCommit.this);
                    leadIfNobodyDoes();
                    if (Thread.interrupted()) {
                        interrupted = true;
                        leaveIfNotTaken();
                    }
                }
                return leads;
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        /** An error, memory that runs out above all, may have kept a thread from letting the next one lead. */
        private void leadIfNobodyDoes() {
            if (answer != null || leads != null) {
                return;
            }
            lock.lock();
            try {
                if (underWay.isEmpty() && answer == null && leads == null) {
                    Ticket leader = appointLeader();
                    if (leader != null && leader != this) {
                        LockSupport.unpark(leader.thread);
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        /** Its thread goes away by an error: nobody must count on it. */
        void leave() {
            Batch led = null;
            lock.lock();
            try {
                lines.withdraw(standing);
                led = leads;
            } finally {
                lock.unlock();
            }
            if (led != null && !led.begun) {
                GroupCommit.this.carryOut(led);
            }
        }

        private void leaveIfNotTaken() {
            lock.lock();
            try {
                if (lines.withdraw(standing)) {
                    throw new TransientEventStoreException(
                            "The thread was interrupted before its append was sent; nothing was stored", null);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
