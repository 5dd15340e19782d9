package io.eventcore.serialization.internal;

import java.util.function.Function;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Writes a value as a text that shows all of it, and the same in every time zone and after any look-up of a name. */
final class WholeText extends ValueSerializer<Object> {
    private final Function<Object, String> text;

    private WholeText(Function<Object, String> text) {
        this.text = text;
    }

    static <T> ValueSerializer<?> of(Class<T> type, Function<T, String> text) {
        return new WholeText(value -> text.apply(type.cast(value)));
    }

    @Override
    public void serialize(Object value, JsonGenerator generator, SerializationContext context) {
        generator.writeString(text.apply(value));
    }

    @Override
    public void serializeWithType(
            Object value, JsonGenerator generator, SerializationContext context, TypeSerializer types) {
        var id = types.writeTypePrefix(generator, context, types.typeId(value, JsonToken.VALUE_EMBEDDED_OBJECT));
        serialize(value, generator, context);
        types.writeTypeSuffix(generator, context, id);
    }
}
