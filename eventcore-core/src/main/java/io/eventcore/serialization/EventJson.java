package io.eventcore.serialization;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonTypeResolver;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.NamedType;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;
import tools.jackson.databind.jsontype.TypeIdResolver;
import tools.jackson.databind.jsontype.impl.StdTypeResolverBuilder;
import tools.jackson.databind.module.SimpleModule;

/**
 * The JSON of the data that eventcore stores: events, states of snapshots, fingerprints of commands.
 *
 * <p>It belongs to the store. The JSON that an application sends to browsers may change from one release to the next;
 * stored JSON must be readable forever. So nothing of the application's mapper affects it: no setting, no module, no
 * mix-in. Add to this mapper what the application needs to write its own types.
 *
 * <p>It differs from Jackson's defaults so that nothing is lost: it keeps offsets and zones of times, reads numbers and
 * texts of any length, and stores an enum constant by its name, whatever its {@code toString} returns. And it is
 * closed: it writes no class names, and reads none.
 *
 * @since 0.1
 */
public final class EventJson {
    private EventJson() {}

    /** The settings of the mapper, to which modules and mix-ins for types of the application may be added. */
    public static JsonMapper.Builder builder() {
        StreamReadConstraints whateverWasWritten = StreamReadConstraints.builder()
                .maxNumberLength(Integer.MAX_VALUE)
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .build();
        return closed(JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(whateverWasWritten)
                        .build()))
                .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                .disable(DateTimeFeature.NORMALIZE_DESERIALIZED_ZONE_ID)
                .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
                .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING, EnumFeature.READ_ENUMS_USING_TO_STRING);
    }

    /** Keeps class names out of stored JSON, and refuses to write anything that could not be read. */
    static JsonMapper.Builder closed(JsonMapper.Builder builder) {
        return builder.addModule(new EventCoreJacksonModule())
                .addModule(new Refusals())
                .addModule(new MissingProperties())
                .annotationIntrospector(
                        AnnotationIntrospector.pair(new NoClassNames(), builder.annotationIntrospector()))
                .deactivateDefaultTyping()
                .polymorphicTypeValidator(new OnlyDeclaredSubtypes());
    }

    /** Refuses annotations by which the name of a class would be stored, and chosen by what is stored. */
    private static final class NoClassNames extends NopAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(MapperConfig<?> config, Annotated annotated) {
            JsonTypeInfo info = _findAnnotation(annotated, JsonTypeInfo.class);
            if (info != null && (info.use() == JsonTypeInfo.Id.CLASS || info.use() == JsonTypeInfo.Id.MINIMAL_CLASS)) {
                throw new IllegalStateException("@JsonTypeInfo on " + annotated.getName()
                        + " stores names of classes: use JsonTypeInfo.Id.NAME with @JsonSubTypes");
            }
            return null;
        }

        @Override
        public @Nullable Object findTypeResolverBuilder(MapperConfig<?> config, Annotated annotated) {
            return _hasAnnotation(annotated, JsonTypeInfo.class) && !_hasAnnotation(annotated, JsonTypeResolver.class)
                    ? new NamedByTheApplication()
                    : null;
        }
    }

    /** Refuses subtypes without a name that the application gave: Jackson would store the names of their classes. */
    private static final class NamedByTheApplication extends StdTypeResolverBuilder {
        private NamedByTheApplication() {}

        private NamedByTheApplication(NamedByTheApplication base, @Nullable Class<?> defaultImpl) {
            super(base, defaultImpl);
        }

        @Override
        public NamedByTheApplication withDefaultImpl(@Nullable Class<?> defaultImpl) {
            return new NamedByTheApplication(this, defaultImpl);
        }

        @Override
        protected TypeIdResolver idResolver(
                DatabindContext context,
                JavaType base,
                PolymorphicTypeValidator validator,
                Collection<NamedType> subtypes,
                boolean writes,
                boolean reads) {
            if (_idType == JsonTypeInfo.Id.NAME || _idType == JsonTypeInfo.Id.SIMPLE_NAME) {
                Stream<Class<?>> used = subtypes.stream().map(NamedType::getType);
                Stream.concat(used, Stream.ofNullable(_defaultImpl))
                        .filter(type -> type != Object.class && type != Void.class)
                        .filter(type -> !Modifier.isAbstract(type.getModifiers()))
                        .filter(type ->
                                subtypes.stream().noneMatch(named -> named.getType() == type && named.hasName()))
                        .findFirst()
                        .ifPresent(nameless -> {
                            throw nameless(nameless, base.getRawClass());
                        });
            }
            return super.idResolver(context, base, validator, subtypes, writes, reads);
        }

        private static IllegalStateException nameless(Class<?> type, Class<?> base) {
            return new IllegalStateException(("%s has no name of its own as a %s, so the name of its class would be"
                            + " stored: add @JsonTypeName(\"...\") to it, or its name to @JsonSubTypes")
                    .formatted(type.getName(), base.getName()));
        }
    }

    /**
     * Lets subtypes be deduced from the properties that are there. Jackson asks for them by the names of their classes,
     * which it has found itself: those that the base type permits or declares, and no others.
     */
    private static final class OnlyDeclaredSubtypes extends PolymorphicTypeValidator {
        private static final long serialVersionUID = 1L;

        @Override
        public Validity validateBaseType(DatabindContext context, JavaType base) {
            return Validity.INDETERMINATE;
        }

        @Override
        public Validity validateSubClassName(DatabindContext context, JavaType base, String className) {
            MapperConfig<?> config = context.getConfig();
            return config
                            .getSubtypeResolver()
                            .collectAndResolveSubtypesByTypeId(config, context.introspectClassAnnotations(base))
                            .stream()
                            .anyMatch(declared -> declared.getType().getName().equals(className))
                    ? Validity.ALLOWED
                    : Validity.DENIED;
        }

        @Override
        public Validity validateSubType(DatabindContext context, JavaType base, JavaType subtype) {
            return validateSubClassName(context, base, subtype.getRawClass().getName());
        }
    }

    /** Refuses values that would be written and not be read, or not as what they are. */
    private static final class Refusals extends SimpleModule {
        private static final long serialVersionUID = 1L;

        private Refusals() {
            super("eventcore-refusals");
            addDeserializer(Class.class, new NoClass());
            addKeySerializer(String.class, new WellFormedName());
        }
    }

    /** Jackson writes half a surrogate pair in the name of a property, but does not read it. */
    private static final class WellFormedName extends ValueSerializer<String> {
        @Override
        public void serialize(String name, JsonGenerator generator, SerializationContext context) {
            if (name.chars().anyMatch(unit -> Character.isSurrogate((char) unit))
                    && !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
                context.reportBadDefinition(String.class, "a map key contains half a surrogate pair");
            }
            generator.writeName(name);
        }
    }

    /** A class as a value would be loaded by a name that is stored. */
    @SuppressWarnings("rawtypes") // As Jackson knows the class Class.
    private static final class NoClass extends StdDeserializer<Class> {
        private NoClass() {
            super(Class.class);
        }

        @Override
        public Class deserialize(JsonParser parser, DeserializationContext context) {
            return context.reportInputMismatch(this, "a stored name never loads a class");
        }
    }
}
