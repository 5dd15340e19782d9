package io.eventcore.projection;

import java.util.Objects;

/**
 * The slots of a partition: those from the first to the last belong to it. Immutable.
 *
 * @param projection the name of the reaction
 * @param version which version of it
 * @param first the first slot, 0 or more
 * @param last the last slot, at most {@value ProjectionPartition#MAX_PARTITIONS} - 1
 * @since 0.1
 */
public record DeadlineSlots(String projection, int version, int first, int last) {
    /** The last slot. */
    public static final int LAST = ProjectionPartition.MAX_PARTITIONS - 1;

    /**
     * Checks the slots.
     *
     * @throws IllegalArgumentException if they are none
     */
    public DeadlineSlots {
        Objects.requireNonNull(projection, "projection");
        if (first < 0 || last < first || last > LAST) {
            throw new IllegalArgumentException("There are no slots %d to %d".formatted(first, last));
        }
    }

    /** The slots of a partition; {@code partitions} is how many there are. */
    static DeadlineSlots of(ProjectionPartition partition, int partitions) {
        int first = StreamPartitioner.firstSlot(partition.number(), partitions);
        int last = StreamPartitioner.firstSlot(partition.number() + 1, partitions) - 1;
        return new DeadlineSlots(partition.projection(), partition.version(), first, last);
    }

    /** Whether these are all slots, so that a store need not look at them. */
    public boolean areAll() {
        return first == 0 && last == LAST;
    }

    /** Whether a slot is one of these. */
    public boolean contain(int slot) {
        return slot >= first && slot <= last;
    }
}
