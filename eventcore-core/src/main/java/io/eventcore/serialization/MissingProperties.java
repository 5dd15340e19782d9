package io.eventcore.serialization;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedTypeVariable;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.deser.SettableBeanProperty;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.ValueInstantiators;
import tools.jackson.databind.deser.bean.PropertyValueBuffer;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.module.SimpleModule;

/**
 * Refuses to read a record from JSON that lacks a property which the record says it always has: a number, or what is never
 * null. Where the constructor gives a missing reference a value, all is well. A null that is stored as such is read as it was
 * written.
 */
final class MissingProperties extends SimpleModule {
    private static final long serialVersionUID = 1L;

    MissingProperties() {
        super("eventcore-missing-properties");
    }

    @Override
    public void setupModule(SetupContext context) {
        super.setupModule(context);
        context.addValueInstantiators(new ValueInstantiators.Base() {
            @Override
            public ValueInstantiator modifyValueInstantiator(
                    DeserializationConfig config, BeanDescription.Supplier bean, ValueInstantiator standard) {
                return bean.getBeanClass().isRecord() ? new Demanding(standard) : standard;
            }
        });
    }

    private static boolean isNeverNull(RecordComponent component) {
        Set<String> said = Stream.of(component, component.getAnnotatedType(), component.getAccessor())
                .flatMap(place -> Arrays.stream(place.getAnnotations()))
                .map(annotation -> annotation.annotationType().getSimpleName())
                .collect(Collectors.toSet());
        if (said.contains("Nullable")) {
            return false;
        }
        return said.contains("NonNull")
                || said.contains("NotNull")
                || said.contains("Nonnull")
                || (isNullMarked(component.getDeclaringRecord())
                        && !(component.getAnnotatedType() instanceof AnnotatedTypeVariable));
    }

    /** By the class, one around it, its package or its module, whichever says something first. */
    private static boolean isNullMarked(Class<?> type) {
        List<AnnotatedElement> places = new ArrayList<>();
        for (Class<?> place = type; place != null; place = place.getEnclosingClass()) {
            places.add(place);
        }
        places.add(type.getPackage());
        places.add(type.getModule());
        for (AnnotatedElement place : places) {
            if (place.isAnnotationPresent(NullMarked.class)) {
                return true;
            }
            if (place.isAnnotationPresent(NullUnmarked.class)) {
                return false;
            }
        }
        return false;
    }

    /** Makes records, and looks at the components whose properties were missing. */
    private static final class Demanding extends ValueInstantiator.Delegating {
        private static final long serialVersionUID = 1L;

        /** By the names of properties, what was found out about them: events without one come by the thousand. */
        private final transient Map<String, Optional<RecordComponent>> neverNull = new ConcurrentHashMap<>();

        Demanding(ValueInstantiator standard) {
            super(standard);
        }

        @Override
        public ValueInstantiator createContextual(DeserializationContext context, BeanDescription.Supplier bean) {
            return new Demanding(delegate().createContextual(context, bean));
        }

        @Override
        public Object createFromObjectWith(
                DeserializationContext context, SettableBeanProperty[] properties, PropertyValueBuffer given) {
            if (given.isComplete()) {
                return delegate().createFromObjectWith(context, properties, given);
            }
            List<SettableBeanProperty> missing = Arrays.stream(properties)
                    .filter(property -> !given.hasParameter(property) && !property.isIgnorable())
                    .toList();
            if (context.isEnabled(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)) {
                for (SettableBeanProperty property : missing) {
                    if (property.getType().isPrimitive()) {
                        throw new MissingPropertyException(
                                context,
                                getValueClass(),
                                property.getName(),
                                "is a primitive: declare it Optional, or let an upcaster supply the value for older"
                                        + " events");
                    }
                }
            }
            Object made = delegate().createFromObjectWith(context, properties, given);
            for (SettableBeanProperty property : missing) {
                Optional<RecordComponent> component = neverNull.computeIfAbsent(
                        property.getName(), name -> componentOf(property).filter(MissingProperties::isNeverNull));
                if (component.isPresent() && valueOf(made, component.get().getAccessor()) == null) {
                    throw new MissingPropertyException(
                            context,
                            getValueClass(),
                            property.getName(),
                            "is never null: declare it @Nullable or Optional");
                }
            }
            return made;
        }

        /**
         * The component that a property of the record's creator is for: of the canonical constructor the one at its place, of
         * another constructor or a factory method the one of its name; none if what is made of it cannot be known.
         */
        private Optional<RecordComponent> componentOf(SettableBeanProperty property) {
            RecordComponent[] components = getValueClass().getRecordComponents();
            if (isOfTheCanonicalConstructor(property, components)) {
                return Optional.of(components[property.getCreatorIndex()]);
            }
            return Arrays.stream(components)
                    .filter(component -> property.getName().equals(nameOf(component)))
                    .findFirst();
        }

        private static String nameOf(RecordComponent component) {
            JsonProperty said = component.getAccessor().getAnnotation(JsonProperty.class);
            return said == null || said.value().isEmpty() ? component.getName() : said.value();
        }

        private static boolean isOfTheCanonicalConstructor(
                SettableBeanProperty property, RecordComponent[] components) {
            return property.getMember() instanceof AnnotatedParameter parameter
                    && parameter.getOwner().getAnnotated() instanceof Constructor<?> constructor
                    && Arrays.equals(
                            constructor.getParameterTypes(),
                            Arrays.stream(components)
                                    .map(RecordComponent::getType)
                                    .toArray());
        }

        private static @Nullable Object valueOf(Object made, Method accessor) {
            try {
                accessor.setAccessible(true);
                return accessor.invoke(made);
            } catch (InvocationTargetException | IllegalAccessException e) {
                throw new IllegalStateException(accessor.getName() + " of a record cannot be called", e);
            }
        }
    }

    /** Names a class and a property, and quotes nothing. */
    static final class MissingPropertyException extends DatabindException {
        private static final long serialVersionUID = 1L;

        private MissingPropertyException(DeserializationContext context, Class<?> type, String property, String rule) {
            super(
                    context.getParser(),
                    "property '%s' is missing, and in %s it %s".formatted(property, type.getName(), rule));
        }
    }
}
