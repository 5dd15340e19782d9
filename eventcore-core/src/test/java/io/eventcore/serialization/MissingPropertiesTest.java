package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What becomes of a component that was added after an event was stored. */
class MissingPropertiesTest {
    enum Kind {
        NEW,
        USED
    }

    /** Of a class that says nothing about nulls. */
    @NullUnmarked
    @SuppressWarnings("ArrayRecordComponent") // One of the kinds there are.
    @EventType("everything")
    record Everything(
            Integer boxed,
            String text,
            Instant time,
            StreamId id,
            Kind kind,
            Part part,
            Optional<String> maybe,
            OptionalInt maybeCount,
            List<String> list,
            Set<String> set,
            Map<String, String> map,
            String[] array)
            implements Event {}

    @NullUnmarked
    record Part(String name) {}

    @Test
    void an_optional_is_empty_and_all_else_null_where_the_class_says_nothing() {
        assertThat(read("everything", "{}", Everything.class))
                .isEqualTo(new Everything(
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        Optional.empty(),
                        OptionalInt.empty(),
                        null,
                        null,
                        null,
                        null));
    }

    @EventType("numbers")
    record Numbers(int count, Counts counts) implements Event {}

    record Counts(boolean open, double share) {}

    @Test
    void a_number_is_not_zero_without_a_word() {
        String rule = "it is a primitive: declare it Optional";
        refused("numbers", "{\"counts\":{\"open\":true,\"share\":1}}", Numbers.class, "'count' is missing");
        refused("numbers", "{\"count\":1,\"counts\":{\"share\":1}}", Numbers.class, "'open' is missing");
        refused("numbers", "{\"count\":1,\"counts\":{\"open\":true}}", Numbers.class, rule);
    }

    @NullMarked
    @EventType("strict")
    record Strict(String text, @Nullable String note, Optional<String> maybe, List<Inner> inner) implements Event {}

    @NullMarked
    record Inner(String name) {}

    @Test
    void what_the_class_says_is_never_null_is_not_null_without_a_word() {
        refused(
                "strict",
                "{\"inner\":[]}",
                Strict.class,
                "property 'text' is missing, and in " + Strict.class.getName() + " it is never null");
        refused("strict", "{\"text\":\"a\"}", Strict.class, "property 'inner' is missing");
        refused("strict", "{\"text\":\"a\",\"inner\":[{}]}", Strict.class, "property 'name' is missing");
        assertThat(read("strict", "{\"text\":\"a\",\"inner\":[]}", Strict.class))
                .isEqualTo(new Strict("a", null, Optional.empty(), List.of()));
    }

    @NullMarked
    @EventType("filled")
    record Filled(String text, @Nullable List<String> tags) implements Event {
        @SuppressWarnings({"ConstantValue", "UnnecessaryCheckNotNull"}) // Jackson gives it null.
        Filled {
            text = text == null ? "none" : text;
            tags = tags == null ? List.of() : tags;
        }
    }

    @Test
    void a_constructor_may_give_it_a_value() {
        assertThat(read("filled", "{}", Filled.class)).isEqualTo(new Filled("none", List.of()));
    }

    @NullUnmarked
    @EventType("annotated")
    record Annotated(@NonNull String text, String other) implements Event {}

    @Test
    void one_component_may_say_it_alone() {
        refused("annotated", "{\"other\":\"a\"}", Annotated.class, "property 'text' is missing");
        assertThat(read("annotated", "{\"text\":\"a\"}", Annotated.class)).isEqualTo(new Annotated("a", null));
    }

    @NullMarked
    @EventType("generic")
    record Generic<T extends @Nullable Object>(T value, String text) implements Event {}

