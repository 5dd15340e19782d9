package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.eventcore.memory.InMemoryEventStore;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.mock.env.MockEnvironment;

/** The context starts with each optional library removed. */
class OptionalLibrariesTest {
    /** Sees the classes of the JDK only; no driver is among them. */
    private static final ClassLoader NO_DRIVER = new ClassLoader(ClassLoader.getPlatformClassLoader()) {};

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.jdbc",
                "org.springframework.boot.jdbc",
                "org.springframework.boot.sql",
                "com.zaxxer.hikari",
                "org.h2",
                "org.postgresql",
                "io.micrometer.core",
                "io.micrometer.observation",
                "org.springframework.boot.micrometer",
                "org.springframework.boot.hibernate",
                "org.springframework.orm",
                "org.springframework.boot.flyway",
                "org.flywaydb",
                "org.springframework.boot.liquibase",
                "liquibase",
                "jakarta.persistence",
                "io.micrometer.tracing",
                "org.springframework.boot.micrometer.tracing",
                "org.springframework.boot.health",
                "org.springframework.boot.actuate.endpoint.annotation",
                "org.springframework.boot.actuate.autoconfigure",
                "org.springframework.web",
                "org.springframework.boot.webmvc",
                "jakarta.servlet",
                "io.eventcore.kafka",
                "org.springframework.kafka",
                "org.springframework.boot.kafka",
                "org.apache.kafka",
                "com.mysql",
                "org.mariadb",
            })
    void without_it_events_are_kept_in_memory(String removed) {
        Applications.withoutDatabase()
                .withClassLoader(new FilteredClassLoader(removed))
                .run(application -> {
                    assertThat(application).hasNotFailed().hasSingleBean(InMemoryEventStore.class);
                    Applications.assertWorks(application);
                });
    }

    @Test
    void without_micrometer_a_database_works_all_the_same() {
        Applications.withH2()
                .withClassLoader(new FilteredClassLoader("io.micrometer"))
                .run(Applications::assertWorks);
    }

    @Test
    void every_optional_dependency_of_the_library_is_among_them() throws IOException {
        String libraries = Files.readString(Path.of("pom.xml"));
        Set<String> optional = Pattern.compile("<artifactId>([^<]+)</artifactId>\\s*<optional>true</optional>")
                .matcher(libraries)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(optional)
                .as("a new one belongs into the list above too")
                .containsExactly(
                        "HikariCP",
                        "eventcore-kafka",
                        "h2",
                        "jakarta.servlet-api",
                        "micrometer-tracing",
                        "spring-boot-actuator-autoconfigure",
                        "spring-boot-health",
                        "spring-boot-hibernate",
                        "spring-boot-jackson",
                        "spring-boot-jdbc",
                        "spring-boot-kafka",
                        "spring-boot-micrometer-metrics",
                        "spring-boot-micrometer-observation",
                        "spring-boot-transaction",
                        "spring-boot-webmvc");
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.springframework.transaction", "org.springframework.boot.transaction"})
    void without_transactions_there_are_no_projections_and_commands_work(String removed) {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Applications.ownAutoConfigurations()))
                .withPropertyValues("eventcore.event-packages=io.eventcore.autoconfigure.bank")
                .withClassLoader(new FilteredClassLoader(removed))
                .run(Applications::assertWorks);
    }

    @Test
    void without_boots_json_the_library_brings_a_mapper_of_its_own() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(Applications.ownAutoConfigurations()))
                .withPropertyValues("eventcore.event-packages=io.eventcore.autoconfigure.bank")
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.jackson"))
                .run(Applications::assertWorks);
    }

    @Test
    void without_any_driver_and_any_setting_boots_data_source_is_left_out() {
        assertThat(kept(NO_DRIVER, new MockEnvironment())).containsExactly(false, true, true);
    }

    @Test
    void a_driver_or_a_setting_leaves_boots_data_source_alone() {
        MockEnvironment configured = new MockEnvironment().withProperty("spring.datasource.jndi-name", "bank");

        assertThat(kept(NO_DRIVER, configured)).containsExactly(true, true, true);
        assertThat(kept(getClass().getClassLoader(), new MockEnvironment())).containsExactly(true, true, true);
    }

    /** A driver that is loaded loads all others, which takes longer than the rest of the filter's work. */
    @Test
    void no_driver_is_loaded_to_see_that_there_is_one(@TempDir Path classPath) throws IOException {
        Path drivers = classPath.resolve("META-INF/services/java.sql.Driver");
        Files.createDirectories(drivers.getParent());
        Files.writeString(drivers, "com.example.NotThereDriver");
        try (URLClassLoader withOneThatCannotBeLoaded =
                new URLClassLoader(new URL[] {classPath.toUri().toURL()}, NO_DRIVER)) {
            assertThat(kept(withOneThatCannotBeLoaded, new MockEnvironment())).containsExactly(true, true, true);
        }
    }

    private static boolean[] kept(ClassLoader classPath, MockEnvironment environment) {
        MissingDriverImportFilter filter = new MissingDriverImportFilter();
        filter.setEnvironment(environment);
        filter.setBeanClassLoader(classPath);
        String[] candidates = {DataSourceAutoConfiguration.class.getName(), "some.other.AutoConfiguration", null};
        return filter.match(candidates, mock(AutoConfigurationMetadata.class));
    }
}
