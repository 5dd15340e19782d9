package io.eventcore.jdbc;

import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.ForwardingProjectionStore;
import io.eventcore.test.contract.Race;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Projection stores for instances in processes of their own: a sound one, and broken ones. */
enum ProjectionMutation {
    /** As it should be. */
    SOUND,

    /** The checkpoint is committed before the events are, and slowly enough for the process to be killed in between. */
    OUTSIDE,

    /** Tokens are not compared. */
    UNFENCED;

    /** This store, sound or broken. */
    ProjectionStore of(ProjectionStore sound) {
        return switch (this) {
            case SOUND -> sound;
            case OUTSIDE -> committingCheckpointsFirst(sound);
            case UNFENCED -> withoutFencing(sound);
        };
    }

    private static ProjectionStore committingCheckpointsFirst(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                boolean done = Race.<Boolean>elsewhere(() -> super.advance(lease, from, to, parked));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                return done;
            }
        };
    }

    private static ProjectionStore withoutFencing(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean isCurrent(Lease lease, Duration idleLimit) {
                return true;
            }

            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                ProjectionPartition partition = lease.partition();
                Lease newest = partitions().stream()
                        .filter(state -> state.partition().equals(partition))
                        .map(state -> new Lease(partition, state.owner(), state.token()))
                        .findFirst()
                        .orElseThrow();
                return super.advance(newest, checkpoint(partition), to, parked);
            }
        };
    }
}
