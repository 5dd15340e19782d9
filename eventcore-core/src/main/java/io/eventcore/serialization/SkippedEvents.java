package io.eventcore.serialization;

import io.eventcore.internal.Callback;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports skipped events: each to the listener, the first of each name to the log. Safe for any number of threads. */
final class SkippedEvents {
    private static final Logger LOG = LoggerFactory.getLogger(SkippedEvents.class);

    /** A database may hold any number of names. */
    private static final int MAX_NAMES = 1_000;

    private final UnknownTypeListener listener;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    SkippedEvents(UnknownTypeListener listener) {
        this.listener = listener;
    }

    void skipped(String typeName) {
        if (!told.contains(typeName) && told.size() < MAX_NAMES && told.add(typeName)) {
            LOG.warn(
                    "Skipping events stored as '{}': no event class is registered under this name (logged once)",
                    typeName);
        }
        Callback.UNKNOWN_TYPE_LISTENER.run(() -> listener.skipped(typeName));
    }
}
