package io.eventcore.autoconfigure;

import io.eventcore.serialization.EventTypes;

/**
 * Adds event classes to those found in the application's packages. Declare it as a bean.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface EventTypesCustomizer {
    /** Adds event classes. */
    void customize(EventTypes.Builder types);
}
