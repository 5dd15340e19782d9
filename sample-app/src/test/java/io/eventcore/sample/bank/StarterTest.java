package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The one dependency of an application: it brings what is needed and nothing of its own. */
class StarterTest {
    private static final Path STARTER = Path.of("..", "eventcore-spring-boot-starter");

    @Test
    void the_starter_holds_no_code() throws IOException {
        try (Stream<Path> files = Files.walk(STARTER)) {
            assertThat(files.filter(file -> !file.startsWith(STARTER.resolve("target")))
                            .map(Path::toString))
                    .isNotEmpty()
                    .noneMatch(file -> file.endsWith(".java"));
        }
    }

    @Test
    void the_starter_brings_the_library_its_auto_configuration_and_the_starters_of_spring_boot() throws IOException {
        Set<String> brought = Pattern.compile("(?s)<dependency>.*?<artifactId>([^<]+)</artifactId>(.*?)</dependency>")
                .matcher(Files.readString(STARTER.resolve("pom.xml")))
                .results()
                .filter(dependency -> !dependency.group(2).contains("<scope>")
                        && !dependency.group(2).contains("<optional>"))
                .map(dependency -> dependency.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(brought)
                .containsExactly(
                        "eventcore-core",
                        "eventcore-jdbc",
                        "eventcore-spring-boot-autoconfigure",
                        "spring-boot-starter",
                        "spring-boot-starter-jackson",
                        "spring-boot-starter-jdbc");
    }

    @Test
    void it_is_on_the_class_path_of_this_application_with_all_it_brings() {
        assertThat(Stream.of(
                        "io.eventcore.EventStore",
                        "io.eventcore.jdbc.JdbcEventStore",
                        "io.eventcore.micrometer.CommandObservations",
                        "io.eventcore.spring.ApplicationEventRelay",
                        "io.eventcore.autoconfigure.EventCoreJdbcAutoConfiguration",
                        "org.springframework.boot.SpringApplication",
                        "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
                        "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration"))
                .allMatch(StarterTest::isPresent);
    }

    private static boolean isPresent(String type) {
        return StarterTest.class.getClassLoader().getResource(type.replace('.', '/') + ".class") != null;
    }
}
