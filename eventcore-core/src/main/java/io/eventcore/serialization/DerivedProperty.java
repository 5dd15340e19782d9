package io.eventcore.serialization;

import io.eventcore.PersonalData;
import io.eventcore.internal.PersonalComponents;
import java.lang.reflect.Method;
import java.util.Locale;
import java.util.stream.Stream;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.ser.BeanPropertyWriter;

/**
 * A property that no component stands for, as of a method {@code getFullName()}: what it tells may repeat
 * {@linkplain PersonalData personal data} of its object, and no erasure would reach it. So it is refused where there is any.
 */
final class DerivedProperty extends BeanPropertyWriter {
    private static final long serialVersionUID = 1L;

    private DerivedProperty(BeanPropertyWriter property) {
        super(property);
    }

    private DerivedProperty(DerivedProperty property, PropertyName name) {
        super(property, name);
    }

    @Override
    protected BeanPropertyWriter _new(PropertyName name) {
        return new DerivedProperty(this, name);
    }

    /**
     * The property, which looks at each object, since the class does not tell whether there is personal data.
     *
     * @throws PersonalDataRefusedException if the class tells that there is
     */
    static BeanPropertyWriter of(BeanPropertyWriter property, Class<?> owner) {
        checkBesides(owner, property.getName());
        return new DerivedProperty(property);
    }

    /** Refuses what is derived in a class that declares personal data, or has it in one of its parts. */
    static void checkBesides(Class<?> owner, String name) {
        if (!PersonalComponents.declaredBy(owner).isEmpty()) {
            throw refused(owner, name);
        }
    }

    private static PersonalDataRefusedException refused(Class<?> owner, String name) {
        return new PersonalDataRefusedException(
                ("'%s' of %s is not a component, and would be stored beside @PersonalData, where no erasure reaches"
                                + " its value: mark it @JsonIgnore")
                        .formatted(name, owner.getName()));
    }

    /** Whether it is a method that gives something else than a field of the class. */
    static boolean isDerived(AnnotatedMember member, Class<?> owner) {
        return member.getMember() instanceof Method method
                && Fields.declaredBy(owner).stream()
                        .noneMatch(field -> Stream.of(method.getName(), ofGetter(method.getName()))
                                .anyMatch(field.getName()::equals));
    }

    private static String ofGetter(String name) {
        String stem = name.startsWith("get") ? name.substring(3) : name.startsWith("is") ? name.substring(2) : name;
        return stem.isEmpty() ? name : stem.substring(0, 1).toLowerCase(Locale.ROOT) + stem.substring(1);
    }

    @Override
    public void serializeAsProperty(Object bean, JsonGenerator generator, SerializationContext context)
            throws Exception {
        check(bean);
        super.serializeAsProperty(bean, generator, context);
    }

    @Override
    public void serializeAsElement(Object bean, JsonGenerator generator, SerializationContext context)
            throws Exception {
        check(bean);
        super.serializeAsElement(bean, generator, context);
    }

    private void check(Object bean) {
        if (PersonalComponents.count(bean) > 0) {
            throw refused(bean.getClass(), getName());
        }
    }
}
