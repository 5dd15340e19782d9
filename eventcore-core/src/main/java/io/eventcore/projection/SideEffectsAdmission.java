package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.util.List;

/** Lets the side effects of a version run while it is the active one, and up to where its read model has come. */
record SideEffectsAdmission(String projection, int version, ActiveVersions versions, List<PartitionWorker<?>> readModel)
        implements Admission {
    @Override
    public boolean isAdmitted() {
        return versions.of(projection) == version;
    }

    @Override
    public GlobalPosition limit() {
        return readModel.stream()
                .map(PartitionWorker::position)
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }
}
