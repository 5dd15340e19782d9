package io.eventcore.projection;

import io.eventcore.GlobalPosition;

/**
 * What the worker of a partition knows in every {@link WorkerState}.
 *
 * @param paused whether an operator has paused the projection, as the store was last seen
 * @param free whether no other instance held the lease then; if the projection was divided otherwise, any of its leases
 * @param dividedOtherwise whether the projection was divided into another number of partitions then, so that this
 *     worker cannot have its lease
 * @param resumes how often the projection had been resumed
 * @param seenAt when the store was asked
 * @param position how far the partition has come
 * @param steppedAt when the worker last made a step that it had to make
 * @param failure why it last could not continue, without any payload; empty if it has continued since
 */
record WorkerFacts(
        boolean paused,
        boolean free,
        boolean dividedOtherwise,
        long resumes,
        long seenAt,
        GlobalPosition position,
        long steppedAt,
        String failure) {
    /** The store was asked. */
    WorkerFacts observed(Observation look, boolean nowFree) {
        return new WorkerFacts(
                look.paused().orElse(paused),
                nowFree,
                look.isDividedOtherwise(),
                look.resumes().orElse(resumes),
                look.at(),
                position,
                steppedAt,
                failure);
    }

    /** Another instance holds the lease. */
    WorkerFacts refused() {
        return new WorkerFacts(paused, false, dividedOtherwise, resumes, seenAt, position, steppedAt, failure);
    }

    WorkerFacts at(GlobalPosition reached) {
        return new WorkerFacts(paused, free, dividedOtherwise, resumes, seenAt, reached, steppedAt, failure);
    }

    WorkerFacts steppedAt(long now) {
        return new WorkerFacts(paused, free, dividedOtherwise, resumes, seenAt, position, now, failure);
    }

    WorkerFacts failedWith(String why) {
        return new WorkerFacts(paused, free, dividedOtherwise, resumes, seenAt, position, steppedAt, why);
    }

    WorkerFacts resumedSoOften(long times) {
        return new WorkerFacts(paused, free, dividedOtherwise, times, seenAt, position, steppedAt, failure);
    }
}
