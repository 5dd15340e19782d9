package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.List;

/**
 * What the store said about the partitions of one projection when it was asked. Of each version, all partitions are there
 * that it was divided into then: one statement has read them.
 *
 * @param number how many looks of this process had begun when this one began, itself included: of two looks, the one with
 *     the greater number knows more
 * @param begunAt when it began, on the monotonic clock
 */
record StoreLook(long number, long begunAt, List<PartitionState> partitions) {
    StoreLook {
        partitions = List.copyOf(partitions);
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
