package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.test.contract.EventShapes;
import io.eventcore.test.contract.EventShapes.Shape;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonNaming;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.ToStringSerializer;

/** What is stored belongs to the store: settings that shape the application's answers do not reach it. */
@SuppressWarnings("JavaUtilDate") // Applications have such dates, and Jackson has settings for them.
class StoredJsonTest {
    enum Kind {
        PRIVATE_CUSTOMER,
        COMPANY
    }

    record Inner(int innerNumber, @Nullable String innerText) {}

    @EventType("everything")
    record Everything(
            StreamId streamId,
            long wholeNumber,
            boolean isActive,
            @Nullable String nothing,
            String empty,
            Optional<String> maybe,
            List<String> several,
            Map<String, Integer> counts,
            BigDecimal amount,
            double ratio,
            Kind kind,
            Instant moment,
            LocalDate day,
            LocalDateTime dayTime,
            OffsetDateTime offset,
            Duration duration,
            Date date,
            Inner inner)
            implements Event {}

    private static final Everything EVENT = new Everything(
            StreamId.of("account-7"),
            5,
            true,
            null,
            "",
            Optional.empty(),
            List.of(),
            Map.of("one", 1),
            new BigDecimal("1000.00"),
            0.5,
            Kind.PRIVATE_CUSTOMER,
            Instant.parse("2026-11-28T10:11:12.123456789Z"),
            LocalDate.of(2026, 11, 28),
            LocalDateTime.of(2026, 11, 28, 10, 11),
            OffsetDateTime.of(2026, 11, 28, 10, 11, 12, 0, ZoneOffset.UTC),
            Duration.ofMillis(1_500),
            new Date(1_000),
            new Inner(1, null));

    /** As it has been stored from the beginning under the defaults of Spring Boot. It must be read for ever. */
    private static final String STORED = "{\"streamId\":\"account-7\",\"wholeNumber\":5,\"isActive\":true,"
            + "\"nothing\":null,\"empty\":\"\",\"maybe\":null,\"several\":[],\"counts\":{\"one\":1},"
            + "\"amount\":1000.00,\"ratio\":0.5,\"kind\":\"PRIVATE_CUSTOMER\","
            + "\"moment\":\"2026-11-28T10:11:12.123456789Z\",\"day\":\"2026-11-28\","
            + "\"dayTime\":\"2026-11-28T10:11:00\",\"offset\":\"2026-11-28T10:11:12Z\",\"duration\":\"PT1.5S\","
            + "\"date\":\"1970-01-01T00:00:01.000Z\",\"inner\":{\"innerNumber\":1,\"innerText\":null}}";

    private static ApplicationContextRunner application() {
        return Applications.withoutDatabase()
                .withBean(EventTypesCustomizer.class, () -> types -> types.register(Everything.class));
    }

    @Test
    void under_the_defaults_it_is_what_it_has_always_been() {
        application().run(application -> assertStoredAsEver(application.getBean(EventSerializer.class)));
    }

    static List<String> settings() {
        return List.of(
                "property-naming-strategy=SNAKE_CASE",
                "default-property-inclusion=NON_NULL",
                "default-property-inclusion=NON_EMPTY",
                "default-property-inclusion=NON_DEFAULT",
                "date-format=yyyy",
                "date-format=tools.jackson.databind.util.StdDateFormat",
                "time-zone=Asia/Tokyo",
                "locale=de_DE",
                "default-leniency=false",
                "use-jackson2-defaults=true",
                "constructor-detector=explicit-only",
                "constructor-detector=use-delegating",
                "visibility.field=none",
                "visibility.all=none",
                "visibility.creator=none",
                "mapper.use-annotations=false",
                "mapper.sort-properties-alphabetically=true",
                "mapper.infer-property-mutators=false",
                "mapper.propagate-transient-marker=true",
                "mapper.accept-case-insensitive-properties=true",
                "mapper.allow-coercion-of-scalars=false",
                "serialization.wrap-root-value=true",
                "serialization.indent-output=true",
                "serialization.write-single-elem-arrays-unwrapped=true",
                "serialization.order-map-entries-by-keys=true",
                "deserialization.unwrap-root-value=true",
                "deserialization.fail-on-unknown-properties=true",
                "deserialization.fail-on-missing-creator-properties=true",
                "deserialization.fail-on-null-creator-properties=true",
                "deserialization.accept-empty-string-as-null-object=true",
                "deserialization.use-big-decimal-for-floats=true",
                "datatype.datetime.write-dates-as-timestamps=true",
                "datatype.datetime.write-durations-as-timestamps=true",
                "datatype.datetime.write-dates-with-zone-id=false",
                "datatype.datetime.adjust-dates-to-context-time-zone=true",
                "datatype.datetime.truncate-to-msecs-on-write=true",
                "datatype.enum.write-enums-to-lowercase=true",
                "datatype.enum.write-enums-using-index=true",
                "datatype.enum.write-enums-using-to-string=false",
                "datatype.enum.write-enums-using-to-string=true",
                "json.read.allow-java-comments=true",
                "json.write.quote-property-names=false",
                "json.write.escape-non-ascii=true",
                "json.write.write-numbers-as-strings=true",
                "write.write-bigdecimal-as-plain=true",
                "factory.constraints.read.max-string-length=10",
                "factory.constraints.read.max-name-length=3",
                "factory.constraints.read.max-document-length=20",
                "factory.constraints.write.max-nesting-depth=1");
    }

