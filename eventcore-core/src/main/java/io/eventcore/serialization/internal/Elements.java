package io.eventcore.serialization.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Writes the elements of a collection in their order, and those of a set, which has none, as texts of JSON, sorted. */
final class Elements extends ValueSerializer<Collection<?>> {
    private final Position element;

    Elements(JavaType element) {
        this(new Position(element, null));
    }

    private Elements(Position element) {
        this.element = element;
    }

    @Override
    public ValueSerializer<?> createContextual(SerializationContext context, BeanProperty property) {
        return new Elements(new Position(element.declared(), property));
    }

    @Override
    public void serialize(Collection<?> elements, JsonGenerator generator, SerializationContext context) {
        generator.writeStartArray();
        write(elements, generator, context);
        generator.writeEndArray();
    }

    @Override
    public void serializeWithType(
            Collection<?> elements, JsonGenerator generator, SerializationContext context, TypeSerializer types) {
        var id = types.writeTypePrefix(generator, context, types.typeId(elements, JsonToken.START_ARRAY));
        write(elements, generator, context);
        types.writeTypeSuffix(generator, context, id);
    }

    private void write(Collection<?> elements, JsonGenerator generator, SerializationContext context) {
        HiddenFields.refuseBeside(elements, context);
        if (elements instanceof Set<?>) {
            // A list: elements that are not equal may look alike.
            List<String> sorted = new ArrayList<>();
            for (Object each : elements) {
                sorted.add(JsonText.of(context, buffer -> element.write(each, buffer, context)));
            }
            Collections.sort(sorted);
            sorted.forEach(generator::writeString);
        } else {
            elements.forEach(each -> element.write(each, generator, context));
        }
    }
}
