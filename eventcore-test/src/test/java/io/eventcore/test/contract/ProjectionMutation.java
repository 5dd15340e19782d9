package io.eventcore.test.contract;

import io.eventcore.projection.ProjectionStore;

/** Projection stores for instances in processes of their own: a sound one, and broken ones. */
public enum ProjectionMutation {
    /** As it should be. */
    SOUND,

    /** The checkpoint is committed before the events are. */
    OUTSIDE,

    /** Nobody looks at tokens. */
    UNFENCED;

    /** This store, sound or broken. */
    public ProjectionStore of(ProjectionStore sound) {
        return switch (this) {
            case SOUND -> sound;
            case OUTSIDE -> BrokenProjectionStores.committingCheckpointsFirst(sound);
            case UNFENCED -> BrokenProjectionStores.withoutFencing(sound);
        };
    }
}
