package io.eventcore.serialization.internal;

import java.util.stream.Stream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.introspect.VirtualAnnotatedMember;
import tools.jackson.databind.ser.VirtualBeanPropertyWriter;
import tools.jackson.databind.util.Annotations;
import tools.jackson.databind.util.SimpleBeanPropertyDefinition;

/** A property that holds the name of its object's class. Only to be hashed, never to be read. */
final class ClassName extends VirtualBeanPropertyWriter {
    private static final long serialVersionUID = 1L;
    private static final String NAME = "@class";

    private ClassName(BeanPropertyDefinition definition, Annotations annotations, JavaType type) {
        super(definition, annotations, type);
    }

    /** Whether values of other classes can stand where values of this one can: whether it extends or implements a type. */
    static boolean isNeeded(Class<?> type) {
        Class<?> parent = type.getSuperclass();
        return (parent != null && parent != Object.class && parent != Record.class)
                || Stream.of(type.getInterfaces())
                        .anyMatch(implemented -> !implemented.getName().startsWith("java."));
    }

    static ClassName of(MapperConfig<?> config, BeanDescription bean) {
        JavaType text = config.constructType(String.class);
        VirtualAnnotatedMember member =
                new VirtualAnnotatedMember(bean.getClassInfo(), bean.getBeanClass(), NAME, text);
        return new ClassName(
                SimpleBeanPropertyDefinition.construct(config, member, PropertyName.construct(NAME)),
                bean.getClassAnnotations(),
                text);
    }

    @Override
    protected Object value(Object bean, JsonGenerator generator, SerializationContext context) {
        return bean.getClass().getName();
    }

    @Override
    public VirtualBeanPropertyWriter withConfig(
            MapperConfig<?> config, AnnotatedClass owner, BeanPropertyDefinition definition, JavaType type) {
        return new ClassName(definition, owner.getAnnotations(), type);
    }
}
