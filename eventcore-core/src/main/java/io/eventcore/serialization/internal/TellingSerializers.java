package io.eventcore.serialization.internal;

import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.ValueSerializerModifier;
import tools.jackson.databind.ser.bean.BeanSerializerBase;
import tools.jackson.databind.ser.jdk.MapEntrySerializer;
import tools.jackson.databind.ser.std.ReferenceTypeSerializer;
import tools.jackson.databind.type.CollectionLikeType;
import tools.jackson.databind.type.CollectionType;
import tools.jackson.databind.type.MapLikeType;
import tools.jackson.databind.type.MapType;

/** Lets no two values of different classes, or with different fields, look the same, and no two equal ones different. */
final class TellingSerializers extends ValueSerializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public List<BeanPropertyWriter> changeProperties(
            SerializationConfig config, BeanDescription.Supplier description, List<BeanPropertyWriter> properties) {
        for (BeanPropertyWriter property : properties) {
            // An empty optional is written as null.
            if (isOptional(property.getType()) && !property.hasNullSerializer()) {
                property.assignNullSerializer(NoOptional.INSTANCE);
            }
        }
        // Of a class that shows nothing, the name of the class does not make a JSON form.
        if (properties.isEmpty() || !ClassName.isNeeded(description.getBeanClass())) {
            return properties;
        }
        List<BeanPropertyWriter> withClass = new ArrayList<>(properties);
        withClass.add(ClassName.of(config, description.get()));
        return withClass;
    }

    private static boolean isOptional(JavaType type) {
        return type.isReferenceType() || type.getRawClass().getName().startsWith("java.util.Optional");
    }

    @Override
    public ValueSerializer<?> modifySerializer(
            SerializationConfig config, BeanDescription.Supplier description, ValueSerializer<?> serializer) {
        Class<?> type = description.getBeanClass();
        if (serializer instanceof BeanSerializerBase) {
            return HiddenFields.ofBean(config, description.get(), serializer.properties())
                    .<ValueSerializer<?>>map(Hiding::new)
                    .orElseGet(() -> SortingSerializers.refusedIfEmpty(serializer));
        }
        if (Enum.class.isAssignableFrom(type)) {
            return new EnumConstants(serializer);
        }
        if (!LibraryTypes.contain(type)) {
            return whole(config, description, serializer) instanceof Hiding hiding ? hiding : AsOneValue.of(serializer);
        }
        if (serializer instanceof ReferenceTypeSerializer<?>) {
            return AsOneValue.of(serializer);
        }
        if (serializer instanceof MapEntrySerializer) {
            return SortedEntries.ofEntry(description.get().getType().findSuperType(Map.Entry.class));
        }
        return precise(type, serializer);
    }

    /** What Jackson leaves out of values of the JDK, added where there is something. */
    @SuppressWarnings("JavaUtilDate") // Times and timestamps are such.
    private static ValueSerializer<?> precise(Class<?> type, ValueSerializer<?> serializer) {
        if (type.getName().equals("java.sql.Timestamp")) { // Its module may be absent.
            return AsOneValue.with(serializer, Date.class, TellingSerializers::belowMilliseconds);
        }
        if (type == Pattern.class) {
            return AsOneValue.with(serializer, Pattern.class, value -> value.flags() == 0 ? "" : value.flags());
        }
        if (Calendar.class.isAssignableFrom(type)) {
            return AsOneValue.with(
                    serializer, Calendar.class, value -> value.getTimeZone().getID());
        }
        if (type.getName().equals("java.sql.Time")) {
            // Its text depends on the time zone of the process, and leaves out the day and the milliseconds.
            return WholeText.of(Date.class, value -> Long.toString(value.getTime()));
        }
        if (hasName(type, "javax.xml.datatype.XMLGregorianCalendar")) {
            // Jackson takes the time zone of the process where there is none.
            return WholeText.of(Object.class, Object::toString);
        }
        if (InetAddress.class.isAssignableFrom(type)) {
            return WholeText.of(InetAddress.class, TellingSerializers::addressOf);
        }
        if (type == InetSocketAddress.class) {
            return WholeText.of(InetSocketAddress.class, TellingSerializers::addressOf);
        }
        if (type == File.class) {
            return AsOneValue.with(serializer, File.class, value -> value.isAbsolute() ? "" : value.getPath());
        }
        if (Path.class.isAssignableFrom(type)) {
            return AsOneValue.with(serializer, Path.class, value -> value.isAbsolute() ? "" : value.toString());
        }
        return serializer;
    }

    private static boolean hasName(@Nullable Class<?> type, String name) {
        return type != null && (type.getName().equals(name) || hasName(type.getSuperclass(), name));
    }

    /** Two are equal by their address alone. The name is there only if some code has asked for it before. */
    private static String addressOf(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    private static String addressOf(InetSocketAddress socket) {
        InetAddress address = socket.getAddress();
        // No host name has a slash.
        return (address == null ? "/" + socket.getHostString().toLowerCase(Locale.ROOT) : addressOf(address)) + " "
                + socket.getPort();
    }

    @SuppressWarnings("JavaUtilDate") // A Timestamp is one.
    private static String belowMilliseconds(Date timestamp) {
        String text = timestamp.toString();
        String fraction = text.substring(text.lastIndexOf('.') + 1);
        return fraction.length() <= 3 ? "" : fraction;
    }

    @Override
    public ValueSerializer<?> modifyCollectionSerializer(
            SerializationConfig config,
            CollectionType type,
            BeanDescription.Supplier description,
            ValueSerializer<?> serializer) {
        return new Elements(type.getContentType());
    }

    @Override
    public ValueSerializer<?> modifyMapSerializer(
            SerializationConfig config,
            MapType type,
            BeanDescription.Supplier description,
            ValueSerializer<?> serializer) {
        return SortedEntries.ofMap(type);
    }

    @Override
    public ValueSerializer<?> modifyCollectionLikeSerializer(
            SerializationConfig config,
            CollectionLikeType type,
            BeanDescription.Supplier description,
            ValueSerializer<?> serializer) {
        return whole(config, description, serializer);
    }

    @Override
    public ValueSerializer<?> modifyMapLikeSerializer(
            SerializationConfig config,
            MapLikeType type,
            BeanDescription.Supplier description,
            ValueSerializer<?> serializer) {
        return whole(config, description, serializer);
    }

    private static ValueSerializer<?> whole(
            SerializationConfig config, BeanDescription.Supplier description, ValueSerializer<?> serializer) {
        return HiddenFields.behind(config, description.get(), serializer)
                .<ValueSerializer<?>>map(Hiding::new)
                .orElse(serializer);
    }

    /** Refuses a value of which the JSON would show only a part. */
    private static final class Hiding extends RefusingSerializer {
        private final HiddenFields.Hidden field;

        private Hiding(HiddenFields.Hidden field) {
            this.field = field;
        }

        @Override
        protected void refuse(Object value, SerializationContext context) {
            throw new HiddenFieldException(field);
        }
    }
}
