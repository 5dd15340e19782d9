package io.eventcore.autoconfigure;

import tools.jackson.databind.json.JsonMapper;

/**
 * Changes how events are written and read as JSON, and leaves the rest of the application's JSON alone. Add modules and
 * mix-ins for the application's own types here. Snapshots and fingerprints of commands use the same JSON. Declare it as
 * a bean; several are called in their order.
 *
 * <p>Events are kept forever: after a change here, events that were written before must still be readable.
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
