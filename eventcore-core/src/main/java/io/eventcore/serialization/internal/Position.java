package io.eventcore.serialization.internal;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/**
 * A place for values of a declared type: an element, a key or a value of an entry.
 *
 * @param property the property that holds the values, whose annotations may leave something out of them
 */
record Position(JavaType declared, @Nullable BeanProperty property) {
    void write(@Nullable Object value, JsonGenerator generator, SerializationContext context) {
        if (value == null) {
            context.defaultSerializeNullValue(generator);
            return;
        }
        JavaType type = declared.hasGenericTypes()
                ? context.constructSpecializedType(declared, value.getClass())
                : context.constructType(value.getClass());
        ValueSerializer<Object> serializer = context.findContentValueSerializer(type, property);
        TypeSerializer types = declared.getTypeHandler() instanceof TypeSerializer annotated
                ? annotated
                : context.findTypeSerializer(declared);
        if (types == null) {
            serializer.serialize(value, generator, context);
        } else {
            serializer.serializeWithType(value, generator, context, types);
        }
    }
}
