package io.eventcore.command;

import io.eventcore.AppendedEvent;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets commands decide on streams that this executor remembers, without reading them.
 *
 * <p>An append names the version of every stream that the decision rests on, so the store refuses it if one has moved
 * on. So it stores only what a command that has read its streams would have stored. A decision that appends nothing,
 * whatever it throws, is released only after the store has confirmed what it rests on, with a read that began after the
 * decision. In both cases, if a stream has new events, only those are read, and the command decides again in the same
 * attempt.
 *
 * <p>Inside a transaction of the caller, it uses nothing that it knows, and learns nothing. Safe for any number of
 * threads.
 */
final class WarmStreams {
    private final EventStore store;

    /** Null if the executor remembers no streams. */
    private final @Nullable KnownStreams known;

    private final Counts counts = new Counts();

    /** Counts whether commands took their streams from memory or from the store. */
    static final class Counts {
        private final LongAdder warm = new LongAdder();
        private final LongAdder cold = new LongAdder();
        private final LongAdder outdated = new LongAdder();

        /** Hears that the store has confirmed a decision without a read. */
        void warm() {
            warm.increment();
        }

        /** Hears that streams were read for a decision, or for one round of it. */
        void cold() {
            cold.increment();
        }

        /** Hears that the store has not confirmed a decision without a read, because another command had appended. */
        void outdated() {
            outdated.increment();
        }
    }

    WarmStreams(EventStore store, @Nullable KnownStreams known) {
        this.store = store;
        this.known = known;
    }

    /**
     * Makes an attempt.
     *
     * @param mayGuess whether it may decide without a read; false if an earlier attempt has lost a race
     * @param attempt reads, decides and appends, all through the store that it receives
     */
    ExecutionResult attempt(boolean mayGuess, Function<EventStore, ExecutionResult> attempt) {
        if (known == null || known.isBlind()) {
            return attempt.apply(store);
        }
        WarmAttempt own = new WarmAttempt(store, known, counts, mayGuess);
        while (true) {
            try {
                return attempt.apply(own);
            } catch (Throwable wayOut) {
                Optional<WarmAttempt> again = own.again(wayOut);
                if (again.isEmpty()) {
                    throw wayOut;
                }
                own = again.get();
            }
        }
    }

    /** Hears of events that an attempt elsewhere, not through this class, has appended. */
    void appended(EventStreamSlice slice) {
        if (known != null) {
            for (AppendedEvent event : slice.events()) {
                known.hasCome(event.streamId(), event.version());
            }
        }
    }

    /** Hears that the store has failed. */
    void doubt() {
        if (known != null) {
            known.log().doubt();
        }
    }

    /** Forgets all streams. */
    void forget() {
        if (known != null) {
            known.forgetAll();
        }
    }

    WarmStreamStatistics statistics() {
        return new WarmStreamStatistics(
                counts.warm.sum(),
                counts.cold.sum(),
                counts.outdated.sum(),
                known == null ? 0 : known.size(),
                known == null ? 0 : known.bytes());
    }
}
