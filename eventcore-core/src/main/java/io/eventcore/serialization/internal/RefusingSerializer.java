package io.eventcore.serialization.internal;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Writes nothing, and says why. */
abstract class RefusingSerializer extends ValueSerializer<Object> {
    /** Throws the reason. */
    protected abstract void refuse(Object value, SerializationContext context);

    @Override
    public final void serialize(Object value, JsonGenerator generator, SerializationContext context) {
        refuse(value, context);
    }

    @Override
    public final void serializeWithType(
            Object value, JsonGenerator generator, SerializationContext context, TypeSerializer types) {
        refuse(value, context);
    }
}
