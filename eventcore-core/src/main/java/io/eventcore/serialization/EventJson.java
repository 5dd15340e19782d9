package io.eventcore.serialization;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.nio.charset.StandardCharsets;
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
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.MixInResolver;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;
import tools.jackson.databind.module.SimpleModule;

/**
 * The JSON of what eventcore stores: events, states of snapshots, fingerprints of commands.
 *
 * <p>It belongs to the store. How an application shows its JSON to browsers may change from one release to the next; what
 * is stored must be read for ever. So settings of the application's mapper do not reach it: naming, inclusion, root
 * names, date formats, features. What an application needs to write its own types does reach it: modules, mix-ins,
 * subtypes, and how handlers are made.
 *
 * <p>It differs from Jackson's defaults in what would be lost otherwise: offsets and zones of times are kept as they are,
 * and numbers and texts of any length are read again. And it is closed: no name of a class is written, and none is read.
 *
 * @since 0.1
 */
public final class EventJson {
    private EventJson() {}

    /** The mapper's settings for an application without types of its own. */
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
                .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID);
    }

    /**
     * The mapper's settings for an application with types of its own.
     *
     * @param application the application's mapper, of which modules, mix-ins, subtypes and makers of handlers are taken
     */
    public static JsonMapper.Builder builder(JsonMapper application) {
        MapperConfig<?> config = application.serializationConfig();
        JsonMapper.Builder builder = builder()
                .addModules(application.registeredModules())
                .mixInOverrides(new MixIns(config))
                .subtypeResolver(config.getSubtypeResolver().snapshot())
                .injectableValues(application.getInjectableValues());
        return config.getHandlerInstantiator() == null
                ? builder
                : builder.handlerInstantiator(config.getHandlerInstantiator());
    }

    /** Those of a mapper that is there, which never change. */
    private record MixIns(MixInResolver application) implements MixInResolver {
        @Override
        public @Nullable Class<?> findMixInClassFor(Class<?> type) {
            return application.findMixInClassFor(type);
        }

        @Override
        public boolean hasMixIns() {
            return application.hasMixIns();
        }

        @Override
        public MixInResolver snapshot() {
            return this;
        }
    }

    /** Sees to it that what is stored never names a class, and that nothing is written which could not be read. */
    static JsonMapper.Builder closed(JsonMapper.Builder builder) {
        return builder.addModule(new EventCoreJacksonModule())
                .addModule(new Refusals())
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
                context.reportBadDefinition(String.class, "a key of a map has half a surrogate pair");
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
            return context.reportInputMismatch(this, "no class is loaded by a name that is stored");
        }
    }
}
