package io.eventcore.test;

import org.springframework.boot.autoconfigure.AutoConfiguration;

/**
 * Tells that this is a test of events and of nothing else, so that what is missing is explained.
 *
 * @since 0.1
 */
@AutoConfiguration
public final class EventCoreSliceAutoConfiguration {
    EventCoreSliceAutoConfiguration() {}
}
