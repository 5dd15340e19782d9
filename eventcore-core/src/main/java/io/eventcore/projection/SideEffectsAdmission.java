package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.List;

/**
 * Lets the side effects of a version run while it is the active one, up to the position that its read model has
 * reached. That counts all partitions that the store has for it, whichever instance runs them.
 */
record SideEffectsAdmission(
        String projection, int version, ActiveVersions versions, StoreLooks looks, List<PartitionWorker<?>> readModel)
        implements Admission {
    @Override
    public boolean isAdmitted() {
        return versions.of(projection) == version;
    }

    @Override
    public GlobalPosition limit() {
        return looks.newest(projection).of(version).stream()
                .map(this::reached)
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }

    /** This instance knows more than the store about the partitions that it runs: not every step is saved. */
    private GlobalPosition reached(PartitionState state) {
        return readModel.stream()
                .filter(worker -> worker.isOf(state))
                .flatMap(worker -> worker.state().reachedHere().stream())
                .findFirst()
                .orElse(state.checkpoint().position());
    }
}
