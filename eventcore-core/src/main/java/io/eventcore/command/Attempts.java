package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamWrites;
import java.time.Clock;

/**
 * Makes attempts at commands: reads, folds, decides, appends. Each attempt begins with nothing, whatever the one before
 * it has read.
 *
 * <p>Safe for any number of threads.
 */
final class Attempts {
    private final Clock clock;

    Attempts(Clock clock) {
        this.clock = clock;
    }

    /**
     * Makes one attempt.
     *
     * @param store what is read and appended goes through it
     * @param number the number of the attempt, 1 for the first
     * @throws io.eventcore.VersionConflictException if a stream has changed since it was read
     * @throws io.eventcore.TransientEventStoreException if nothing was stored and another attempt may succeed
     * @throws RuntimeException if another attempt would end in the same way
     */
    <S, E extends Event> ExecutionResult make(EventStore store, CommandRequest<S, E> request, int number) {
        DecisionBasis<S, E> basis = DecisionBasis.read(store, request.command());
        StreamWrites writes = basis.decide(request.contextAt(clock.instant()));
        EventStreamSlice slice = store.appendEvents(writes);
        return new ExecutionResult(number, slice, basis.versionsAfter(slice), request.elapsed());
    }
}
