package io.eventcore.projection;

import io.eventcore.StreamId;
import java.nio.charset.StandardCharsets;

/**
 * Which partition a stream belongs to.
 *
 * <p>The id's UTF-8 bytes are hashed by FNV-1a (64 bits), the bits are mixed by the finalizer of MurmurHash3, and the
 * six highest bits name one of 64 slots; each partition has a run of neighbouring slots. This must never change: stored
 * checkpoints depend on it.
 */
final class StreamPartitioner {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private StreamPartitioner() {}

    /** The number of the partition that a stream belongs to; {@code partitions} is how many there are. */
    static int partition(StreamId streamId, int partitions) {
        return partitions == 1 ? 0 : slot(streamId) * partitions / ProjectionPartition.MAX_PARTITIONS;
    }

    /**
     * The first slot of a partition; for the number after the last partition, the number of all slots. {@code
     * partitions} is how many there are.
     */
    static int firstSlot(int number, int partitions) {
        return (number * ProjectionPartition.MAX_PARTITIONS + partitions - 1) / partitions;
    }

    /** The slot of a stream, one of {@link ProjectionPartition#MAX_PARTITIONS}. */
    static int slot(StreamId streamId) {
        long hash = FNV_OFFSET;
        for (byte b : streamId.value().getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return (int) ((hash ^ (hash >>> 33)) >>> 58);
    }
}
