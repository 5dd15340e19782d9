package io.eventcore.serialization.internal;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Writes constants as another serializer does if that tells all of the enum apart, otherwise by their names. */
final class EnumConstants extends ValueSerializer<Enum<?>> {
    private final ValueSerializer<Object> serializer;
    private volatile @Nullable Boolean toldApart;

    EnumConstants(ValueSerializer<?> serializer) {
        this.serializer = AsOneValue.any(serializer);
    }

    @Override
    public ValueSerializer<?> createContextual(SerializationContext context, BeanProperty property) {
        return new EnumConstants(serializer.createContextual(context, property));
    }

    @Override
    public void serialize(Enum<?> constant, JsonGenerator generator, SerializationContext context) {
        Boolean apart = toldApart;
        if (apart == null) {
            apart = areToldApart(
                    constant.getDeclaringClass(),
                    each -> JsonText.of(context, buffer -> serializer.serialize(each, buffer, context)));
            toldApart = apart;
        }
        if (apart) {
            serializer.serialize(constant, generator, context);
        } else {
            generator.writeString(constant.name());
        }
    }

    /** Whether no two constants of an enum have the same text. */
    static boolean areToldApart(Class<?> type, Function<Object, String> text) {
        Set<String> texts = new HashSet<>();
        for (Object constant : type.getEnumConstants()) {
            if (!texts.add(text.apply(constant))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void serializeWithType(
            Enum<?> constant, JsonGenerator generator, SerializationContext context, TypeSerializer types) {
        var id = types.writeTypePrefix(generator, context, types.typeId(constant, JsonToken.VALUE_STRING));
        serialize(constant, generator, context);
        types.writeTypeSuffix(generator, context, id);
    }
}
