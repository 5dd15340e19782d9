package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.UnsatisfiedDependencyException;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the slice is made of, and what it says about what it is not made of. */
class EventCoreSliceTest {
    private static final Set<String> LEFT_OUT =
            Set.of("Endpoint", "Health", "Kafka", "Metrics", "Notifications", "Stores", "Tracing");

    @Test
    void it_has_every_auto_configuration_but_those_that_watch_or_leave_the_application() {
        Set<String> inSlice = ours(AutoConfigureEventCore.class);
        Set<String> leftOut = ours(AutoConfiguration.class);
        leftOut.removeAll(inSlice);

        assertThat(leftOut)
                .as("a new one belongs into AutoConfigureEventCore.imports, or here")
                .containsExactlyInAnyOrderElementsOf(LEFT_OUT.stream()
                        .map(name -> "io.eventcore.autoconfigure.EventCore" + name + "AutoConfiguration")
                        .toList());
    }

    @Test
    void a_projection_that_needs_a_database_is_told_how_to_get_one() {
        FailureAnalysis analysis = analysisOf(NeedsDatabase.class, true).orElseThrow();

        assertThat(analysis.getDescription())
                .isEqualTo(
                        "Bean 'balances' needs a org.springframework.jdbc.core.simple.JdbcClient, and this test has no"
                                + " database: @EventCoreTest keeps events in memory and makes a database for read models only if an"
                                + " embedded one is on the class path.");
        assertThat(analysis.getAction())
                .isEqualTo("Add H2 (com.h2database:h2) to the tests, or use @EventCoreTest(store = Store.JDBC) with the"
                        + " database of the application or of a @ServiceConnection.");
    }

    @Test
    void a_projection_that_needs_another_component_is_told_to_import_it() {
        FailureAnalysis analysis = analysisOf(NeedsComponent.class, true).orElseThrow();

        assertThat(analysis.getDescription())
                .isEqualTo(
                        "Bean 'balances' needs a java.lang.Runnable, which is not part of this test: @EventCoreTest starts"
                                + " events, commands, projections and reactions, and no other components of the application.");
        assertThat(analysis.getAction())
                .isEqualTo("Add it with @Import or includeFilters, or replace it with @MockitoBean.");
    }

    @Test
    void an_application_that_is_no_slice_is_explained_by_spring_boot() {
        assertThat(analysisOf(NeedsDatabase.class, false)).isEmpty();
    }

    private static Set<String> ours(Class<?> annotation) {
        Set<String> names = new TreeSet<>();
        for (String name : ImportCandidates.load(annotation, EventCoreSliceTest.class.getClassLoader())) {
            if (name.startsWith("io.eventcore.autoconfigure.")) {
                names.add(name);
            }
        }
        return names;
    }

    private static Optional<FailureAnalysis> analysisOf(Class<?> component, boolean slice) {
        try (AnnotationConfigApplicationContext application = new AnnotationConfigApplicationContext()) {
            if (slice) {
                application.register(EventCoreSliceAutoConfiguration.class);
            }
            application.registerBean("balances", component);
            Throwable failure = catchThrowable(application::refresh);
            assertThat(failure).isInstanceOf(UnsatisfiedDependencyException.class);
            return Optional.ofNullable(
                    new MissingInSliceFailureAnalyzer(application.getDefaultListableBeanFactory()).analyze(failure));
        }
    }

    static class NeedsDatabase {
        NeedsDatabase(JdbcClient jdbc) {
            jdbc.sql("SELECT 1").query();
        }
    }

    static class NeedsComponent {
        NeedsComponent(Runnable component) {
            component.run();
        }
    }
}
