package io.eventcore.autoconfigure;

import io.eventcore.serialization.EventTypes;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoint needs besides a store and its projections.
 *
 * @param shown what is not hidden
 * @param types which event class has which name; null if nothing knows
 * @param conditions judges projections; null if nothing is to be said of their health
 * @param states folds streams
 * @param meters what was counted; null without a registry
 */
record EndpointParts(
        EventCoreProperties.Endpoint shown,
        @Nullable EventTypes types,
        @Nullable ProjectionConditions conditions,
        StreamStates states,
        @Nullable EndpointMeters meters) {
    static EndpointParts of(EventCoreProperties.Endpoint shown) {
        return new EndpointParts(shown, null, null, StreamStates.none(), null);
    }
}
