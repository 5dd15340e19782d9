package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.Optional;

/**
 * What the worker of a partition is doing, and what it knows: one immutable value that is replaced as a whole, so that
 * a status shows one moment.
 *
 * <pre>
 *         lease taken          checkpoint read          end of the log reached
 *   Waiting ──────► Beginning ───────────────► CatchingUp ──────────────► Following
 *      ▲ ▲              ▲                       │       ▲                     │  │
 *      │ │              │                       │       └─ fallen behind ─────┘  │
 *      │ │              │                       │                                │
 *      │ └───────────── │ ── lease given back ──┴── from all that hold it ───────┤
 *      │                │                                                        │
 *      │           lease taken, after a pause                                    │
 *      │                │                                                        │
 *      ├── another    StandingStill ◄──── trouble of any other kind ─────────────┤
 *      │   instance                                                              │
 *      ├── resumed ── Failed ◄─────────── onError: FAIL; log set back ───────────┤
 *      │                                                                         │
 *      └── lease ──── Overtaken ◄──────── the store says: lease lost ────────────┘
 *          given back
 *
 *   Waiting, StandingStill ◄── resumed ── paused ──► Paused
 *   all ── the thread has stopped ──► Ended
 * </pre>
 *
 * <p>An operator's pause reaches a running worker as a fact. The worker finishes what it applies, gives the lease back,
 * and is then {@link Paused}. In {@link Overtaken}, the thread has not noticed yet, because the projection has not
 * returned; the fencing token keeps it from doing harm.
 */
sealed interface WorkerState {
    /** What is known in every state. */
    WorkerFacts facts();

    /** The same state with other facts. */
    WorkerState with(WorkerFacts facts);

    /** What a status shows. */
    ProjectionState shown(boolean retrying);

    /** Before the store was asked for the first time. */
    static WorkerState initial(long now) {
        return new Waiting(new WorkerFacts(false, true, false, 0, now, GlobalPosition.START, now, ""));
    }

    /** The lease to renew; empty if there is none, or if it is known to be lost. */
    default Optional<Lease> currentLease() {
        return Optional.empty();
    }

    /** The lease that the thread works under, good or lost; empty if there is none. */
    default Optional<Lease> leaseToGiveBack() {
        return currentLease();
    }

    /** Whether the thread may still be at work under a lease, good or lost. */
    default boolean holds() {
        return leaseToGiveBack().isPresent();
    }

    /** Whether the partition runs here, as far as is known. */
    default boolean runsHere() {
        return currentLease().isPresent();
    }

    /** How far the partition has come under the current lease; empty if there is none, or if that is not known yet. */
    default Optional<GlobalPosition> reachedHere() {
        return Optional.empty();
    }

    /** Whether the thread may apply and commit: it holds a lease that is valid at this time. */
    default boolean isGoodAt(long now) {
        return false;
    }

    /** Whether the worker may ask for a lease. */
    default boolean wantsLease() {
        return false;
    }

    /** Whether the worker must make steps, if it is the one to run the partition: it is neither paused nor failed. */
    default boolean hasToRun() {
        return !facts().paused();
    }

    /** Whether it will not run again, unless the projection is resumed more often than this. */
    default boolean isOver(long resumes) {
        return false;
    }

    /** The store has given a lease, which is valid until this time. */
    default WorkerState taken(Lease lease, long goodUntil) {
        return new Beginning(facts(), lease, goodUntil);
    }

    /** The checkpoint was read under the lease. */
    default WorkerState begun(GlobalPosition position) {
        return this;
    }

    /** The store has given no lease: another instance holds it. */
    default WorkerState refused() {
        return with(facts().refused());
    }

    /** A lease was renewed; has no effect if the worker holds another one. */
    default WorkerState renewed(Lease lease, long goodUntil) {
        return this;
    }

    /** Nothing is left to apply. */
    default WorkerState reachedEnd() {
        return this;
    }

    /** The worker was too slow for the shared reader of the log. */
    default WorkerState fellBehind() {
        return this;
    }

    /** The thread is done with its lease, for whatever reason. */
    default WorkerState withoutLease() {
        return this;
    }

    /** The store says that another instance holds the lease. */
    default WorkerState overtaken() {
        return this;
    }

    /** Something failed that no event has caused: the worker tries again after a pause. */
    default WorkerState stumbled(String failure) {
        return idle(facts().failedWith(failure), true);
    }

    /** The projection stays where it is until it is resumed. */
    default WorkerState failed(String failure) {
        return new Failed(facts().failedWith(failure), facts().resumes());
    }

    /** Its failure is over, although no operator has resumed it. */
    default WorkerState notFailedAnyMore() {
        return this;
    }

    /** The thread has stopped. */
    default WorkerState ended() {
        return new Ended(facts());
    }

    /** The store was asked. */
    default WorkerState observed(Observation look) {
        boolean free = look.isFree(holds());
        boolean standsBy = !holds() && !free;
        WorkerState known = look.hasLost(currentLease()) ? overtaken() : this;
        WorkerFacts seen = facts().observed(look, free);
        if (!known.runsHere()) {
            seen = look.position().map(seen::at).orElse(seen);
        }
        WorkerState next = known.with(seen).settled(standsBy);
        return standsBy || !next.hasToRun() || !look.admitted()
                ? next.with(next.facts().steppedAt(look.at()))
                : next;
    }

    /**
     * The state that follows from new facts.
     *
     * @param standsBy whether another instance runs the partition
     */
    default WorkerState settled(boolean standsBy) {
        return this;
    }

    private static WorkerState idle(WorkerFacts facts, boolean troubled) {
        if (facts.paused()) {
            return new Paused(facts, troubled);
        }
        return troubled ? new StandingStill(facts) : new Waiting(facts);
    }

