package io.eventcore.command;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.AppendedEvent;
import io.eventcore.EventMetadata;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Decisions that rest on each other, in their order, and are stored by one append: all of them, or none. */
final class DecisionGroup {
    private final List<Member> members = new ArrayList<>();
    private int events;
    private boolean waitsForOthers;
    private boolean stored;

    /** A decision, and the thread that waits until it is stored. */
    static final class Member {
        private final StreamWrites writes;
        private final Thread thread = Thread.currentThread();
        private volatile @Nullable DecisionGroup leads;
        private @Nullable EventStreamSlice slice;
        private @Nullable Throwable failure;
        private volatile boolean done;

        Member(StreamWrites writes) {
            this.writes = writes;
        }

        /** The group that this member has to append, if it is its turn. */
        @Nullable
        DecisionGroup leads() {
            return leads;
        }

        boolean isDone() {
            return done;
        }

        EventStreamSlice outcome() {
            if (failure != null) {
                throw asItIs(failure);
            }
            if (slice == null) {
                throw new IllegalStateException("A decision has no outcome");
            }
            return slice;
        }

        private void succeed(EventStreamSlice written) {
            slice = written;
            finish();
        }

        /** A store may throw what no store declares; its caller gets that as if nothing stood between them. */
        @SuppressWarnings("unchecked")
        private static <T extends Throwable> RuntimeException asItIs(Throwable failure) throws T {
            throw (T) failure;
        }

        private void fail(Throwable reason) {
            failure = reason;
            finish();
        }

        private void finish() {
            leads = null;
            done = true;
            wake();
        }

        private void wake() {
            if (thread != Thread.currentThread()) {
                LockSupport.unpark(thread);
            }
        }
    }

    /**
     * Takes in a decision.
     *
     * @param waitsForOthers whether the group is better not sent while others are about to join: they have to read, and
     *     cannot while it is under way
     */
    void add(Member member, boolean waitsForOthers) {
        members.add(member);
        this.waitsForOthers |= waitsForOthers;
        events += member.writes.events().size();
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    boolean waitsForOthers(int maxMembers) {
        return waitsForOthers && members.size() < maxMembers;
    }

    /** Whether a decision with so many events may join; one decision may always be there. */
    boolean hasRoom(int more, int maxMembers, int maxEvents) {
        return members.isEmpty() || (members.size() < maxMembers && events + more <= maxEvents);
    }

    int events() {
        return events;
    }

    /** Lets a member append the group: the one that calls this, if it is the last to have joined, because it is awake. */
    void appointLeader() {
        Member last = members.get(members.size() - 1);
        Member leader = last.thread == Thread.currentThread() ? last : members.get(0);
        leader.leads = this;
        leader.wake();
    }

    /**
     * All decisions as one append. What a later one expects of a stream is what the earlier ones make of it, so the first
     * expectation of each stream stands for all.
     */
    StreamWrites writes() {
        if (members.size() == 1) {
            return members.get(0).writes;
        }
        StreamWrites all = StreamWrites.empty();
        Set<StreamId> registered = new HashSet<>();
        for (Member member : members) {
            for (Map.Entry<StreamId, ExpectedVersion> stream :
                    member.writes.streams().entrySet()) {
                if (registered.add(stream.getKey())) {
                    all = all.registerStream(stream.getKey(), stream.getValue());
                }
            }
            for (NewEvent event : member.writes.events()) {
                all = all.append(withMetadata(event, member.writes.metadata()));
            }
        }
        return all;
    }

    /** The event with what its own append said about all its events. */
    private static NewEvent withMetadata(NewEvent event, EventMetadata metadata) {
        return event.withMetadata(event.metadata().withDefaults(metadata));
    }

    boolean isStored() {
        return stored;
    }

    /** Refuses an answer that cannot be handed out. */
    void checkComplete(EventStreamSlice written) {
        if (written.events().size() != events) {
            throw new IllegalStateException("The store has answered %d of %d events"
                    .formatted(written.events().size(), events));
        }
    }

    /** Hands every member its part of what was written. */
    void succeed(EventStreamSlice written) {
        stored = true;
        List<AppendedEvent> all = written.events();
        int next = 0;
        for (Member member : members) {
            int count = member.writes.events().size();
            member.succeed(members.size() == 1 ? written : new EventStreamSlice(all.subList(next, next + count)));
            next += count;
        }
    }

    /** Whether there is more than one decision in it. */
    boolean isShared() {
        return members.size() > 1;
    }

    /**
     * Appends every decision by itself, after an append of all that may or may not have stored them: what is stored is
     * found by the ids of its events, and of the rest each gets what it deserves.
     */
    void settle(Function<StreamWrites, EventStreamSlice> append) {
        for (Member member : members) {
            try {
                member.succeed(append.apply(member.writes));
            } catch (VersionConflictException e) {
                // The one before it was refused, or what it rested on without writing has moved on since.
                member.fail(new DecideAgainException(false));
            } catch (TransientEventStoreException | EventStoreUnavailableException e) {
                // True of this append alone: that of all may have stored it.
                member.fail(unknown(member, e));
            } catch (Throwable e) {
                member.fail(e);
            }
        }
    }

    /** Tells every member that has no outcome yet what the failure of the append means for it. */
    void fail(Throwable failure) {
        for (Member member : members) {
            if (!member.done) {
                member.fail(isShared() ? part(member, failure) : failure);
            }
        }
    }

    /** Sends every member back to decide again, because what it rests on did not come about. */
    void decideAgain() {
        members.forEach(member -> member.fail(new DecideAgainException(false)));
    }

    private static RuntimeException unknown(Member member, Throwable failure) {
        return member.writes.events().isEmpty()
                ? new DecideAgainException(false)
                : new AppendOutcomeUnknownException(member.writes, failure);
    }

    private static RuntimeException part(Member member, Throwable failure) {
        if (failure instanceof VersionConflictException conflict) {
            return member.writes.streams().containsKey(conflict.streamId())
                    ? new VersionConflictException(conflict.streamId(), conflict.expected(), conflict.actual())
                    : new DecideAgainException(false);
        }
        if (failure instanceof AppendOutcomeUnknownException) {
            return unknown(member, failure);
        }
        if (failure instanceof TransientEventStoreException) {
            return new TransientEventStoreException(String.valueOf(failure.getMessage()), failure);
        }
        if (failure instanceof EventStoreUnavailableException) {
            return new EventStoreUnavailableException(String.valueOf(failure.getMessage()), failure);
        }
        // One of them may be to blame: alone, each gets what it deserves.
        return new DecideAgainException(true);
    }
}
