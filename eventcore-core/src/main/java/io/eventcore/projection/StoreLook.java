package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the store said about the partitions of one projection. It has all partitions that each version was divided into
 * at that moment: one statement has read them.
 *
 * @param number how many looks of this process had begun when this one began, itself included: the look with the
 *     greater number knows more
 * @param begunAt when it began, on the monotonic clock
 * @param partitions what it found
 * @param freeSince for each free partition, when the first of the looks began that have found it free without a break,
 *     under the same token
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

    /** This look, with what an earlier one knows about how long partitions have been free. */
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
     * Whether a partition has been free for so long that no instance can run it: one that could would have looked
     * several times meanwhile.
     */
    boolean isUnattended(ProjectionPartition partition) {
        Long since = freeSince.get(partition);
        return since != null && begunAt - since >= RunnerSettings.UNATTENDED.toNanos();
    }

    /** The token of each partition of a version, which identifies its lease. */
    Map<ProjectionPartition, Long> tokens(int version) {
        return of(version).stream().collect(Collectors.toMap(PartitionState::partition, PartitionState::token));
    }

    /** The partitions of a version, as the store has it divided; none if the store does not know the version. */
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

    /** The position that all partitions of a version have reached. */
    GlobalPosition position(int version) {
        return of(version).stream()
                .map(state -> state.checkpoint().position())
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }
}
