package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.PendingDecision.Outcome;
import io.eventcore.internal.Combiner;
import io.eventcore.internal.SharedEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets the commands of a queue decide on top of each other's events before these are stored, and stores them in groups.
 *
 * <p>The command that has the turn reads what is stored and what is pending, folds that for itself, decides, and passes
 * the turn on. While one group of decisions is being appended, the next one gathers. Nothing that came out of a decision,
 * a refusal included, is released before the append that proves it: it checks the version of every stream the decision
 * rested on, after everything the decision rested on was stored. If an append fails, all that rests on it is decided
 * again.
 *
 * <p>The thread that has the turn calls {@link #read}, {@link #join} and {@link #drain}, any thread the rest.
 */
class DecisionChain {
    private final EventStore store;
    private final EventRoundTrip roundTrip;
    private final CacheBudget budget;
    private final BooleanSupplier othersCome;

    /** Guards all that follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final StreamCache cache;
    private final DecisionLine line;
    private final Combiner<PendingDecision, Outcome> combiner;

    /** How many turns have begun. */
    private long turns;

    private boolean willCool;

    /**
     * A chain without decisions.
     *
     * @param store has a round trip of events
     * @param budget how much may be cached
     * @param othersCome whether another command has the turn, or waits for it
     */
    DecisionChain(EventStore store, CacheBudget budget, BooleanSupplier othersCome) {
        this.store = store;
        this.roundTrip = store.internals().roundTrip().orElseThrow();
        this.budget = budget;
        this.othersCome = othersCome;
        this.cache = new StreamCache(budget);
        this.line = new DecisionLine(store, cache, lock, othersCome);
        this.combiner = new Combiner<>(lock, line);
    }

    /** Begins a turn: what the decision rests on must hold from here. */
    void begin(QueuedAttempt attempt) {
        lock.lock();
        try {
            attempt.begin(line.losses());
            turns++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether decisions wait for being stored. */
    boolean isBusy() {
        lock.lock();
        try {
            return !line.isIdle();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Streams as the next decision is to see them.
     *
     * @return the streams; iterating them throws {@link DecideAgainException} if what others have decided is not of the
     *     type asked for
     * @throws DecideAgainException if an append has failed that the attempt rests on, or the streams are too long to be
     *     cached
     */
    <E extends Event> EventStreamReader<E> read(
            QueuedAttempt attempt, Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        lock.lock();
        try {
            check(attempt);
            if (cache.isTooLarge(streamsAfter.keySet())) {
                throw new DecideAgainException(true);
            }
            if (line.isIdle() || !cache.isSureOf(streamsAfter)) {
                readFromStore(attempt, streamsAfter, eventType);
            } else {
                attempt.restsOnUnproven();
            }
            List<SharedEvent> events = cache.eventsAfter(streamsAfter);
            streamsAfter.keySet().forEach(id -> attempt.sees(id, cache.version(id)));
            return new DecodedEvents<>(events, eventType, attempt::isTold)
                    .readAt(attempt.versionsOf(streamsAfter.keySet()));
        } finally {
            lock.unlock();
        }
    }

    private void check(QueuedAttempt attempt) {
        if (attempt.lossesBefore() != line.losses()) {
            throw new DecideAgainException(false);
        }
        if (cache.hasTooManyEvents()) {
            throw new DecideAgainException(true);
        }
    }

    /**
     * Reads while no append of this chain is under way: then all that is found stands before all that is pending, so that
     * the events of several streams can be put in order.
     */
    private <E extends Event> void readFromStore(
            QueuedAttempt attempt, Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        try {
            line.beginReading();
            check(attempt);
            if (attempt.hasSeenNothing() && cache.hasTooManyStreams()) {
                cache.evictStored();
            }
            if (!cache.cover(streamsAfter)) {
                attempt.readsMore();
            }
            Map<StreamId, StreamVersion> missing = cache.missing(streamsAfter);
            if (!line.isIdle()) {
                if (cache.lackBeginnings(streamsAfter)) {
                    throw new DecideAgainException(true);
                }
                attempt.restsOnUnproven();
                missing.keySet().removeIf(cache::isPending);
            }
            fill(missing, eventType);
        } finally {
            line.endReading();
        }
    }

    /** Reads with the lock released: only the attempt that has the turn changes the cache while nothing is under way. */
    private <E extends Event> void fill(Map<StreamId, StreamVersion> missing, Class<E> eventType) {
        Optional<FoundEvents> found = Optional.empty();
        lock.unlock();
        try {
            found = FoundEvents.of(missing, store.readStreams(missing, eventType), budget);
        } finally {
            lock.lock();
        }
        if (found.isEmpty()) {
            cache.refuse(missing.keySet());
            throw new DecideAgainException(true);
        }
        if (!cache.add(missing, found.get())) {
            throw new DecideAgainException(true);
        }
        coolLater();
    }

    /**
     * Takes a decision in, passes the turn on, and waits until the decision is stored.
     *
     * @return what the decision wrote
     * @throws DecideAgainException if it cannot be decided on top of others, or something it rests on was not stored
     */
    EventStreamSlice store(QueuedAttempt attempt, StreamWrites writes) {
        PendingDecision decision = join(attempt, writes);
        Outcome outcome;
        try {
            attempt.leaveQueue();
        } finally {
            // Even after an error: others rest on the decision by now, and this thread may be the one that has to
            // append.
            outcome = combiner.await(decision);
        }
        return outcome.slice();
    }

    /**
     * Takes a decision in: it will be stored after all that it rests on.
     *
     * @throws DecideAgainException if an append has failed that it rests on, or it cannot be decided on top of
     */
    PendingDecision join(QueuedAttempt attempt, StreamWrites writes) {
        PendingDecision decision = PendingDecision.of(writes, attempt.hasReadMore(), roundTrip);
        lock.lock();
        try {
            check(attempt);
            writes.streams().forEach((id, expected) -> {
                if (!cache.contains(id) || !expected.equals(ExpectedVersion.exactly(cache.version(id)))) {
                    throw new DecideAgainException(true);
                }
            });
            if (!cache.reserve(decision.bytes())) {
                throw new DecideAgainException(true);
            }
            coolLater();
            combiner.arrive(decision);
            return decision;
        } finally {
            lock.unlock();
        }
    }

    /** Sends what has gathered, unless an append is under way, or the next attempt has to read before that. */
    void sendIfDue() {
        combiner.leadIfDue();
    }

    /** Waits until no decision waits for being stored; the attempt that has the turn can then go on without this chain. */
    void drain() {
        lock.lock();
        try {
            line.beginDraining();
            try {
                combiner.leadIfDue();
                line.awaitIdle();
            } finally {
                line.endDraining();
            }
            cache.doubt();
            if (cache.hasTooManyEvents() || budget.used() > CacheBudget.MAX_BYTES / 2) {
                cache.evictStored();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether the outcome of an attempt that wrote nothing must be proven before it is released: it must if it rests on
     * anything but what the store said during this very attempt.
     */
    boolean mustProve(QueuedAttempt attempt) {
        return attempt.isUnproven();
    }

    /** Looks after a while whether what is cached is still needed. */
    private void coolLater() {
        if (!willCool && !cache.isEmpty()) {
            long turnsNow = turns;
            budget.later(() -> cool(turnsNow));
            willCool = true;
        }
    }

    /** Evicts all streams if no command has come since. */
    private void cool(long turnsThen) {
        lock.lock();
        try {
            willCool = false;
            if (turns == turnsThen && line.isIdle() && !othersCome.getAsBoolean()) {
                cache.clear();
            }
            coolLater();
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a stream that no commands fight over any more. */
    void forget(StreamId streamId) {
        lock.lock();
        try {
            cache.evict(streamId);
        } finally {
            lock.unlock();
        }
    }
}
