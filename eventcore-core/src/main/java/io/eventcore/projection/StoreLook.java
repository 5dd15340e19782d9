package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the store said about the partitions of one projection when it was asked. Of each version, all partitions are there
 * that it was divided into then: one statement has read them.
 *
 * @param number how many looks of this process had begun when this one began, itself included: of two looks, the one with
 *     the greater number knows more
 * @param begunAt when it began, on the monotonic clock
 * @param partitions what it found
 * @param freeSince when the first look began of those that have found a partition free since it last was not, or was under
 *     another token
 */
record StoreLook(long number, long begunAt, List<PartitionState> partitions, Map<ProjectionPartition, Long> freeSince) {
    StoreLook {
        partitions = List.copyOf(partitions);
        freeSince = Map.copyOf(freeSince);
    }

    StoreLook(long number, long begunAt, List<PartitionState> partitions) {
        this(
                number,
                begunAt,
                partitions,
                partitions.stream()
                        .filter(PartitionState::free)
                        .collect(Collectors.toMap(PartitionState::partition, state -> begunAt, Math::min)));
    }

    /** The same look, which knows from one before for how long partitions are free. */
    StoreLook after(StoreLook before) {
        Map<ProjectionPartition, Long> since = new HashMap<>(freeSince);
        for (PartitionState state : partitions) {
            Long earlier = before.freeSince.get(state.partition());
            if (state.free() && earlier != null && before.tokenOf(state.partition()) == state.token()) {
                since.put(state.partition(), earlier);
            }
        }
        return new StoreLook(number, begunAt, partitions, since);
    }

    private long tokenOf(ProjectionPartition partition) {
        return partitions.stream()
                .filter(state -> state.partition().equals(partition))
                .mapToLong(PartitionState::token)
                .findFirst()
                .orElse(-1);
    }

    /**
     * Whether no instance has taken a part for so long that there is none that could: one that can looks several times
     * meanwhile.
     */
    boolean isUnattended(ProjectionPartition partition) {
        Long since = freeSince.get(partition);
        return since != null && begunAt - since >= RunnerSettings.UNATTENDED.toNanos();
    }

    /** The lease of each part of a version, by its token. */
    Map<ProjectionPartition, Long> tokens(int version) {
        return of(version).stream().collect(Collectors.toMap(PartitionState::partition, PartitionState::token));
    }

    /** The partitions of a version, as it is divided in the store; none if that version is not known there. */
    List<PartitionState> of(int version) {
        return partitions.stream()
                .filter(state -> state.partition().version() == version)
                .toList();
    }

    /** The version that queries should read; 0 if there is none. */
    int active() {
        return partitions.stream()
                .filter(PartitionState::active)
                .mapToInt(state -> state.partition().version())
                .min()
                .orElse(0);
    }

    /** The position up to which all partitions of a version have come. */
    GlobalPosition position(int version) {
        return of(version).stream()
                .map(state -> state.checkpoint().position())
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }
}
