package io.eventcore.autoconfigure;

import tools.jackson.databind.json.JsonMapper;

/**
 * Changes how events are written and read as JSON, and leaves the rest of the application's JSON alone: the place for
 * modules and mix-ins of the application's own types. Snapshots and fingerprints of commands use the same JSON. Declare it
 * as a bean; several are asked in their order.
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
     * @param mapper begins with {@link io.eventcore.serialization.EventJson#builder()} and the modules that Jackson finds
     *     on the class path; it knows nothing of the application's own mapper
     */
    void customize(JsonMapper.Builder mapper);
}
