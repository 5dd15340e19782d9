package io.eventcore.projection;

import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new version of a projection the active one when it has caught up: when it is not behind the active version,
 * and almost nothing is left of the log. In a busy log, something is always left.
 */
record VersionSwitch(EventReader reader, ProjectionStore store, DeclaredProjections declared) {
    private static final Logger LOG = LoggerFactory.getLogger(VersionSwitch.class);

    /** This many events count as almost nothing. */
    private static final int NEXT_TO_NOTHING = 1_000;

    /** Activates the versions that are ready, by what the store says; called once in a while. */
    void look(Map<String, StoreLook> looks) {
        looks.forEach((name, known) -> {
            int active = known.active();
            int newest = declared.newestVersion(name);
            GlobalPosition reached = known.position(newest);
            boolean isBehind = active > 0 && reached.compareTo(known.position(active)) < 0;
            // The store decides: since the look, the version may have been reset, or a newer one activated.
            if (newest > active
                    && !known.of(newest).isEmpty()
                    && !isBehind
                    && isAlmostAtTheEnd(reached)
                    && store.activateIfReached(name, newest, reached)) {
                LOG.info(
                        "Version {} of projection '{}' has caught up and is now active, instead of version {}",
                        newest,
                        name,
                        active);
            }
        });
    }

    private boolean isAlmostAtTheEnd(GlobalPosition reached) {
        return LogScan.ofAll(reader).read(reached, NEXT_TO_NOTHING).endReached();
    }
}
