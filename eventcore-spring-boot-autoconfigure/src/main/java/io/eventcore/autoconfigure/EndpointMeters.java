package io.eventcore.autoconfigure;

/** Reads what the meters of the library have counted, where the application has a meter registry. */
@FunctionalInterface
interface EndpointMeters {
    /** The totals since the start. */
    EventCoreEndpoint.Meters read();
}
