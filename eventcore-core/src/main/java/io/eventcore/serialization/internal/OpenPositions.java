package io.eventcore.serialization.internal;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.jsontype.TypeDeserializer;
import tools.jackson.databind.jsontype.TypeIdResolver;
import tools.jackson.databind.jsontype.TypeResolverBuilder;
import tools.jackson.databind.jsontype.TypeSerializer;

/** Puts the class beside a value wherever values of several classes can stand, with the name that an annotation gives it. */
final class OpenPositions implements TypeResolverBuilder<OpenPositions> {
    private final @Nullable TypeResolverBuilder<?> named;

    OpenPositions() {
        this.named = null;
    }

    OpenPositions(TypeResolverBuilder<?> named) {
        this.named = named;
    }

    @Override
    public @Nullable TypeSerializer buildTypeSerializer(
            SerializationContext context, JavaType declared, Collection<NamedType> subtypes) {
        TypeSerializer names = named == null ? null : named.buildTypeSerializer(context, declared, subtypes);
        return declared.isFinal() ? names : new ClassBeside(declared.getRawClass(), names);
    }

    @Override
    public TypeDeserializer buildTypeDeserializer(
            DeserializationContext context, JavaType declared, Collection<NamedType> subtypes) {
        throw new UnsupportedOperationException("What is written to be hashed is never read");
    }

    @Override
    public @Nullable Class<?> getDefaultImpl() {
        return named == null ? null : named.getDefaultImpl();
    }

    @Override
    public OpenPositions init(JsonTypeInfo.Value settings, TypeIdResolver resolver) {
        return named == null ? this : new OpenPositions(named.init(settings, resolver));
    }

    @Override
    public OpenPositions withDefaultImpl(Class<?> defaultImpl) {
        return named == null ? this : new OpenPositions(named.withDefaultImpl(defaultImpl));
    }

    @Override
    public OpenPositions withSettings(JsonTypeInfo.Value settings) {
        return named == null ? this : new OpenPositions(named.withSettings(settings));
    }
}
