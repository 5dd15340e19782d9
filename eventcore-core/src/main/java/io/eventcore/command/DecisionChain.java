package io.eventcore.command;

import io.eventcore.AppendLimitExceededException;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.command.DecisionGroup.Member;
import io.eventcore.internal.RedactedException;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the commands of a lane decide on top of each other's events before these are stored, and stores them in groups.
 *
 * <p>Whoever has the turn reads what is stored and what is about to be, folds that for itself, decides, and passes the
 * turn on. While one group of decisions is being appended, the next one gathers. Nothing that came out of a decision,
 * a refusal included, is released before the append that proves it: it checks the version of every stream the decision
 * rested on, after everything the decision rested on was stored. If an append fails, all that rests on it is decided
 * again.
 *
 * <p>The thread that has the turn calls {@link #read}, {@link #join} and {@link #drain}, any thread the rest.
 */
class DecisionChain {
    private static final Logger LOG = LoggerFactory.getLogger(DecisionChain.class);

    /** How many decisions share an append at most. */
    private static final int MAX_MEMBERS = 256;

    /** How many events share an append at most; as many as share a transaction in the stores. */
    private static final int MAX_EVENTS = 512;

    /** How many decisions are held back at most, for others that have to read before they can join. */
    private static final int MAX_HELD = 32;

    /** How long a decision waits until its thread sees for itself whether it is time to send. */
    private static final long LOOK_AGAIN_NANOS = 100_000_000;

    /** How many events are kept at most, so that not everybody reads them from the store. */
    private static final int MAX_KEPT_EVENTS = 16_384;

    /** How many streams are kept at most. */
    private static final int MAX_KEPT_STREAMS = 64;

    private final EventStore store;
    private final ChainMemory memory;
    private final BooleanSupplier othersCome;

    private final ReentrantLock lock = new ReentrantLock();

    /** Signalled when an append has ended. */
    private final Condition settled = lock.newCondition();

    private final KnownStreams known = new KnownStreams();
    private DecisionGroup gathering = new DecisionGroup();
    private @Nullable DecisionGroup underWay;
    private int maxEvents = MAX_EVENTS;

    /** Whether the holder of the turn is reading from the store, and relies on the decisions behind not being sent. */
    private boolean reading;

    /** How many appends have failed; who decided on top of one of them has a lower number. */
    private long failures;

    /** How many turns have begun. */
    private long turns;

    /** Streams that are too large to be kept, so that they need not be read to find out again. */
    private final Set<StreamId> tooLarge = new HashSet<>();

    /** How much of what is known is counted by the memory. */
    private long counted;

    private boolean willForget;

    /**
     * A chain without decisions.
     *
     * @param memory how much may be kept
     * @param othersCome whether somebody has the turn, or waits for it
     */
    DecisionChain(EventStore store, ChainMemory memory, BooleanSupplier othersCome) {
        this.store = store;
        this.memory = memory;
        this.othersCome = othersCome;
    }

    /** Begins a turn: what the decision rests on must hold from here. */
    void begin(Turn turn) {
        lock.lock();
        try {
            turn.begin(failures);
            turns++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether decisions wait for being stored. */
    boolean isBusy() {
        lock.lock();
        try {
            return !isIdle();
        } finally {
            lock.unlock();
        }
    }

    private boolean isIdle() {
        return underWay == null && gathering.isEmpty();
    }

    /**
     * Streams as the next decision is to see them.
     *
     * @return the streams; iterating them throws {@link DecideAgainException} if what others have decided is not of the
     *     type asked for
     * @throws DecideAgainException if an append has failed that the turn rests on, or the streams are too long to be kept
     */
    <E extends Event> EventStreamReader<E> read(
            Turn turn, Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        lock.lock();
        try {
            check(turn);
            if (streamsAfter.keySet().stream().anyMatch(tooLarge::contains)) {
                throw new DecideAgainException(true);
            }
            if (isIdle() || !known.cover(streamsAfter)) {
                readFromStore(turn, streamsAfter, eventType);
            } else {
                turn.restsOnUnproven();
            }
            List<SharedEvent> events = known.eventsAfter(streamsAfter);
            streamsAfter.keySet().forEach(id -> turn.sees(id, known.version(id)));
            return EventStreamReader.of(
                    turn.versionsOf(streamsAfter.keySet()), new DecodedEvents<>(events, eventType, turn::isTold));
        } finally {
            lock.unlock();
        }
    }

    private void check(Turn turn) {
        if (turn.failures() != failures) {
            throw new DecideAgainException(false);
        }
        if (known.events() > MAX_KEPT_EVENTS) {
            throw new DecideAgainException(true);
        }
    }

    /** Counts what is known now; what is less than before is given back. */
    private void count() {
        memory.release(counted - known.bytes());
        counted = known.bytes();
        if (counted > 0 && !willForget) {
            willForget = true;
            long turnsNow = turns;
            memory.later(() -> forgetIfCold(turnsNow));
        }
    }

    /** Forgets what no command has come for since. */
    private void forgetIfCold(long turnsThen) {
        lock.lock();
        try {
            willForget = false;
            if (turns == turnsThen && isIdle() && !othersCome.getAsBoolean()) {
                known.forgetStored();
                tooLarge.clear();
            }
            count();
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a stream that no commands fight over any more. */
    void forget(StreamId streamId) {
        lock.lock();
        try {
            known.forgetStored(streamId);
            tooLarge.remove(streamId);
            count();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads while no append of this chain is under way: then all that is found stands before all that is about to be
     * stored, so that the events of several streams can be put in order.
     */
    private <E extends Event> void readFromStore(
            Turn turn, Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        reading = true;
        try {
            awaitNothingUnderWay();
            check(turn);
            if (turn.hasSeenNothing() && known.streams() > MAX_KEPT_STREAMS) {
                known.forgetStored();
                count();
            }
            if (!known.cover(streamsAfter)) {
                turn.readsMore();
            }
            Map<StreamId, StreamVersion> missing = known.missing(streamsAfter);
            if (!isIdle()) {
                turn.restsOnUnproven();
                missing.keySet().removeIf(known::isExpected);
            }
            learn(missing, eventType);
        } finally {
            reading = false;
        }
    }

    /** Reads with the lock released: only who has the turn changes what is known while nothing is under way. */
    private <E extends Event> void learn(Map<StreamId, StreamVersion> missing, Class<E> eventType) {
        FoundEvents found = null;
        lock.unlock();
        try {
            EventStreamReader<E> read = store.readStreams(missing, eventType);
            found = isTooLong(missing, read) ? null : readToKeep(read);
        } finally {
            lock.lock();
        }
        if (found == null) {
            refuseToKeep(missing.keySet());
            throw new DecideAgainException(true);
        }
        boolean complete = known.learn(missing, found);
        // What was read is counted already.
        counted += found.bytes();
        count();
        if (!complete) {
            known.forgetStored();
            count();
            throw new DecideAgainException(true);
        }
    }

    private static boolean isTooLong(Map<StreamId, StreamVersion> after, EventStreamReader<?> found) {
        long events = 0;
        for (Map.Entry<StreamId, StreamVersion> stream : after.entrySet()) {
            events += found.version(stream.getKey()).value() - stream.getValue().value();
        }
        return events > MAX_KEPT_EVENTS;
    }

    /** Reads as long as there is memory; null if it ends first, or the store does not give its events as they are stored. */
    private @Nullable FoundEvents readToKeep(EventStreamReader<?> read) {
        List<StoredEvent> events = new ArrayList<>();
        long reserved = 0;
        boolean done = false;
        try {
            Iterable<StoredEvent> stored = read.stored().orElse(null);
            if (stored == null) {
                return null;
            }
            for (StoredEvent event : stored) {
                long bytes = ChainMemory.bytes(event);
                if (!memory.reserve(bytes)) {
                    return null;
                }
                reserved += bytes;
                events.add(event);
            }
            done = true;
            return new FoundEvents(read.versions(), events);
        } finally {
            if (!done) {
                memory.release(reserved);
            }
        }
    }

    private void refuseToKeep(Set<StreamId> streams) {
        if (tooLarge.size() + streams.size() > MAX_KEPT_STREAMS) {
            tooLarge.clear();
        }
        if (streams.size() <= MAX_KEPT_STREAMS) {
            tooLarge.addAll(streams);
        }
        known.forgetStored();
        count();
    }

    /**
     * Takes a decision in, passes the turn on, and waits until the decision is stored.
     *
     * @return what the decision wrote
     * @throws DecideAgainException if it cannot be decided on top of others, or something it rests on was not stored
     */
    EventStreamSlice store(Turn turn, StreamWrites writes) {
        Member member = join(turn, writes);
        try {
            turn.pass();
        } catch (Throwable e) {
            // Others rest on the decision by now, and this thread may be the one that has to append it.
            await(member);
            throw e;
        }
        return await(member);
    }

    /**
     * Takes a decision in: it will be stored after all that it rests on.
     *
     * @throws DecideAgainException if an append has failed that it rests on, or it cannot be decided on top of
     */
    Member join(Turn turn, StreamWrites writes) {
        List<SharedEvent> encoded = asRead(writes.events());
        lock.lock();
        try {
            awaitRoom(turn, encoded.size());
            check(turn);
            writes.streams().forEach((id, expected) -> {
                if (!known.isKnown(id) || !expected.equals(ExpectedVersion.exactly(known.version(id)))) {
                    throw new DecideAgainException(true);
                }
            });
            long bytes = encoded.stream()
                    .mapToLong(event -> ChainMemory.bytes(event.stored()))
                    .sum();
            if (!memory.reserve(bytes)) {
                throw new DecideAgainException(true);
            }
            counted += bytes;
            Member member = new Member(writes);
            try {
                gathering.add(member, turn.hasReadMore());
                encoded.forEach(known::expect);
                count();
            } catch (Throwable e) {
                // An error, memory that runs out above all: its thread will not append it.
                sendNothingUntilDropped();
                throw e;
            }
            return member;
        } finally {
            lock.unlock();
        }
    }

    private void sendNothingUntilDropped() {
        reading = true;
        try {
            awaitNothingUnderWay();
        } finally {
            reading = false;
        }
        dropGathering().decideAgain();
    }

    /** The events as others will read them: they may lose or gain something when they are encoded and decoded. */
    private List<SharedEvent> asRead(List<NewEvent> events) {
        List<SharedEvent> asRead = new ArrayList<>(events.size());
        try {
            for (NewEvent event : events) {
                SharedEvent encoded = new SharedEvent(memory.encode(event));
                encoded.decode();
                asRead.add(encoded);
            }
            return asRead;
        } catch (RuntimeException notToBeReadBack) {
            // Whatever is wrong with it, its own append will say; nobody can decide on top of it.
            throw new DecideAgainException(true);
        }
    }

    private void awaitRoom(Turn turn, int events) {
        while (!gathering.hasRoom(events, MAX_MEMBERS, maxEvents)) {
            if (underWay == null) {
                send();
            }
            settled.awaitUninterruptibly();
            check(turn);
        }
    }

    private void awaitNothingUnderWay() {
        while (underWay != null) {
            settled.awaitUninterruptibly();
        }
    }

    /** Waits until nothing waits for being stored; whoever has the turn can then go on without this chain. */
    void drain() {
        lock.lock();
        try {
            while (!isIdle()) {
                if (underWay == null) {
                    send();
                }
                settled.awaitUninterruptibly();
            }
            if (known.events() > MAX_KEPT_EVENTS || memory.kept() > ChainMemory.MAX_BYTES / 2) {
                known.forgetStored();
                count();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether the outcome of a turn that wrote nothing must be proven before it is released: it must if it rests on
     * anything but what the store said during this very turn.
     */
    boolean mustProve(Turn turn) {
        return turn.isUnproven();
    }

    /** Sends what has gathered, unless an append is under way, or the next turn has to read before that. */
    void sendIfDue() {
        lock.lock();
        try {
            startNext();
        } finally {
            lock.unlock();
        }
    }

    private void startNext() {
        if (underWay == null
                && !reading
                && !gathering.isEmpty()
                && !(gathering.waitsForOthers(MAX_HELD) && othersCome.getAsBoolean())) {
            send();
        }
    }

    private void send() {
        DecisionGroup next = new DecisionGroup();
        underWay = gathering;
        gathering = next;
        underWay.appointLeader();
    }

    /**
     * Waits until a decision is stored, and appends its group if it is the first in it. Not to be interrupted: the events
     * may be on their way.
     *
     * @return what the decision wrote
     * @throws DecideAgainException if something it rests on was not stored
     */
    private EventStreamSlice await(Member member) {
        boolean interrupted = false;
        try {
            while (!member.isDone()) {
                DecisionGroup group = member.leads();
                if (group == null) {
                    LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
                    interrupted |= Thread.interrupted();
                    // An error may have kept another thread from sending.
                    sendIfDue();
                } else {
                    interrupted |= append(group);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return member.outcome();
    }

    /** Appends a group, for others too: an interruption of this thread must not fail them. Whether there was one. */
    private boolean append(DecisionGroup group) {
        boolean interrupted = Thread.interrupted();
        try {
            StreamWrites writes = group.writes();
            while (!group.isStored()) {
                try {
                    succeed(group, store.appendEvents(writes));
                } catch (TransientEventStoreException e) {
                    if (!Thread.interrupted()) {
                        throw e;
                    }
                    interrupted = true;
                }
            }
        } catch (EventStoreException e) {
            fail(group, e);
        } catch (Throwable e) {
            if (group.isShared()) {
                group.settle(store::appendEvents);
            }
            fail(group, e);
            if (group.isShared()) {
                LOG.warn("An append failed in a way that stores do not declare", RedactedException.of(e, ""));
            }
        }
        return interrupted;
    }

    private void succeed(DecisionGroup group, EventStreamSlice written) {
        group.checkComplete(written);
        lock.lock();
        try {
            known.stored(written.events());
            maxEvents = Math.min(MAX_EVENTS, maxEvents + 1 + maxEvents / 8);
            underWay = null;
            settled.signalAll();
            // The next leader is woken before the others: the database is waiting, their callers have what they want.
            startNext();
        } finally {
            lock.unlock();
        }
        group.succeed(written);
    }

    private void fail(DecisionGroup group, Throwable failure) {
        try {
            dropWhatRestsOn(group, failure).decideAgain();
        } finally {
            group.fail(failure);
        }
    }

    private DecisionGroup dropWhatRestsOn(DecisionGroup group, Throwable failure) {
        lock.lock();
        try {
            if (failure instanceof AppendLimitExceededException && group.isShared()) {
                // A guess, which every group that is stored corrects: the one that is too large may be a single member.
                maxEvents = Math.max(1, group.events() / 2);
            }
            return dropGathering();
        } finally {
            underWay = null;
            settled.signalAll();
            lock.unlock();
        }
    }

    /** Lets nobody decide on top of what has gathered; the lock is held. */
    private DecisionGroup dropGathering() {
        DecisionGroup dropped = gathering;
        failures++;
        gathering = new DecisionGroup();
        known.dropExpected();
        count();
        return dropped;
    }
}
