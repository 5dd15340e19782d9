package io.eventcore.command;

import io.eventcore.AppendLimitExceededException;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStreamSlice;
import io.eventcore.StoredMatches;
import io.eventcore.command.PendingDecision.Outcome;
import io.eventcore.internal.Combiner;
import io.eventcore.internal.RedactedException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which decisions are stored together: those that wait, in the order in which they were made, one group after the
 * other.
 *
 * <p>Each decision rests on those before it. So if a group is not stored, all decisions that wait behind it are
 * <em>lost</em>: they must be decided again, and are never stored.
 *
 * <p>Callers hold the lock, except for those of {@link #carryOut} and {@link #withoutAnswer}.
 */
final class DecisionLine implements Combiner.Policy<PendingDecision, Outcome> {
    private static final Logger LOG = LoggerFactory.getLogger(DecisionLine.class);

    /** Upper limit for the decisions that share an append. */
    private static final int MAX_DECISIONS = 256;

    /** Upper limit for the events that share an append; the same as for a transaction in the stores. */
    private static final int MAX_EVENTS = 512;

    /** Upper limit for the decisions held back for commands that must read before they can join. */
    private static final int MAX_HELD = 32;

    private final EventStore store;
    private final StreamCache cache;
    private final QueryCache queries;
    private final BooleanSupplier othersCome;
    private final ReentrantLock lock;

    /** Signalled when a group has ended. */
    private final Condition groupEnded;

    /** The waiting decisions, lost ones first. */
    private final Deque<PendingDecision> waiting = new ArrayDeque<>();

    private int maxEvents = MAX_EVENTS;

    /** Whether a group that is not lost has a leader and has not ended. */
    private boolean underWay;

    /** Whether the group in progress is stored. */
    private boolean stored;

    /** Whether a decision on which waiting decisions rest will not be stored. */
    private boolean undone;

    /** How many of the waiting decisions hold the line back. */
    private int holding;

    private boolean reading;
    private boolean draining;

    /** How often decisions were lost. */
    private long losses;

    /**
     * A line without decisions.
     *
     * @param lock guards this object and the caches
     * @param othersCome whether another command has the turn, or waits for it
     */
    DecisionLine(
            EventStore store, StreamCache cache, QueryCache queries, ReentrantLock lock, BooleanSupplier othersCome) {
        this.store = store;
        this.cache = cache;
        this.queries = queries;
        this.lock = lock;
        this.groupEnded = lock.newCondition();
        this.othersCome = othersCome;
    }

    /** How often decisions were lost; a decision that rests on a lost one was begun at a lower number. */
    long losses() {
        return losses;
    }

    /** Whether no decision waits to be stored. */
    boolean isIdle() {
        return !underWay && (waiting.isEmpty() || waiting.getLast().isLost());
    }

    /** Waits until no append is in progress, and prevents further ones until {@link #endReading}. */
    void beginReading() {
        reading = true;
        while (underWay) {
            groupEnded.awaitUninterruptibly();
        }
    }

    /** Allows appends again. The caller joins the line or leaves its queue next, and has the waiting decisions sent. */
    void endReading() {
        reading = false;
    }

    /** The waiting decisions, in their order. */
    Collection<PendingDecision> waiting() {
        return waiting;
    }

    /** Holds no decision back until {@link #endDraining}. */
    void beginDraining() {
        draining = true;
    }

    /** Waits until all decisions are stored or lost. */
    void awaitIdle() {
        while (!isIdle()) {
            groupEnded.awaitUninterruptibly();
        }
    }

    void endDraining() {
        draining = false;
    }

    /** Puts a decision in line, and makes its events visible to the next decisions. */
    @Override
    public void arrive(PendingDecision decision) {
        waiting.add(decision);
        holding += decision.holds() ? 1 : 0;
        decision.showIn(cache, queries);
    }

    /** An error has kept a decision from joining, or its thread from waiting. */
    @Override
    public void withdraw(PendingDecision decision) {
        if (waiting.remove(decision)) {
            holding -= decision.holds() ? 1 : 0;
        }
        undone = true;
        loseWhatRestsOnNothing();
    }

    /**
     * Marks the waiting decisions as lost if something ahead of them will not be stored. The group in progress must end
     * first.
     */
    private void loseWhatRestsOnNothing() {
        if (!underWay && undone) {
            undone = false;
            losses++;
            waiting.forEach(PendingDecision::lose);
            cache.dropPending();
            queries.dropPending();
        }
    }

    @Override
    public @Nullable PendingDecision nextLeader(int groups) {
        PendingDecision first = waiting.peek();
        if (first == null || groups > 0) {
            return null;
        }
        if (!first.isLost()) {
            if (reading || isHeldBack()) {
                return null;
            }
            underWay = true;
            stored = false;
        }
        return takeFirst();
    }

    private PendingDecision takeFirst() {
        PendingDecision first = waiting.remove();
        holding -= first.holds() ? 1 : 0;
        return first;
    }

    /** Whether it is better to send the waiting decisions after others have joined. */
    private boolean isHeldBack() {
        return !draining && waiting.size() < MAX_HELD && holding > 0 && othersCome.getAsBoolean();
    }

    @Override
    public void gather(Combiner.Group<PendingDecision> group) {
        boolean lost = group.leader().isLost();
        int events = group.leader().events();
        int items = group.leader().items().size();
        GroupExpectations expectations = new GroupExpectations();
        expectations.add(group.leader().writes());
        for (PendingDecision next = waiting.peek(); next != null; next = waiting.peek()) {
            events += next.events();
            items += next.items().size();
            boolean fits = lost
                    || (group.size() < MAX_DECISIONS
                            && events <= maxEvents
                            && items <= QueryCache.MAX_ITEMS_PER_APPEND
                            // An outdated decision is appended alone, and refused.
                            && expectations.agreeWith(next.writes()));
            if (!fits || next.isLost() != lost) {
                return;
            }
            if (!lost) {
                expectations.add(next.writes());
            }
            group.add(next);
            takeFirst();
        }
    }

    @Override
    public List<Outcome> carryOut(List<PendingDecision> decisions) {
        if (decisions.get(0).isLost()) {
            return Collections.nCopies(decisions.size(), Outcome.decideAgain());
        }
        DecisionGroup group = new DecisionGroup(decisions);
        try {
            Set<CachedItem> basis = basisOf(group);
            EventStreamSlice written = append(group, basis);
            succeed(group, basis, written);
            return group.stored(written);
        } catch (EventStoreException e) {
            if (e instanceof AppendLimitExceededException && group.isShared()) {
                limit(group.events() / 2);
            }
            return group.failed(e);
        } catch (Throwable e) {
            if (!group.isShared()) {
                return List.of(new Outcome.Failed(e));
            }
            List<Outcome> outcomes = group.settle(store);
            LOG.warn("An append failed in a way that stores do not declare", RedactedException.of(e, ""));
            return outcomes;
        }
    }

    private EventStreamSlice append(DecisionGroup group, Set<CachedItem> basis) {
        try {
            return group.appendTo(store, PackedItems.boundariesOf(basis));
        } catch (BoundaryConflictException e) {
            boolean mayBeCounted = basis.stream()
                    .anyMatch(item -> item.isCounted() && item.guardRow().equals(e.guardRow()));
            if (!mayBeCounted || !recount(basis)) {
                throw e;
            }
            return group.appendTo(store, PackedItems.boundariesOf(basis));
        }
    }

    private Set<CachedItem> basisOf(DecisionGroup group) {
        lock.lock();
        try {
            Optional<Set<CachedItem>> basis = queries.basisOf(group.decisions(), waiting);
            // Waiting decisions may rest on an item that is no longer up to date: they are lost when this group has
            // ended.
            undone |= basis.isEmpty();
            return basis.orElseGet(() -> {
                Set<CachedItem> own = new LinkedHashSet<>();
                group.decisions().forEach(decision -> own.addAll(decision.items()));
                return own;
            });
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads the current versions of counted items after a conflict on one of them: events that do not match may have
     * been added.
     *
     * @return false if they hold events other than the cached ones, or cannot be read: the conflict stands
     */
    private boolean recount(Set<CachedItem> basis) {
        Map<CachedItem, Boundary.Seen> recounted = new LinkedHashMap<>();
        try {
            for (CachedItem item : basis) {
                if (item.isCounted()) {
                    EventQuery query = item.boundary(item.seen()).query();
                    StoredMatches stored = store.internals().readMatching(query, Event.class, Optional.empty());
                    Boundary now = stored.boundary();
                    if (!now.guardRows().contains(item.guardRow()) || !item.isAs(stored)) {
                        return false;
                    }
                    recounted.put(item, now.seen(item.guardRow()));
                }
            }
        } catch (EventStoreException cannotBeRead) {
            LOG.debug("Tags could not be read again after a conflict", RedactedException.of(cannotBeRead, ""));
            return false;
        }
        lock.lock();
        try {
            recounted.forEach(CachedItem::recount);
        } finally {
            lock.unlock();
        }
        return true;
    }

    private void succeed(DecisionGroup group, Set<CachedItem> basis, EventStreamSlice written) {
        lock.lock();
        try {
            cache.stored(group.ofStreams(written));
            queries.stored(written.events(), basis);
            maxEvents = Math.min(MAX_EVENTS, maxEvents + 1 + maxEvents / 8);
            stored = true;
        } finally {
            lock.unlock();
        }
    }

    /** Sets a guess, which every stored group corrects: a single decision may have made the group too large. */
    private void limit(int events) {
        lock.lock();
        try {
            maxEvents = Math.max(1, events);
        } finally {
            lock.unlock();
        }
    }

    /** The first released decision of a group ends the group. */
    @Override
    public void release(PendingDecision decision) {
        if (underWay) {
            underWay = false;
            undone |= !stored;
            groupEnded.signalAll();
            loseWhatRestsOnNothing();
        }
    }

    @Override
    public Outcome withoutAnswer(PendingDecision decision) {
        return decision.isSent() ? DecisionGroup.settleApart(decision, store) : Outcome.decideAgain();
    }
}
