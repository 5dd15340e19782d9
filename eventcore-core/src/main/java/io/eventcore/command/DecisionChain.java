package io.eventcore.command;

import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventRoundTrip;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.EventStreamSlice;
import io.eventcore.EventTag;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.QueriedEvents;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.PendingDecision.Outcome;
import io.eventcore.internal.Combiner;
import io.eventcore.internal.SharedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the commands of a queue decide on top of each other's events before these are stored, and stores them in groups.
 *
 * <p>The command that has the turn reads the stored and the pending events, folds them, decides, and passes the turn
 * on. While one group of decisions is being appended, the next one gathers. The chain releases no outcome of a
 * decision, rejections included, before the append that proves it. After everything that the decision rested on was
 * stored, that append checks the version of every stream and the boundary of every query. If an append fails, every
 * command that rests on it decides again.
 *
 * <p>The thread that has the turn calls {@link #read}, {@link #join} and {@link #drain}; any thread may call the other
 * methods.
 */
class DecisionChain {
    private final EventStore store;
    private final EventRoundTrip roundTrip;
    private final CacheBudget budget;
    private final BooleanSupplier othersCome;

    /** Guards all fields below. */
    private final ReentrantLock lock = new ReentrantLock();

    private final StreamCache cache;
    private final QueryCache queries;
    private final DecisionLine line;
    private final Combiner<PendingDecision, Outcome> combiner;

    /** How many turns have begun. */
    private long turns;

    private boolean willCool;

    /** Streams that were remembered before they became hot; null if there are none. */
    private @Nullable KnownStreams known;

    /**
     * A chain without decisions.
     *
     * @param store a store with a round trip of events
     * @param budget how much may be cached
     * @param othersCome whether another command has the turn, or waits for it
     */
    DecisionChain(EventStore store, CacheBudget budget, BooleanSupplier othersCome) {
        this.store = store;
        this.roundTrip = store.internals().roundTrip().orElseThrow();
        this.budget = budget;
        this.othersCome = othersCome;
        this.cache = new StreamCache(budget);
        this.queries = new QueryCache(budget);
        this.line = new DecisionLine(store, cache, queries, lock, othersCome);
        this.combiner = new Combiner<>(lock, line);
    }

    /** Lets this chain, before its first decision, take over streams that are known. */
    DecisionChain goingOnFrom(@Nullable KnownStreams streams) {
        known = streams;
        return this;
    }

    /** Begins a turn: what the decision rests on must hold from now on. */
    void begin(QueuedAttempt attempt) {
        lock.lock();
        try {
            attempt.begin(line.losses());
            queries.beginTurn();
            turns++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether decisions wait to be stored. */
    boolean isBusy() {
        lock.lock();
        try {
            return !line.isIdle();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Streams as the next decision must see them.
     *
     * @return the streams; iterating them throws {@link DecideAgainException} if an event that another command decided
     *     is not of the requested type
     * @throws DecideAgainException if an append that the attempt rests on has failed, or the streams are too long to be
     *     cached
     */
    <E extends Event> EventStreamReader<E> read(
            QueuedAttempt attempt, Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        lock.lock();
        try {
            check(attempt);
            if (cache.isTooLarge(streamsAfter.keySet()) || queries.isPendingIn(streamsAfter.keySet())) {
                throw new DecideAgainException(true);
            }
            if (line.isIdle() || !cache.isSureOf(streamsAfter)) {
                readFromStore(attempt, streamsAfter, eventType);
                if (!cache.cover(streamsAfter)) {
                    // The earlier events were evicted meanwhile: the stream is no longer hot.
                    throw new DecideAgainException(false);
                }
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
        if (cache.hasTooManyEvents() || queries.hasTooManyEvents()) {
            throw new DecideAgainException(true);
        }
    }

    /**
     * What a query matches, as the next decision must see it. Until the decision is sent, the boundary stands for what
     * was seen; only this chain can resolve it.
     *
     * @return the events; iterating them throws {@link DecideAgainException} if one cannot be decoded
     * @throws DecideAgainException if an append that the attempt rests on has failed, or the query cannot be cached
     */
    <E extends Event> QueriedEvents<E> read(QueuedAttempt attempt, EventQuery query, Class<E> eventType) {
        lock.lock();
        try {
            check(attempt);
            List<EventQuery.Item> asked = query.items();
            if (eventType != Event.class
                    || !attempt.hasSeenNothing()
                    || asked.size() > QueryCache.MAX_ITEMS_PER_DECISION
                    || queries.isTooLarge(asked)) {
                throw new DecideAgainException(true);
            }
            if (line.isIdle() || !queries.areSure(asked)) {
                readFromStore(attempt, asked);
            } else {
                attempt.restsOnUnproven();
            }
            List<CachedItem> items = new ArrayList<>(asked.size());
            List<Boundary.Seen> seen = new ArrayList<>(asked.size());
            for (EventQuery.Item item : asked) {
                CachedItem cached = queries.find(item);
                if (cached == null) {
                    // This item was forgotten while another one was read.
                    throw new DecideAgainException(false);
                }
                items.add(cached);
                seen.add(queries.seenOf(cached));
            }
            Boundary told = PackedItems.boundaryOf(items, seen).orElseThrow(() -> new DecideAgainException(true));
            attempt.sees(items, told);
            queries.seesInTurn(attempt.items());
            return QueriedEvents.ofParts(
                    told,
                    queries.eventsOf(items),
                    SharedEvent::stored,
                    event -> decode(attempt, event),
                    query,
                    eventType);
        } finally {
            lock.unlock();
        }
    }

    private static List<RecordedEvent<Event>> decode(QueuedAttempt attempt, SharedEvent event) {
        try {
            return event.decode();
        } catch (RuntimeException notToBeReadBack) {
            // If the command decides alone, the store's exception says which event it is.
            DecideAgainException alone = new DecideAgainException(true);
            attempt.isTold(alone);
            throw alone;
        }
    }

    /**
     * Reads items while no append of this chain is in progress: all with one statement if the store tells them apart,
     * otherwise each separately, at its own moment. The append proves that all hold together.
     */
    private void readFromStore(QueuedAttempt attempt, List<EventQuery.Item> asked) {
        try {
            line.beginReading();
            check(attempt);
            boolean idle = line.isIdle();
            if (!idle || asked.size() > 1) {
                attempt.restsOnUnproven();
            }
            if (!queries.makeRoom(line.waiting())) {
                throw new DecideAgainException(true);
            }
            // An item that decisions in line rest on stays as they have seen it, until they are stored.
            List<EventQuery.Item> missing = asked.stream()
                    .filter(item -> idle || !queries.isSureOf(queries.find(item)))
                    .toList();
            if (missing.stream().anyMatch(item -> queries.find(item) == null)) {
                attempt.readsMore();
            }
            fillAll(missing);
        } finally {
            line.endReading();
        }
    }

    private void fillAll(List<EventQuery.Item> missing) {
        // Which of several tags guards an item is known only when it is read.
        List<EventQuery.Item> together =
                missing.stream().filter(item -> item.tags().size() <= 1).toList();
        Map<String, Boundary.Seen> from = queries.beforeLast(together, line.waiting());
        List<EventQuery.Item> left = new ArrayList<>(missing);
        if (together.size() > 1 || !from.isEmpty()) {
            left.removeAll(together);
            left.addAll(fillTogether(together, from));
        }
        for (EventQuery.Item item : left) {
            fill(item, readSeparately(item));
        }
    }

    /**
     * Reads items with one statement.
     *
     * @param from where to begin, by the rows of the guards; at the beginning of the others
     * @return the items that must be read separately
     */
    private List<EventQuery.Item> fillTogether(List<EventQuery.Item> missing, Map<String, Boundary.Seen> from) {
        List<EventQuery.Item> left = new ArrayList<>(missing.size());
        EventQuery query = new EventQuery(missing);
        Map<String, Boundary.Seen> begun = from;
        List<Optional<FoundMatches>> found;
        lock.unlock();
        try {
            found = readTogether(query, from.isEmpty() ? Optional.empty() : Optional.of(Boundary.after(query, from)));
        } catch (BoundaryConflictException eventsBelow) {
            // A backfill has given a tag to older events, or the version of an item was counted too low.
            begun = Map.of();
            found = readTogether(query, Optional.empty());
        } finally {
            lock.lock();
        }
        if (found.size() != missing.size()) {
            // Two of them may be one for the store, or it does not tell them apart.
            FoundMatches.release(found, budget);
            return missing;
        }
        int taken = 0;
        try {
            while (taken < found.size()) {
                EventQuery.Item item = missing.get(taken);
                Optional<FoundMatches> ofItem = found.get(taken++);
                if (ofItem.isEmpty()) {
                    // For all of them at once, there was no room beside what they replace.
                    left.add(item);
                } else if (!begun.containsKey(QueryCache.guardRow(item))) {
                    fill(item, ofItem);
                } else if (!queries.continueFrom(item, ofItem.get())) {
                    left.add(item);
                }
            }
        } finally {
            FoundMatches.release(found.subList(taken, found.size()), budget);
        }
        return left;
    }

    /** What was found of each item; empty if the items must be read separately. */
    private List<Optional<FoundMatches>> readTogether(EventQuery query, Optional<Boundary> after) {
        return FoundMatches.ofItems(store.internals().readMatching(query, Event.class, after), budget);
    }

    private Optional<FoundMatches> readSeparately(EventQuery.Item item) {
        EventQuery query = new EventQuery(List.of(item));
        lock.unlock();
        try {
            return FoundMatches.of(store.internals().readMatching(query, Event.class, Optional.empty()), budget);
        } finally {
            lock.lock();
        }
    }

    /** Like the other {@code fill}, for an item of a query that was read as a whole. */
    private void fill(EventQuery.Item item, Optional<FoundMatches> found) {
        if (found.isEmpty()) {
            queries.refuse(item);
            throw new DecideAgainException(true);
        }
        if (!queries.add(item, found.get())) {
            throw new DecideAgainException(true);
        }
        coolLater();
    }

    /**
     * Reads while no append of this chain is in progress: then all events found come before all pending events, so the
     * events of several streams can be put in order.
     */
    private <E extends Event> void readFromStore(
            QueuedAttempt attempt, Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
        try {
            line.beginReading();
            check(attempt);
            if (attempt.hasSeenNothing() && cache.hasTooManyStreams()) {
                cache.evictStored();
            }
            takeOver(streamsAfter.keySet());
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

    /** The events remembered before streams became hot need not be read again, except for the last event of each. */
    private void takeOver(Set<StreamId> streams) {
        if (known == null) {
            return;
        }
        for (StreamId id : streams) {
            KnownStream stream = cache.contains(id) ? null : known.take(id);
            if (stream != null && stream.size() <= StreamCache.MAX_EVENTS / 2) {
                cache.seed(id, stream);
                coolLater();
            }
        }
    }

    /**
     * Reads with the lock released: while no append is in progress, only the attempt that has the turn changes the
     * cache.
     */
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
            // The log was set back: what is remembered of warm streams is outdated too.
            if (known != null) {
                known.forgetAll();
            }
            throw new DecideAgainException(true);
        }
        coolLater();
    }

    /**
     * Accepts a decision, passes the turn on, and waits until the decision is stored.
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
            // Even after an error: other decisions may rest on this one by now, and this thread may be the one that has
            // to append.
            outcome = combiner.await(decision);
        }
        return outcome.slice();
    }

    /**
     * Accepts a decision, to store it after everything that it rests on.
     *
     * @throws DecideAgainException if an append that it rests on has failed, or no command could decide on top of it
     */
    PendingDecision join(QueuedAttempt attempt, StreamWrites writes) {
        PendingDecision decision = PendingDecision.of(writes, attempt.items(), attempt.hasReadMore(), roundTrip);
        lock.lock();
        try {
            check(attempt);
            if (!attempt.isBasisOf(writes)) {
                throw new DecideAgainException(true);
            }
            if (decision.isOnQuery()) {
                checkQuery(attempt, writes);
            } else {
                checkStreams(writes);
            }
            if (!cache.reserve(decision.isOnQuery() ? 0 : decision.bytes()) || !queries.reserve(decision)) {
                throw new DecideAgainException(true);
            }
            coolLater();
            combiner.arrive(decision);
            return decision;
        } finally {
            lock.unlock();
        }
    }

    private void checkStreams(StreamWrites writes) {
        writes.streams().forEach((id, expected) -> {
            if (!cache.contains(id) || !expected.equals(ExpectedVersion.exactly(cache.version(id)))) {
                throw new DecideAgainException(true);
            }
        });
    }

    /**
     * The streams of a decision on a query were read with the query; other streams are written in any version. None of
     * them stays in the cache of streams, which would have to know their versions.
     */
    private void checkQuery(QueuedAttempt attempt, StreamWrites writes) {
        if (!attempt.items().stream().allMatch(item -> queries.holds(item) && queries.isSureOf(item))) {
            throw new DecideAgainException(false);
        }
        writes.streams().forEach((id, expected) -> {
            if (!(expected instanceof ExpectedVersion.Any) && !attempt.hasSeen(id, expected)) {
                throw new DecideAgainException(true);
            }
        });
        for (NewEvent event : writes.events()) {
            if (cache.isPending(event.streamId())) {
                throw new DecideAgainException(true);
            }
            cache.evict(event.streamId());
        }
    }

    /** Sends the gathered decisions, unless an append is in progress, or the next attempt has to read first. */
    void sendIfDue() {
        combiner.leadIfDue();
    }

    /**
     * Waits until no decision waits to be stored; the attempt that has the turn can then continue without this chain.
     */
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
            queries.doubt();
            boolean scarce = budget.used() > CacheBudget.MAX_BYTES / 2;
            if (scarce || cache.hasTooManyEvents()) {
                cache.evictStored();
            }
            if (scarce || queries.hasTooManyEvents()) {
                queries.evict();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether the outcome of an attempt that wrote nothing must be proven before it is released. It must if it rests on
     * anything other than what the store returned during this attempt.
     */
    boolean mustProve(QueuedAttempt attempt) {
        return attempt.isUnproven();
    }

    /** Checks after a while whether the cached events are still needed. */
    private void coolLater() {
        if (!willCool && !(cache.isEmpty() && queries.isEmpty())) {
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
                queries.clear();
            }
            coolLater();
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a stream or a tag that commands no longer contend for. */
    void forget(String row) {
        lock.lock();
        try {
            if (!EventTag.isRow(row)) {
                cache.evict(StreamId.of(row));
            }
            if (line.isIdle()) {
                queries.evict(row);
            }
        } finally {
            lock.unlock();
        }
    }
}
