package io.eventcore.projection;

import io.eventcore.StreamId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What operators have requested for parked streams. Reads it now and then, with one statement for all partitions of a
 * runner, which finds nothing while there are no requests. Safe for any number of threads.
 */
final class ParkedRequests {
    /** How many requests a partition hears of at once. The others follow once these are done. */
    static final int OF_EACH_PARTITION = 1_000;

    private final ProjectionStore store;
    private final LongSupplier nanoTime;
    private final long everyNanos;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile Asked asked;

    private record Asked(long readAt, Map<ProjectionPartition, List<StreamId>> streams) {}

    ParkedRequests(ProjectionStore store, RunnerSettings settings, LongSupplier nanoTime) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.everyNanos = settings.lookEvery().toNanos();
        this.asked = new Asked(nanoTime.getAsLong() - everyNanos, Map.of());
    }

    /** The streams of a partition that have a request, as they were a moment ago; a request may be done by now. */
    List<StreamId> of(ProjectionPartition partition) {
        if (isOld() && reading.tryLock()) {
            try {
                if (isOld()) {
                    long now = nanoTime.getAsLong();
                    asked = new Asked(
                            now,
                            store.requestedStreams(OF_EACH_PARTITION).stream()
                                    .collect(Collectors.groupingBy(
                                            ParkedStream::partition,
                                            Collectors.mapping(ParkedStream::streamId, Collectors.toList()))));
                }
            } finally {
                reading.unlock();
            }
        }
        return asked.streams().getOrDefault(partition, List.of());
    }

    private boolean isOld() {
        return nanoTime.getAsLong() - asked.readAt() >= everyNanos;
    }
}
