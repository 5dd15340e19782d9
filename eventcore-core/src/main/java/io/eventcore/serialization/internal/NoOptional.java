package io.eventcore.serialization.internal;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;

/** Writes a null in the place of an optional: null itself stands for an empty one. */
final class NoOptional extends ValueSerializer<Object> {
    static final NoOptional INSTANCE = new NoOptional();

    private NoOptional() {}

    @Override
    public void serialize(Object none, JsonGenerator generator, SerializationContext context) {
        generator.writeStartArray();
        generator.writeEndArray();
    }
}
