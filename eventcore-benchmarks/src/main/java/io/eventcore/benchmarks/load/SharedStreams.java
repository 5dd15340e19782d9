package io.eventcore.benchmarks.load;

import io.eventcore.EventStore;
import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.WarmStreamSettings;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Commands of one of two processes over two streams each, chosen at random among its own and those that it shares with the
 * other one.
 */
final class SharedStreams {
    private final CommandExecutor executor;
    private final int streams;
    private final int shared;
    private final boolean first;

    /**
     * The commands of one process.
     *
     * @param streams how many each process uses; the store holds twice as many
     * @param percent how many of them both use
     * @param first whether this is the first of the two
     */
    SharedStreams(EventStore store, int streams, int percent, boolean first, boolean warm) {
        this.executor = CommandExecutor.builder(store)
                .warmStreams(warm ? WarmStreamSettings.defaults() : WarmStreamSettings.off())
                .build();
        this.streams = streams;
        this.shared = streams * percent / 100;
        this.first = first;
    }

    /** Executes one command; 0 if it was given up. */
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
