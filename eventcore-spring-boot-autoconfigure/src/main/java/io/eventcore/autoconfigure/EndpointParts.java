package io.eventcore.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * What the endpoint needs beside a store and its projections.
 *
 * @param shown what is not hidden
 * @param conditions judges projections; null if nothing is to be said of their health
 * @param states folds streams
 * @param meters what was counted; null without a registry
 */
record EndpointParts(
        EventCoreProperties.Endpoint shown,
        @Nullable ProjectionConditions conditions,
        StreamStates states,
        @Nullable EndpointMeters meters) {
    static EndpointParts of(EventCoreProperties.Endpoint shown) {
        return new EndpointParts(shown, null, StreamStates.none(), null);
    }
}
