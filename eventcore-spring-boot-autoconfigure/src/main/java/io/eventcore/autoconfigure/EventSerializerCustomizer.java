package io.eventcore.autoconfigure;

import tools.jackson.databind.json.JsonMapper;

/**
 * Changes how events are written and read as JSON, and leaves the rest of the application's JSON alone. Declare it as a
 * bean; several are asked in their order.
 *
 * <p>Events are kept for ever: what changes here must still read what was written before.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface EventSerializerCustomizer {
    /**
     * Changes the mapper of the events.
     *
     * @param mapper begins with {@link io.eventcore.serialization.EventJson#builder(JsonMapper)}: it knows the modules,
     *     mix-ins and subtypes of the application's own mapper, and none of its other settings
     */
    void customize(JsonMapper.Builder mapper);
}
