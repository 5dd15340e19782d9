package io.eventcore.command;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.AppendedEvent;
import io.eventcore.Boundary;
import io.eventcore.BoundaryConflictException;
import io.eventcore.ConflictException;
import io.eventcore.EventMetadata;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.PendingDecision.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decisions that rest on each other, in their order. One append stores all of them, or none.
 *
 * @param decisions at least one
 */
record DecisionGroup(List<PendingDecision> decisions) {
    /** Whether there is more than one decision in it. */
    boolean isShared() {
        return decisions.size() > 1;
    }

    int events() {
        int events = 0;
        for (PendingDecision decision : decisions) {
            events += decision.events();
        }
        return events;
    }

    /**
     * Appends all decisions. An interruption of this thread takes effect later: it must not fail the other decisions.
     *
     * @param boundaries what they rest on besides the versions of streams
     */
    EventStreamSlice appendTo(EventStore store, List<Boundary> boundaries) {
        StreamWrites writes = writes(boundaries);
        decisions.forEach(PendingDecision::send);
        EventStreamSlice written = appendUninterruptibly(store, writes);
        if (written.events().size() != events()) {
            throw new IllegalStateException("The store has returned %d of %d events"
                    .formatted(written.events().size(), events()));
        }
        return written;
    }

    private static EventStreamSlice appendUninterruptibly(EventStore store, StreamWrites writes) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return store.appendEvents(writes);
                } catch (TransientEventStoreException e) {
                    if (!Thread.interrupted()) {
                        throw e;
                    }
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** All decisions, which agree on what they expect, as one append. */
    private StreamWrites writes(List<Boundary> boundaries) {
        if (decisions.size() == 1) {
            return decisions.get(0).restingOn(boundaries);
        }
        GroupExpectations expectations = new GroupExpectations();
        decisions.forEach(decision -> expectations.add(decision.writes()));
        StreamWrites all = StreamWrites.empty();
        for (Map.Entry<StreamId, ExpectedVersion> stream :
                expectations.beforeAll().entrySet()) {
            all = all.registerStream(stream.getKey(), stream.getValue());
        }
        for (PendingDecision decision : decisions) {
            StreamWrites own = decision.writes();
            for (NewEvent event : own.events()) {
                all = all.append(withMetadata(event, own.metadata()));
            }
        }
        for (Boundary boundary : boundaries) {
            all = all.restingOn(boundary);
        }
        return all;
    }

    /** The event with the metadata of its own append. */
    private static NewEvent withMetadata(NewEvent event, EventMetadata metadata) {
        return event.withMetadata(event.metadata().withDefaults(metadata));
    }

    /** Gives each decision its part of what was written. */
    List<Outcome> stored(EventStreamSlice written) {
        if (decisions.size() == 1) {
            return List.of(new Outcome.Stored(written));
        }
        List<Outcome> outcomes = new ArrayList<>(decisions.size());
        List<AppendedEvent> all = written.events();
        int next = 0;
        for (PendingDecision decision : decisions) {
            int end = next + decision.events();
            outcomes.add(new Outcome.Stored(new EventStreamSlice(all.subList(next, end))));
            next = end;
        }
        return outcomes;
    }

    /** The written events of decisions on streams alone. */
    List<AppendedEvent> ofStreams(EventStreamSlice written) {
        if (decisions.stream().noneMatch(PendingDecision::isOnQuery)) {
            return written.events();
        }
        List<AppendedEvent> ofStreams = new ArrayList<>();
        int next = 0;
        for (PendingDecision decision : decisions) {
            int end = next + decision.events();
            if (!decision.isOnQuery()) {
                ofStreams.addAll(written.events().subList(next, end));
            }
            next = end;
        }
        return ofStreams;
    }

    /** What the failure of the append means for each decision. */
    List<Outcome> failed(EventStoreException failure) {
        if (decisions.size() == 1 && !(failure instanceof BoundaryConflictException)) {
            return List.of(new Outcome.Failed(failure));
        }
        List<Outcome> outcomes = new ArrayList<>(decisions.size());
        for (PendingDecision decision : decisions) {
            outcomes.add(new Outcome.Failed(part(decision, failure)));
        }
        return outcomes;
    }

    /**
     * Settles each decision, in order, after an append of all that may or may not have stored them.
     *
     * <p>A decision rests on those before it. So it is appended separately only if they are stored. Otherwise, another
     * instance may have appended in their place, and reached the version that the decision expects.
     */
    List<Outcome> settle(EventStore store) {
        List<Outcome> outcomes = new ArrayList<>(decisions.size());
        Outcome before = new Outcome.Stored(EventStreamSlice.empty());
        boolean anyStored = false;
        for (PendingDecision decision : decisions) {
            Outcome outcome;
            if (before instanceof Outcome.Stored || decision.isOnQuery()) {
                outcome = append(decision, store);
            } else if (before.isDecidedAgain()) {
                // If all were stored, the append would have found the decision before.
                outcome = before;
            } else {
                outcome = find(decision, store, anyStored);
            }
            outcomes.add(outcome);
            anyStored |= outcome instanceof Outcome.Stored && decision.events() > 0;
            if (before instanceof Outcome.Stored && decision.events() > 0) {
                before = outcome;
            }
        }
        return outcomes;
    }

    /** Settles a decision of a group that no longer has a leader. The other threads settle theirs, in any order. */
    static Outcome settleApart(PendingDecision decision, EventStore store) {
        return decision.isOnQuery() ? append(decision, store) : find(decision, store, false);
    }

    /**
     * The decision, if it is stored.
     *
     * @param ended whether the append of the group has certainly ended, because one of its streams was written since
     */
    private static Outcome find(PendingDecision decision, EventStore store, boolean ended) {
        try {
            if (decision.isIn(store)) {
                return append(decision, store);
            }
        } catch (RuntimeException unreadable) {
            return new Outcome.Failed(unknown(decision, unreadable));
        }
        return ended
                ? Outcome.decideAgain()
                : new Outcome.Failed(unknown(decision, new IllegalStateException("its group was not acknowledged")));
    }

    /** Appends a decision by itself: if it is stored, the store finds it by the ids of its events. */
    private static Outcome append(PendingDecision decision, EventStore store) {
        try {
            return new Outcome.Stored(appendUninterruptibly(store, decision.settlingWrites()));
        } catch (ConflictException e) {
            // It is not stored, or what it rested on without writing has moved on since.
            return Outcome.decideAgain();
        } catch (TransientEventStoreException | EventStoreUnavailableException e) {
            // This holds only for this append: the append of the group may have stored the decision.
            return new Outcome.Failed(unknown(decision, e));
        } catch (Throwable e) {
            return new Outcome.Failed(e);
        }
    }

    private static RuntimeException unknown(PendingDecision decision, Throwable failure) {
        return decision.events() == 0
                ? new DecideAgainException(false)
                : new AppendOutcomeUnknownException(decision.settlingWrites(), failure);
    }

    private static RuntimeException part(PendingDecision decision, EventStoreException failure) {
        if (failure instanceof BoundaryConflictException conflict) {
            return decision.items().stream().anyMatch(item -> item.guardRow().equals(conflict.guardRow()))
                    ? new BoundaryConflictException(conflict.guardRow(), conflict.seen(), conflict.found())
                    : new DecideAgainException(false);
        }
        if (failure instanceof VersionConflictException conflict) {
            return decision.writes().streams().getOrDefault(conflict.streamId(), ExpectedVersion.any())
                            instanceof ExpectedVersion.Exactly
                    ? new VersionConflictException(conflict.streamId(), conflict.expected(), conflict.actual())
                    : new DecideAgainException(false);
        }
        if (failure instanceof AppendOutcomeUnknownException) {
            return unknown(decision, failure);
        }
        if (failure instanceof TransientEventStoreException) {
            return new TransientEventStoreException(String.valueOf(failure.getMessage()), failure);
        }
        if (failure instanceof EventStoreUnavailableException) {
            return new EventStoreUnavailableException(String.valueOf(failure.getMessage()), failure);
        }
        // One of them may be the cause: appended alone, each gets its own outcome.
        return new DecideAgainException(true);
    }
}
