package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.micrometer.ObservedEventStore;

/** Finds the store behind the one that is observed. */
final class UnobservedStore {
    private UnobservedStore() {}

    /**
     * The store without observations: reads that poll the log several times a second would only be noise in a registry.
     */
    static EventStore of(EventStore store) {
        return store instanceof ObservedEventStore observed ? observed.observed() : store;
    }
}
