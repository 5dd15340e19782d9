package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new version of a projection the active one when it has caught up: when it has come to where the log ended a
 * moment ago, and is not behind the version that is active now.
 *
 * <p>Used by one thread.
 */
final class VersionSwitch {
    private static final Logger LOG = LoggerFactory.getLogger(VersionSwitch.class);

    /** So many looks ago is a moment ago: the checkpoint of a quiet projection is saved twice a second. */
    private static final int A_MOMENT = 3;

    private final EventReader reader;
    private final ProjectionStore store;
    private final DeclaredProjections declared;
    private final Map<String, Target> targets = new HashMap<>();

    /**
     * What a version has to reach.
     *
     * @param position where the log ended
     * @param looks how often the store was looked at since
     */
    private record Target(GlobalPosition position, int looks) {
        Target older() {
            return new Target(position, looks + 1);
        }
    }

    VersionSwitch(EventReader reader, ProjectionStore store, DeclaredProjections declared) {
        this.reader = reader;
        this.store = store;
        this.declared = declared;
    }

    /** Switches what is ready, by what the store says; asked once in a while. */
    void look(List<PartitionState> states) {
        ActiveVersions.byProjection(states).forEach((name, known) -> {
            int active = ActiveVersions.active(known);
            int newest = declared.newestVersion(name);
            if (active > 0 && newest > active) {
                look(name, known, active, newest);
            } else {
                targets.remove(name);
            }
        });
    }

    private void look(String name, List<PartitionState> known, int active, int newest) {
        Target target = targets.get(name);
        GlobalPosition reached = ActiveVersions.position(known, newest);
        if (target != null && reached.compareTo(target.position()) < 0) {
            targets.put(name, target.older());
        } else if (target != null
                && target.looks() < A_MOMENT
                && reached.compareTo(ActiveVersions.position(known, active)) >= 0) {
            store.activate(name, newest);
            targets.remove(name);
            LOG.info("Version {} of projection '{}' has caught up and is active now, after {}", newest, name, active);
        } else {
            targets.put(name, new Target(reader.lastPosition(), 0));
        }
    }
}
