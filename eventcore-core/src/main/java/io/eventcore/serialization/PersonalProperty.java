package io.eventcore.serialization;

import io.eventcore.PersonalData;
import io.eventcore.internal.PersonalComponents;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.PropertyName;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.BeanPropertyWriter;
import tools.jackson.databind.ser.ValueSerializerModifier;

/** Writes a placeholder for a value that is {@link PersonalData}, and hands the value to the {@link PersonalValues}. */
final class PersonalProperty extends BeanPropertyWriter {
    private static final long serialVersionUID = 1L;

    private final transient PersonalData declared;
    private transient volatile byte @Nullable [] placeholder;

    private PersonalProperty(BeanPropertyWriter property, PersonalData declared) {
        super(property);
        this.declared = declared;
    }

    private PersonalProperty(PersonalProperty property, PropertyName name) {
        super(property, name);
        this.declared = property.declared;
    }

    @Override
    protected BeanPropertyWriter _new(PropertyName name) {
        return new PersonalProperty(this, name);
    }

    /** Lets the properties of all classes that are personal data be written by this class. */
    static SimpleModule module() {
        SimpleModule module = new SimpleModule("eventcore-personal-data");
        module.setSerializerModifier(new Modifier());
        return module;
    }

    private static final class Modifier extends ValueSerializerModifier {
        private static final long serialVersionUID = 1L;

        @Override
        public List<BeanPropertyWriter> changeProperties(
                SerializationConfig config, BeanDescription.Supplier description, List<BeanPropertyWriter> properties) {
            Class<?> type = description.getBeanClass();
            boolean mayBePersonal = PersonalComponents.mayBeIn(type);
            AnnotatedMember others = mayBePersonal ? description.get().findAnyGetter() : null;
            if (others != null && DerivedProperty.isDerived(others, type)) {
                DerivedProperty.checkBesides(type, others.getName());
            }
            properties.replaceAll(property -> {
                PersonalData declared = property.getAnnotation(PersonalData.class);
                if (declared == null) {
                    return mayBePersonal
                                    && (property.isVirtual() || DerivedProperty.isDerived(property.getMember(), type))
                            ? DerivedProperty.of(property, type)
                            : property;
                }
                if (property.isUnwrapping()) {
                    throw new PersonalDataRefusedException("@PersonalData on '" + property.getName() + "' of "
                            + type.getName() + " cannot be @JsonUnwrapped");
                }
                return new PersonalProperty(property, declared);
            });
            return properties;
        }
    }

    @Override
    public void serializeAsProperty(Object bean, JsonGenerator generator, SerializationContext context)
            throws Exception {
        if (isSuppressed(bean, context) || !replaces(bean, generator, context, Optional.of(getName()))) {
            super.serializeAsProperty(bean, generator, context);
        }
    }

    @Override
    public void serializeAsElement(Object bean, JsonGenerator generator, SerializationContext context)
            throws Exception {
        if (!replaces(bean, generator, context, Optional.empty())) {
            super.serializeAsElement(bean, generator, context);
        }
    }

    /** Whether nothing is written for a value of this kind, which only the class above knows. */
    private boolean isSuppressed(Object bean, SerializationContext context) throws Exception {
        if (_suppressableValue == null) {
            return false;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PersonalValues values = PersonalValues.of(context);
        SerializationContext plain = context;
        plain.setAttribute(PersonalValues.class, PersonalValues.IN_THEIR_PLACE);
        try (JsonGenerator probe = context.tokenStreamFactory().createGenerator(context, out)) {
            probe.writeStartObject();
            super.serializeAsProperty(bean, probe, plain);
            probe.writeEndObject();
        } finally {
            plain.setAttribute(PersonalValues.class, values);
        }
        return out.toString(StandardCharsets.UTF_8).replaceAll("\\s", "").equals("{}");
    }

    /** Writes the placeholder, unless the value is to be written as it is. */
    private boolean replaces(Object bean, JsonGenerator generator, SerializationContext context, Optional<String> name)
            throws Exception {
        PersonalValues values = PersonalValues.of(context);
        if (values.placeholders().isEmpty() || get(bean) == null) {
            return false;
        }
        TokenStreamContext around = generator.streamWriteContext();
        String subject = values.subject(bean, declared.subject(), around, getName());
        if (values.isInside()) {
            values.checkSameSubject(subject, getName());
            return false;
        }
        byte[] json;
        values.enter(subject, around);
        try {
            json = valueOf(bean, context);
        } finally {
            values.leave();
        }
        if (new String(json, StandardCharsets.UTF_8).equals("null")) {
            return false;
        }
        if (name.isPresent()) {
            generator.writeName(_name);
        }
        generator.writeRawValue(new String(placeholder(values.placeholders().get()), StandardCharsets.UTF_8));
        values.add(generator.streamWriteContext().pathAsPointer().toString(), subject, json);
        return true;
    }

    private byte[] valueOf(Object bean, SerializationContext context) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator apart = context.tokenStreamFactory().createGenerator(context, out)) {
            apart.writeStartArray();
            super.serializeAsElement(bean, apart, context);
            apart.writeEndArray();
        }
        String array = out.toString(StandardCharsets.UTF_8).strip();
        return array.substring(1, array.length() - 1).strip().getBytes(StandardCharsets.UTF_8);
    }

    private byte[] placeholder(Placeholders placeholders) {
        byte[] known = placeholder;
        if (known == null) {
            try {
                known = placeholders.of(
                        declared,
                        getType(),
                        getMember().getAnnotated(),
                        getFullName().getSimpleName());
            } catch (IllegalArgumentException e) {
                throw new PersonalDataRefusedException(String.valueOf(e.getMessage()));
            }
            placeholder = known;
        }
        return known;
    }
}
