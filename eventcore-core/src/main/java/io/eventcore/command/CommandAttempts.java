package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.StreamWrites;
import io.eventcore.internal.Callback;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes attempts at commands: reads, folds, decides, appends. Each attempt starts over, whatever the previous one has
 * read.
 *
 * <p>Safe for any number of threads.
 */
final class CommandAttempts {
    private final Clock clock;
    private final @Nullable StateSnapshots snapshots;

    CommandAttempts(Clock clock, @Nullable StateSnapshots snapshots) {
        this.clock = clock;
        this.snapshots = snapshots;
    }

    /**
     * Makes one attempt.
     *
     * @param store all reads and the append use it
     * @param number the number of the attempt, 1 for the first
     * @throws io.eventcore.ConflictException if what was read has changed since
     * @throws io.eventcore.TransientEventStoreException if nothing was stored and another attempt may succeed
     * @throws RuntimeException if another attempt would end in the same way
     */
    <S, E extends Event> ExecutionResult make(EventStore store, CommandRequest<S, E> request, int number) {
        Optional<ExecutionResult> earlier = request.once().earlier();
        return earlier.isPresent() ? earlier.get() : decide(store, request, number);
    }

    /**
     * Whether an attempt may decide on top of decisions of other commands. An attempt on tags may if one read returns
     * everything that it rests on: further rounds, and the tail after a snapshot, are read only from the store.
     */
    boolean mayBeInCompany(Command<?, ?> command) {
        CommandType type = CommandType.of(command);
        return !type.isTagged() || !(type.discoversOnTags() || (snapshots != null && snapshots.concern(command)));
    }

    /**
     * Whether an attempt may continue from what is remembered of its streams. An attempt on tags may not, nor one that
     * continues from a snapshot.
     */
    boolean mayGoOnFromKnown(Command<?, ?> command) {
        return !CommandType.of(command).isTagged() && (snapshots == null || !snapshots.concern(command));
    }

    private <S, E extends Event> ExecutionResult decide(EventStore store, CommandRequest<S, E> request, int number) {
        Optional<CommandSnapshot<S, E>> snapshot =
                snapshots == null ? Optional.empty() : snapshots.of(request.command());
        DecisionBasis<S, E> basis =
                snapshot.isPresent() ? snapshot.get().read(store) : DecisionBasis.read(store, request.command());
        request.execution().basisRead(basis.streams(), basis.folded());
        Runnable keep = snapshot.isPresent()
                ? Callback.SNAPSHOT_WRITER.call(() -> snapshot.get().take(store, basis), CommandSnapshot.NOTHING)
                : CommandSnapshot.NOTHING;
        StreamWrites writes;
        try {
            writes = basis.decide(request.contextAt(clock.instant()));
        } catch (Throwable refusal) {
            // If the command was given twice, the other execution may have ended since the check, and may have caused
            // the rejection.
            Optional<ExecutionResult> meanwhile = request.once().earlier();
            if (meanwhile.isPresent()) {
                return meanwhile.get();
            }
            throw refusal;
        }
        ExecutionResult result = request.once().execute(() -> {
            EventStreamSlice slice = store.appendEvents(writes);
            return ExecutionResult.of(number, slice, basis.versionsAfter(slice), request.elapsed())
                    .withSkippedEvents(basis.skipped());
        });
        Callback.SNAPSHOT_WRITER.run(keep);
        return result;
    }
}
