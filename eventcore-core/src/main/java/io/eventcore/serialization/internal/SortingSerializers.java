package io.eventcore.serialization.internal;

import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.type.CollectionType;

/** Sorts sets, and refuses values that show nothing. The form that the first versions stored; never change it. */
final class SortingSerializers extends ValueSerializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public ValueSerializer<?> modifyCollectionSerializer(
            SerializationConfig config,
            CollectionType type,
            BeanDescription.Supplier description,
            ValueSerializer<?> serializer) {
        return Set.class.isAssignableFrom(type.getRawClass()) ? new SortedSet() : serializer;
    }

    @Override
    public ValueSerializer<?> modifySerializer(
            SerializationConfig config, BeanDescription.Supplier description, ValueSerializer<?> serializer) {
        return refusedIfEmpty(serializer);
    }

    /** Jackson lets a class without properties pass if it is annotated, as a functional interface may be. */
    static ValueSerializer<?> refusedIfEmpty(ValueSerializer<?> serializer) {
        boolean says = !(serializer instanceof BeanSerializerBase)
                || serializer.properties().hasNext();
        return says ? serializer : new Unspeakable();
    }

    /** Refuses what has no properties: all such values would look the same. */
    private static final class Unspeakable extends RefusingSerializer {
        @Override
        protected void refuse(Object value, SerializationContext context) {
            context.reportBadDefinition(value.getClass(), "it has no properties");
        }
    }

    /** Writes the elements as texts of JSON, sorted. Only to be hashed, so it need not be readable. */
    private static final class SortedSet extends ValueSerializer<Set<?>> {
        @Override
        public void serialize(Set<?> set, JsonGenerator generator, SerializationContext context) {
            TreeSet<String> sorted = new TreeSet<>();
            for (Object element : set) {
                sorted.add(JsonText.of(context, buffer -> context.writeValue(buffer, element)));
            }
            generator.writeStartArray();
            sorted.forEach(generator::writeString);
            generator.writeEndArray();
        }
    }
}