    @ParameterizedTest
    @MethodSource("settings")
    void a_setting_for_the_web_does_not_reach_it(String setting) {
        applicationWithShapes()
                .withPropertyValues("spring.jackson." + setting)
                .run(StoredJsonTest::assertAllStoredAsEver);
    }

    static Stream<JsonMapperBuilderCustomizer> customizers() {
        return Stream.of(
                builder -> builder.propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE),
                builder -> builder.enumNamingStrategy(EnumNamingStrategies.LOWER_CAMEL_CASE),
                builder -> builder.enable(SerializationFeature.WRAP_ROOT_VALUE)
                        .enable(DeserializationFeature.UNWRAP_ROOT_VALUE),
                builder -> builder.withConfigOverride(
                        Date.class, dates -> dates.setFormat(JsonFormat.Value.forPattern("yyyy"))),
                builder -> builder.addModule(
                        new SimpleModule("web-money").addSerializer(BigDecimal.class, ToStringSerializer.instance)),
                builder -> builder.addMixIn(Everything.class, InSnakeCase.class),
                builder -> builder.addMixIn(Inner.class, WithoutText.class));
    }

    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    private static final class InSnakeCase {}

    @JsonIgnoreProperties("innerText")
    private static final class WithoutText {}

    @ParameterizedTest
    @MethodSource("customizers")
    void nor_does_what_a_customizer_of_the_applications_mapper_sets(JsonMapperBuilderCustomizer customizer) {
        applicationWithShapes()
                .withBean(JsonMapperBuilderCustomizer.class, () -> customizer)
                .run(StoredJsonTest::assertAllStoredAsEver);
    }

    @Test
    void nor_does_a_mapper_of_the_applications_own() {
        JsonMapper own = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
                .build();

        application()
                .withBean(JsonMapper.class, () -> own)
                .run(application -> assertStoredAsEver(application.getBean(EventSerializer.class)));
    }

    @Test
    void nor_does_a_bean_that_is_a_module() {
        application()
                .withBean(
                        JacksonModule.class,
                        () -> new SimpleModule("web").setMixInAnnotation(Inner.class, WithoutText.class))
                .run(application -> {
                    assertStoredAsEver(application.getBean(EventSerializer.class));
                    assertThat(application.getBean(JsonMapper.class).writeValueAsString(new Inner(1, "a")))
                            .doesNotContain("innerText");
                });
    }

    private static final List<String> SHAPES = storedShapes(new JacksonEventSerializer(shapeTypes()));

    @Test
    void the_table_has_shapes_enough() {
        assertThat(SHAPES).hasSizeGreaterThan(40);
        assertThat(settings().size() + customizers().count()).isGreaterThan(50);
    }

    private static EventTypes shapeTypes() {
        EventTypes.Builder types = EventTypes.builder();
        registerShapes(types);
        return types.build();
    }

    /** What is stored of each shape, in their order: its JSON, or that it is refused. */
    private static List<String> storedShapes(EventSerializer serializer) {
        return EventShapes.all().stream()
                .map(shape -> shape.event().getClass().getSimpleName() + ": " + storedOrRefused(serializer, shape))
                .toList();
    }

    private static String storedOrRefused(EventSerializer serializer, Shape shape) {
        SerializedEvent stored;
        try {
            stored = serializer.serialize(shape.event());
        } catch (RuntimeException refused) {
            assertThat(shape.stored()).as("%s is refused: %s", shape, refused).isFalse();
            return "refused";
        }
        assertThat(shape.stored()).as("%s is stored", shape).isTrue();
        serializer.deserialize(stored);
        return new String(stored.payload(), StandardCharsets.UTF_8);
    }

    private static void registerShapes(EventTypes.Builder types) {
        EventShapes.all().stream()
                .map(shape -> shape.event().getClass())
                .distinct()
                .forEach(type -> types.register(type, type.getName()));
    }

    private static ApplicationContextRunner applicationWithShapes() {
        return application().withBean("shapes", EventTypesCustomizer.class, () -> StoredJsonTest::registerShapes);
    }

    /** The bytes of one event and of the table of shapes: in one application, as starting one is most of the time. */
    private static void assertAllStoredAsEver(ApplicationContext application) {
        EventSerializer serializer = application.getBean(EventSerializer.class);
        assertStoredAsEver(serializer);
        assertThat(storedShapes(serializer)).isEqualTo(SHAPES);
    }

    private static void assertStoredAsEver(EventSerializer serializer) {
        SerializedEvent stored = serializer.serialize(EVENT);

        assertThat(new String(stored.payload(), StandardCharsets.UTF_8)).isEqualTo(STORED);
        assertThat(serializer.deserialize(SerializedEvent.of("everything", STORED.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(EVENT);
        assertThat(serializer.deserialize(SerializedEvent.of(
                        "everything",
                        STORED.replace("{\"streamId\"", "{\"unknown\":{},\"streamId\"")
                                .getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(EVENT);
    }

    // ---- what the application needs to write types of its own does reach it

    static final class Money {
        final long cents;

        Money(long cents) {
            this.cents = cents;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Money money && money.cents == cents;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(cents);
        }
    }

    @EventType("priced")
    record Priced(Money price) implements Event {}

    @SuppressWarnings("UnusedVariable") // Jackson looks at the names.
    private abstract static class MoneyJson {
        @JsonValue
        long cents;

        @JsonCreator
        MoneyJson(long cents) {}
    }

    @Test
    void mix_ins_of_a_customizer_of_events_are_honoured() {
        withMoney(builder -> builder.addMixIn(Money.class, MoneyJson.class))
                .run(application -> assertPriced(application.getBean(EventSerializer.class), "{\"price\":5}"));
    }

    @Test
    void modules_of_a_customizer_of_events_are_honoured() {
        SimpleModule module = new SimpleModule("money")
                .addSerializer(Money.class, new MoneyWriter())
                .addDeserializer(Money.class, new MoneyReader());

        withMoney(builder -> builder.addModule(module))
                .run(application ->
                        assertPriced(application.getBean(EventSerializer.class), "{\"price\":\"5 cents\"}"));
    }

    private static ApplicationContextRunner withMoney(EventSerializerCustomizer customizer) {
        return Applications.withoutDatabase()
                .withBean(EventTypesCustomizer.class, () -> types -> types.register(Priced.class))
                .withBean(EventSerializerCustomizer.class, () -> customizer);
    }

    private static void assertPriced(EventSerializer serializer, String json) {
        Priced event = new Priced(new Money(5));

        SerializedEvent stored = serializer.serialize(event);

        assertThat(new String(stored.payload(), StandardCharsets.UTF_8)).isEqualTo(json);
        assertThat(serializer.deserialize(stored)).isEqualTo(event);
    }

    private static final class MoneyWriter extends ValueSerializer<Money> {
        @Override
        public void serialize(Money value, JsonGenerator generator, SerializationContext context) {
            generator.writeString(value.cents + " cents");
        }
    }

    private static final class MoneyReader extends ValueDeserializer<Money> {
        @Override
        public Money deserialize(JsonParser parser, DeserializationContext context) {
            return new Money(Long.parseLong(parser.getString().replace(" cents", "")));
        }
    }
}