    /** Asks for the lease whenever it is free. */
    record Waiting(WorkerFacts facts) implements WorkerState {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Waiting(other);
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return ProjectionState.STANDBY;
        }

        @Override
        public boolean wantsLease() {
            return true;
        }

        @Override
        public WorkerState settled(boolean standsBy) {
            return idle(facts, false);
        }
    }

    /** Could not continue, and tries again after a pause. */
    record StandingStill(WorkerFacts facts) implements WorkerState {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new StandingStill(other);
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return ProjectionState.RETRYING;
        }

        @Override
        public boolean wantsLease() {
            return true;
        }

        @Override
        public WorkerState settled(boolean standsBy) {
            return idle(facts, !standsBy);
        }
    }

    /**
     * Waits until an operator resumes the projection.
     *
     * @param troubled whether it had a trouble before, with which it then continues
     */
    record Paused(WorkerFacts facts, boolean troubled) implements WorkerState {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Paused(other, troubled);
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return ProjectionState.PAUSED;
        }

        @Override
        public WorkerState settled(boolean standsBy) {
            return idle(facts, troubled && !standsBy);
        }
    }

    /**
     * Stays at an event, or at a log that was set back, until an operator resumes the projection.
     *
     * @param atResumes how often it had been resumed when it failed
     */
    record Failed(WorkerFacts facts, long atResumes) implements WorkerState {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Failed(other, atResumes);
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return ProjectionState.FAILED;
        }

        @Override
        public boolean hasToRun() {
            return false;
        }

        @Override
        public boolean isOver(long resumes) {
            return resumes == atResumes;
        }

        @Override
        public WorkerState stumbled(String failure) {
            return this;
        }

        @Override
        public WorkerState notFailedAnyMore() {
            return idle(facts.failedWith(""), false);
        }

        @Override
        public WorkerState settled(boolean standsBy) {
            return facts.resumes() == atResumes ? this : idle(facts, false);
        }
    }

    /** Holds the lease, and may apply events while the lease is valid. */
    sealed interface Running extends WorkerState {
        /** The lease. */
        Lease lease();

        /** Until when the lease is valid, on the monotonic clock. */
        long goodUntil();

        @Override
        default Optional<Lease> currentLease() {
            return Optional.of(lease());
        }

        @Override
        default Optional<GlobalPosition> reachedHere() {
            return Optional.of(facts().position());
        }

        @Override
        default boolean isGoodAt(long now) {
            return goodUntil() - now > 0;
        }

        @Override
        default WorkerState reachedEnd() {
            return new Following(facts(), lease(), goodUntil());
        }

        @Override
        default WorkerState fellBehind() {
            return new CatchingUp(facts(), lease(), goodUntil());
        }

        @Override
        default WorkerState withoutLease() {
            return idle(facts(), false);
        }

        @Override
        default WorkerState overtaken() {
            return new Overtaken(facts(), lease());
        }
    }

    /** Has taken the lease, and does not know yet how far the partition came under earlier leases. */
    record Beginning(WorkerFacts facts, Lease lease, long goodUntil) implements Running {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Beginning(other, lease, goodUntil);
        }

        @Override
        public WorkerState begun(GlobalPosition position) {
            return new CatchingUp(facts.at(position), lease, goodUntil);
        }

        @Override
        public WorkerState renewed(Lease renewed, long until) {
            return lease.equals(renewed) ? new Beginning(facts, lease, until) : this;
        }

        @Override
        public Optional<GlobalPosition> reachedHere() {
            return Optional.empty();
        }

        @Override
        public WorkerState reachedEnd() {
            return this;
        }

        @Override
        public WorkerState fellBehind() {
            return this;
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return retrying ? ProjectionState.RETRYING : ProjectionState.CATCHING_UP;
        }
    }

    /** Applies older events, which it reads for itself. */
    record CatchingUp(WorkerFacts facts, Lease lease, long goodUntil) implements Running {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new CatchingUp(other, lease, goodUntil);
        }

        @Override
        public WorkerState renewed(Lease renewed, long until) {
            return lease.equals(renewed) ? new CatchingUp(facts, lease, until) : this;
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return retrying ? ProjectionState.RETRYING : ProjectionState.CATCHING_UP;
        }
    }

    /** Applies new events as they arrive. */
    record Following(WorkerFacts facts, Lease lease, long goodUntil) implements Running {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Following(other, lease, goodUntil);
        }

        @Override
        public WorkerState renewed(Lease renewed, long until) {
            return lease.equals(renewed) ? new Following(facts, lease, until) : this;
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return retrying ? ProjectionState.RETRYING : ProjectionState.LIVE;
        }
    }

    /** The lease is lost, and the thread has not noticed yet. */
    record Overtaken(WorkerFacts facts, Lease lease) implements WorkerState {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Overtaken(other, lease);
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return facts.paused() ? ProjectionState.PAUSED : ProjectionState.STANDBY;
        }

        @Override
        public Optional<Lease> leaseToGiveBack() {
            return Optional.of(lease);
        }

        @Override
        public WorkerState withoutLease() {
            return idle(facts, false);
        }
    }

    /** The runner has stopped. */
    record Ended(WorkerFacts facts) implements WorkerState {
        @Override
        public WorkerState with(WorkerFacts other) {
            return new Ended(other);
        }

        @Override
        public ProjectionState shown(boolean retrying) {
            return ProjectionState.STOPPED;
        }

        @Override
        public boolean hasToRun() {
            return false;
        }

        @Override
        public boolean isOver(long resumes) {
            return true;
        }

        @Override
        public WorkerState stumbled(String failure) {
            return this;
        }

        @Override
        public WorkerState failed(String failure) {
            return this;
        }
    }
}