    @Test
    void a_type_variable_says_nothing() {
        assertThat(read("generic", "{\"text\":\"a\"}", Generic.class))
                .extracting("value")
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"text\":null,\"inner\":[]}", "{\"inner\":[],\"text\":null}"})
    void a_null_that_was_stored_is_read_as_it_was_written(String json) {
        assertThat(read("strict", json, Strict.class)).extracting("text").isNull();
    }

    @NullMarked
    @EventType("by-factory")
    record ByFactory(
            String text,
            @JsonProperty("said") String renamed,
            @Nullable String note) implements Event {
        @JsonCreator
        static ByFactory of(
                @JsonProperty("note") @Nullable String note,
                @JsonProperty("said") String renamed,
                @JsonProperty("text") String text) {
            return new ByFactory(text, renamed, note);
        }
    }

    @NullMarked
    @EventType("by-constructor")
    record ByConstructor(String text, long cents) implements Event {
        @JsonCreator
        ByConstructor(@JsonProperty("text") String text, @JsonProperty("euros") int euros) {
            this(text, euros * 100L);
        }
    }

    @NullMarked
    @EventType("filled-by-factory")
    record FilledByFactory(String text) implements Event {
        @JsonCreator
        static FilledByFactory of(@JsonProperty("text") @Nullable String text) {
            return new FilledByFactory(text == null ? "none" : text);
        }
    }

    @Test
    void another_creator_than_the_canonical_constructor_gives_no_null_without_a_word_either() {
        refused("by-factory", "{\"said\":\"a\"}", ByFactory.class, "'text' is missing");
        refused("by-factory", "{\"text\":\"a\"}", ByFactory.class, "'said' is missing");
        assertThat(read("by-factory", "{\"text\":\"a\",\"said\":\"b\"}", ByFactory.class))
                .isEqualTo(new ByFactory("a", "b", null));
        assertThat(read("by-factory", "{\"text\":null,\"said\":\"b\"}", ByFactory.class))
                .extracting("text")
                .isNull();
        refused("by-constructor", "{\"euros\":1}", ByConstructor.class, "'text' is missing");
        refused("by-constructor", "{\"text\":\"a\"}", ByConstructor.class, "'euros' is missing");
        assertThat(read("filled-by-factory", "{}", FilledByFactory.class)).isEqualTo(new FilledByFactory("none"));
    }

    @Test
    void a_module_may_say_it_for_all_its_classes(@TempDir Path directory) throws Exception {
        Path module = Files.writeString(
                directory.resolve("module-info.java"),
                "@org.jspecify.annotations.NullMarked open module shop { requires static org.jspecify; }");
        Path event =
                Files.writeString(directory.resolve("Sold.java"), "package shop; public record Sold(String item) {}");
        String jspecify = Path.of(NullMarked.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                "--module-path",
                                jspecify,
                                "-d",
                                directory.toString(),
                                module.toString(),
                                event.toString()))
                .isZero();
        Configuration shop = ModuleLayer.boot()
                .configuration()
                .resolve(ModuleFinder.of(directory), ModuleFinder.of(), Set.of("shop"));
        Class<?> sold = ModuleLayer.boot()
                .defineModulesWithOneLoader(shop, MissingPropertiesTest.class.getClassLoader())
                .findLoader("shop")
                .loadClass("shop.Sold");
        JsonMapper mapper =
                JsonMapper.builder().addModule(new MissingProperties()).build();

        assertThat(sold.getModule().getName()).isEqualTo("shop");
        assertThat(mapper.readValue("{\"item\":\"pen\"}", sold)).hasToString("Sold[item=pen]");
        assertThatExceptionOfType(MissingProperties.MissingPropertyException.class)
                .isThrownBy(() -> mapper.readValue("{}", sold))
                .withMessageContaining("'item' is missing");
    }

    private static Event read(String name, String json, Class<? extends Event> type) {
        return new JacksonEventSerializer(EventTypes.of(type))
                .deserialize(SerializedEvent.of(name, json.getBytes(StandardCharsets.UTF_8)));
    }

    private static void refused(String name, String json, Class<? extends Event> type, String expected) {
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> read(name, json, type))
                .withMessageContaining(expected);
    }
}
