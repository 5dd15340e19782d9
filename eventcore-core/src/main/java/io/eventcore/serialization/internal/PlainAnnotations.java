package io.eventcore.serialization.internal;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClassResolver;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotationIntrospectorPair;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;
import tools.jackson.databind.introspect.ObjectIdInfo;
import tools.jackson.databind.jsontype.TypeResolverBuilder;
import tools.jackson.databind.jsontype.impl.StdTypeResolverBuilder;
import tools.jackson.databind.util.NameTransformer;

/**
 * Reads the annotations that say what belongs to a value, and not those that change how it looks in a JSON: two values
 * could look the same by them.
 *
 * <p>A serializer, a converter, a format, a filter, a supertype to be written as, raw JSON, a reference in the place of an
 * object, and leaving out what is empty are not followed. {@code @JsonValue} is, if it shows all of the class.
 */
final class PlainAnnotations extends AnnotationIntrospectorPair {
    private static final long serialVersionUID = 1L;
    private static final Set<JsonFormat.Shape> SHAPES = Set.of(
            JsonFormat.Shape.ARRAY,
            JsonFormat.Shape.NATURAL,
            JsonFormat.Shape.OBJECT,
            JsonFormat.Shape.POJO,
            JsonFormat.Shape.STRING);

    PlainAnnotations(AnnotationIntrospector followed) {
        super(
                new NopAnnotationIntrospector() {
                    private static final long serialVersionUID = 1L;
                },
                followed);
    }

    /** What is null may be left out, as in a record of optional components; what is empty may not. */
    static JsonInclude.Value withoutNullsAtMost(JsonInclude.Value inclusion) {
        JsonInclude.Include value = inclusion.getValueInclusion();
        return JsonInclude.Value.construct(
                value == JsonInclude.Include.ALWAYS || value == JsonInclude.Include.USE_DEFAULTS
                        ? value
                        : JsonInclude.Include.NON_NULL,
                JsonInclude.Include.ALWAYS);
    }

    @Override
    public JsonInclude.Value findPropertyInclusion(MapperConfig<?> config, Annotated annotated) {
        return withoutNullsAtMost(super.findPropertyInclusion(config, annotated));
    }

    @Override
    public JsonIncludeProperties.Value findPropertyInclusionByName(MapperConfig<?> config, Annotated annotated) {
        return JsonIncludeProperties.Value.all();
    }

    @Override
    public JsonFormat.@Nullable Value findFormat(MapperConfig<?> config, Annotated annotated) {
        JsonFormat.Value format = super.findFormat(config, annotated);
        return format == null || !SHAPES.contains(format.getShape())
                ? null
                : JsonFormat.Value.forShape(format.getShape());
    }

    @Override
    public @Nullable Object findSerializer(MapperConfig<?> config, Annotated annotated) {
        return isDisguised(annotated) ? null : super.findSerializer(config, annotated);
    }

    @Override
    public @Nullable Object findKeySerializer(MapperConfig<?> config, Annotated annotated) {
        return isDisguised(annotated) ? null : super.findKeySerializer(config, annotated);
    }

    @Override
    public @Nullable Object findContentSerializer(MapperConfig<?> config, Annotated annotated) {
        return isDisguised(annotated) ? null : super.findContentSerializer(config, annotated);
    }

    @Override
    public @Nullable Object findNullSerializer(MapperConfig<?> config, Annotated annotated) {
        return null;
    }

    @Override
    public @Nullable Object findSerializationConverter(MapperConfig<?> config, Annotated annotated) {
        return isDisguised(annotated) ? null : super.findSerializationConverter(config, annotated);
    }

    @Override
    public @Nullable Object findSerializationContentConverter(MapperConfig<?> config, AnnotatedMember member) {
        return isDisguised(member) ? null : super.findSerializationContentConverter(config, member);
    }

    /** Other introspectors, such as that of Kotlin, have reasons of the language for a serializer. */
    private static boolean isDisguised(Annotated annotated) {
        return annotated.hasAnnotation(JsonSerialize.class) || annotated.hasAnnotation(JsonRawValue.class);
    }

    @Override
    public JavaType refineSerializationType(MapperConfig<?> config, Annotated annotated, JavaType type) {
        return type;
    }

    @Override
    public JsonSerialize.@Nullable Typing findSerializationTyping(MapperConfig<?> config, Annotated annotated) {
        return null;
    }

    @Override
    public @Nullable Object findFilterId(MapperConfig<?> config, Annotated annotated) {
        return null;
    }

    @Override
    public @Nullable NameTransformer findUnwrappingNameTransformer(MapperConfig<?> config, AnnotatedMember member) {
        return null;
    }

    @Override
    public @Nullable ObjectIdInfo findObjectIdInfo(MapperConfig<?> config, Annotated annotated) {
        return null;
    }

    @Override
    public @Nullable Boolean hasAsValue(MapperConfig<?> config, Annotated annotated) {
        Boolean asValue = super.hasAsValue(config, annotated);
        if (!Boolean.TRUE.equals(asValue) || !(annotated instanceof AnnotatedMember member)) {
            return asValue;
        }
        Class<?> owner = member.getDeclaringClass();
        return owner.isInterface()
                || owner.isEnum()
                || LibraryTypes.contain(owner)
                || HiddenFields.behindValue(
                                config,
                                AnnotatedClassResolver.resolve(config, config.constructType(owner), config),
                                member)
                        .isEmpty();
    }

    @Override
    public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(MapperConfig<?> config, Annotated annotated) {
        JsonTypeInfo.Value info = super.findPolymorphicTypeInfo(config, annotated);
        return info == null || info.getIdType() == JsonTypeInfo.Id.NONE ? null : info;
    }

    @Override
    public @Nullable Object findTypeResolverBuilder(MapperConfig<?> config, Annotated annotated) {
        if (findPolymorphicTypeInfo(config, annotated) == null) {
            return null;
        }
        Object found = super.findTypeResolverBuilder(config, annotated);
        if (found instanceof Class<?> type) {
            return new OpenPositions(config.typeResolverBuilderInstance(annotated, resolver(type)));
        }
        return new OpenPositions(
                found instanceof TypeResolverBuilder<?> builder ? builder : new StdTypeResolverBuilder());
    }

    @SuppressWarnings("unchecked") // No annotation takes a class of another kind.
    private static Class<? extends TypeResolverBuilder<?>> resolver(Class<?> type) {
        return (Class<? extends TypeResolverBuilder<?>>) type;
    }
}
