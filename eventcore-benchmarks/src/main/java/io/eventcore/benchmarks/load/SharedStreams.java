package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.WarmStreamSettings;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The commands of one of two processes. Each command covers two streams, chosen at random among the process's own
 * streams and those that it shares with the other process.
 */
final class SharedStreams {
    private final CommandExecutor executor;
    private final int streams;
    private final int shared;
    private final boolean first;

    /**
     * The commands of one process.
     *
     * @param streams how many streams each process uses; the store holds twice as many
     * @param percent how many percent of them both processes use
     * @param first whether this is the first of the two processes
     */
    SharedStreams(EventStore store, int streams, int percent, boolean first, boolean warm) {
        this.executor = CommandExecutor.builder(store)
                .warmStreams(warm ? WarmStreamSettings.defaults() : WarmStreamSettings.off())
                .build();
        this.streams = streams;
        this.shared = streams * percent / 100;
        this.first = first;
    }

    /** Executes one command; returns 0 if it exhausted its attempts. */
    long run(long cents) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        int from = random.nextInt(streams);
        int to = (from + 1 + random.nextInt(streams - 1)) % streams;
        try {
            executor.execute(new Stores.Transfer(stream(from), stream(to), cents));
            return 1;
        } catch (RetriesExhaustedException e) {
            return 0;
        }
    }

    private StreamId stream(int number) {
        int place = first || number < shared ? number : streams + number - shared;
        return Streams.filled("filled" + Stores.EVENTS_PER_STREAM, place);
    }

    String statistics() {
        return executor.warmStreams().toString();
    }
}
