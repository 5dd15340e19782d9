package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor shows a user while typing {@code eventcore.}: the metadata that the build has generated. */
class ConfigurationMetadataTest {
    private final List<JsonNode> properties = properties();

    @Test
    void every_property_lies_under_our_own_name() {
        assertThat(properties)
                .isNotEmpty()
                .allSatisfy(property -> assertThat(name(property))
                        // What Spring Boot itself reads about every endpoint.
                        .matches("eventcore\\..*|management\\.endpoint\\.eventcore\\.(access|cache.*)"));
    }

    @Test
    void every_property_has_a_description_that_is_a_phrase() {
        assertThat(properties).allSatisfy(property -> {
            String description = property.path("description").asString("");
            assertThat(description).as(name(property)).hasSizeGreaterThan(10).doesNotContain("{@", "<p>");
        });
    }

    @Test
    void every_property_has_a_type_that_says_what_it_is() {
        assertThat(properties).allSatisfy(property -> {
            String type = property.path("type").asString("");
            assertThat(type).as(name(property)).isNotEmpty();
            if (name(property).matches(".*(delay|timeout|interval|budget|duration|after)$")) {
                assertThat(type).as(name(property)).isEqualTo("java.time.Duration");
            }
            boolean counts = name(property).endsWith("batch-size");
            if (name(property).matches(".*(payload|metadata|size)$") && !type.endsWith("Boolean") && !counts) {
                assertThat(type).as(name(property)).isEqualTo("org.springframework.util.unit.DataSize");
            }
        });
    }

    @Test
    void every_property_has_a_default() {
        Set<String> without = new TreeSet<>();
        for (JsonNode property : properties) {
            if (!property.has("defaultValue")) {
                without.add(name(property));
            }
        }

        // The default of a list or a map is to be empty, and the metadata has no way to say so.
        assertThat(without)
                .containsExactly(
                        "eventcore.event-packages", "eventcore.personal-data.previous-master-keys", "eventcore.stores");
    }

    @Test
    void the_guide_tells_every_property_as_it_is() throws IOException {
        String table = properties.stream()
                .sorted(Comparator.comparing(ConfigurationMetadataTest::name))
                .map(ConfigurationMetadataTest::row)
                .collect(Collectors.joining("\n"));

        assertThat(Files.readString(Path.of("..", "docs", "guide", "configuration.md")))
                .as("put this into the guide:%n%s", table)
                .contains(table);
    }

    private static String row(JsonNode property) {
        String type = property.path("type").asString();
        return "| `%s` | %s | %s | %s |"
                .formatted(
                        name(property),
                        type.replaceAll(
                                "java\\.lang\\.|java\\.util\\.|java\\.time\\.|org\\.springframework\\.(util\\.unit|boot\\.actuate\\.endpoint)\\.|[\\w.]*\\$",
                                ""),
                        property.has("defaultValue")
                                        && !property.path("defaultValue")
                                                .asString("")
                                                .isEmpty()
                                ? "`" + property.path("defaultValue").asString() + "`"
                                : "",
                        property.path("description").asString());
    }

    @Test
    void the_conditions_of_the_auto_configurations_are_known_before_their_classes_are_read() throws IOException {
        try (InputStream generated =
                getClass().getResourceAsStream("/META-INF/spring-autoconfigure-metadata.properties")) {
            assertThat(generated).isNotNull();
        }
    }

    private static String name(JsonNode property) {
        return property.path("name").asString();
    }

    private static List<JsonNode> properties() {
        List<JsonNode> found = new ArrayList<>();
        try {
            List<URL> files = Collections.list(ConfigurationMetadataTest.class
                    .getClassLoader()
                    .getResources("META-INF/spring-configuration-metadata.json"));
            for (URL file : files) {
                try (InputStream json = file.openStream()) {
                    JsonNode root = JsonMapper.shared().readTree(json);
                    StreamSupport.stream(root.path("properties").spliterator(), false)
                            .filter(property -> name(property).startsWith("eventcore")
                                    || property.path("sourceType").asString("").startsWith("io.eventcore"))
                            .forEach(found::add);
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return found;
    }
}
