package io.eventcore.serialization.internal;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/**
 * Writes as another serializer does, with the class of the value beside it and not that of what it is written as, and
 * with what that serializer leaves out.
 */
final class AsOneValue extends ValueSerializer<Object> {
    private final ValueSerializer<Object> serializer;
    private final Function<Object, Object> leftOut;

    private AsOneValue(ValueSerializer<Object> serializer, Function<Object, Object> leftOut) {
        this.serializer = serializer;
        this.leftOut = leftOut;
    }

    static ValueSerializer<?> of(ValueSerializer<?> serializer) {
        return new AsOneValue(
                any(serializer),
                value ->
                        value instanceof Optional<?> outer && outer.isPresent() && isOptional(outer.get()) ? "of" : "");
    }

    /** An empty one is written as null, like the one that holds it would be if it were empty. */
    private static boolean isOptional(Object value) {
        return value instanceof Optional<?>
                || value instanceof OptionalInt
                || value instanceof OptionalLong
                || value instanceof OptionalDouble
                || value instanceof AtomicReference<?>;
    }

    /**
     * @param leftOut what the serializer leaves out of a value; an empty text for nothing
     */
    static <T> ValueSerializer<?> with(ValueSerializer<?> serializer, Class<T> type, Function<T, Object> leftOut) {
        return new AsOneValue(any(serializer), value -> leftOut.apply(type.cast(value)));
    }

    @SuppressWarnings("unchecked") // It is given the values that it was made for.
    static ValueSerializer<Object> any(ValueSerializer<?> serializer) {
        return (ValueSerializer<Object>) serializer;
    }

    @Override
    public void resolve(SerializationContext context) {
        serializer.resolve(context);
    }

    @Override
    public ValueSerializer<?> createContextual(SerializationContext context, BeanProperty property) {
        return new AsOneValue(any(serializer.createContextual(context, property)), leftOut);
    }

    @Override
    public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
        Object more = leftOut.apply(value);
        if ("".equals(more)) {
            serializer.serialize(value, generator, context);
            return;
        }
        generator.writeStartArray();
        serializer.serialize(value, generator, context);
        generator.writeString(more.toString());
        generator.writeEndArray();
    }

    @Override
    public void serializeWithType(
            Object value, JsonGenerator generator, SerializationContext context, TypeSerializer types) {
        var id = types.writeTypePrefix(generator, context, types.typeId(value, JsonToken.VALUE_EMBEDDED_OBJECT));
        serialize(value, generator, context);
        types.writeTypeSuffix(generator, context, id);
    }
}
