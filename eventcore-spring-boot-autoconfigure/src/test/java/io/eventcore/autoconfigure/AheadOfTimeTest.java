package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.reflection;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.resource;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.Tag;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.Command;
import io.eventcore.serialization.EventTypes;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.SpringProperties;
import org.springframework.javapoet.ClassName;
import org.springframework.mock.env.MockEnvironment;

/** An application that is built ahead of time knows its events and commands without looking for them at the start. */
class AheadOfTimeTest {
    @TempDir
    private Path folder;

    private final InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    private final MockEnvironment environment = new MockEnvironment();

    @AfterEach
    void forgetThatItWasBuiltAheadOfTime() {
        SpringProperties.setProperty("spring.aot.enabled", null);
    }

    @Test
    void the_events_of_the_application_are_noted_when_it_is_built() throws IOException {
        build();

        assertThat(files.getGeneratedFileContent(Kind.RESOURCE, GeneratedEventClasses.PATH))
                .isEqualTo(Deposited.class.getName() + "\n");
    }

    @Test
    void events_and_commands_may_be_read_and_written_by_reflection() {
        RuntimeHints hints = build();

        assertThat(reflection().onType(Deposited.class).withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                .accepts(hints);
        assertThat(reflection().onMethodInvocation(Deposited.class, "cents")).accepts(hints);
        assertThat(reflection().onMethodInvocation(DepositMoney.class, "account"))
                .accepts(hints);
        assertThat(reflection().onType(DepositMoney.class).withMemberCategory(MemberCategory.INVOKE_PUBLIC_METHODS))
                .accepts(hints);
        assertThat(resource().forResource(GeneratedEventClasses.PATH)).accepts(hints);
    }

    record Paid(
            List<Map<String, Method>> methods,
            @JsonSubTypes(@JsonSubTypes.Type(Gift.class)) Object extra) implements Event {}

    sealed interface Method {}

    record Cash(Coin coin) implements Method {}

    non-sealed interface Other extends Method {}

    @JsonSubTypes({@JsonSubTypes.Type(Euro.class)})
    interface Coin {}

    record Euro(Mint mint) implements Coin {}

    record Mint(String name) {}

    record Gift(Wrapping wrapping) {}

    sealed interface Wrapping {
        record Paper(int sheets) implements Wrapping {}
    }

    @ParameterizedTest
    @ValueSource(classes = {Paid.class, Cash.class, Euro.class, Mint.class, Gift.class, Wrapping.Paper.class})
    void so_may_what_events_hold_and_every_subtype_of_it(Class<?> type) {
        RuntimeHints hints = new RuntimeHints();

        new JsonHints(hints.reflection()).register(Paid.class);

        assertThat(reflection().onType(type).withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                .accepts(hints);
    }

    record CourseId(String value) {}

    private record Joined(
            @Tag CourseId course, @Tag("student") List<UUID> students) implements Event {}

    private abstract static class OfATeam implements Event {
        @Tag
        private final String team = "blue";

        @Override
        public String toString() {
            return team;
        }
    }

    private static final class Scored extends OfATeam {}

    record DecideOnTeam(@Tag("team") TeamId id) implements Command<Integer, Event> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, Event event) {
            return state;
        }

        private record TeamId(long number) {}
    }

    @Test
    void tags_may_be_taken_from_what_is_marked() throws NoSuchFieldException {
        RuntimeHints hints = new RuntimeHints();

        ApplicationClassesAotProcessor.register(
                hints.reflection(), Set.of(Joined.class, Scored.class), Set.of(DecideOnTeam.class));

        assertThat(reflection().onMethodInvocation(Joined.class, "course")).accepts(hints);
        assertThat(reflection().onMethodInvocation(Joined.class, "students")).accepts(hints);
        assertThat(reflection().onMethodInvocation(CourseId.class, "value")).accepts(hints);
        assertThat(reflection().onFieldAccess(OfATeam.class.getDeclaredField("team")))
                .accepts(hints);
        assertThat(reflection().onMethodInvocation(DecideOnTeam.class, "id")).accepts(hints);
        assertThat(reflection().onMethodInvocation(DecideOnTeam.TeamId.class, "number"))
                .accepts(hints);
    }

    @Test
    void an_application_that_switches_the_library_off_has_nothing_to_note() {
        environment.setProperty("eventcore.enabled", "false");

        build();

        assertThat(files.getGeneratedFiles(Kind.RESOURCE)).doesNotContainKey(GeneratedEventClasses.PATH);
    }

    @Test
    void the_library_keeps_its_scripts_and_what_is_found_by_name() {
        RuntimeHints hints = new RuntimeHints();

        new EventCoreRuntimeHints().registerHints(hints, getClass().getClassLoader());

        assertThat(resource().forResource("io/eventcore/jdbc/schema-postgresql.sql"))
                .accepts(hints);
        assertThat(resource().forResource("io/eventcore/jdbc/schema-h2.sql")).accepts(hints);
        assertThat(reflection().onType(StreamId.class)).accepts(hints);
        assertThat(reflection()
                        .onType(TypeReference.of("io.eventcore.jdbc.H2AppendOnlyTrigger"))
                        .withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS))
                .accepts(hints);
        assertThat(reflection()
                        .onType(TypeReference.of("io.eventcore.serialization.EventCoreJacksonModule$StreamIdJson")))
                .accepts(hints);
    }

    @Test
    void the_event_types_of_such_an_application_are_those_of_the_note() throws IOException {
        ApplicationContextRunner looksNowhere = Applications.withoutDatabase()
                .withPropertyValues("eventcore.event-packages=")
                .withClassLoader(noted());

        assertThat(typesOf(looksNowhere)).isEmpty();
        SpringProperties.setFlag("spring.aot.enabled");
        assertThat(typesOf(looksNowhere)).containsExactly(Deposited.class);
    }

    @Test
    void without_a_note_such_an_application_looks_for_its_events() {
        SpringProperties.setFlag("spring.aot.enabled");

        assertThat(typesOf(Applications.withoutDatabase())).containsExactly(Deposited.class);
    }

    private static Set<Class<? extends Event>> typesOf(ApplicationContextRunner runner) {
        Set<Class<? extends Event>> types = new LinkedHashSet<>();
        runner.run(application ->
                types.addAll(application.getBean(EventTypes.class).types()));
        return types;
    }

    private RuntimeHints build() {
        DefaultGenerationContext generation = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get("io.eventcore.autoconfigure", "Application")), files);
        try (AnnotationConfigApplicationContext application = new AnnotationConfigApplicationContext()) {
            application.setEnvironment(environment);
            application.register(Application.class);
            new ApplicationContextAotGenerator().processAheadOfTime(application, generation);
        }
        generation.writeGeneratedContent();
        return generation.getRuntimeHints();
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackages = "io.eventcore.autoconfigure.bank")
    @ImportAutoConfiguration({
        EventCoreSerializationAutoConfiguration.class,
        EventCoreMemoryAutoConfiguration.class,
        EventCoreCommandAutoConfiguration.class
    })
    static class Application {}

    /** A class path with the note on it. */
    private ClassLoader noted() throws IOException {
        Path note = folder.resolve(GeneratedEventClasses.PATH);
        Files.createDirectories(note.getParent());
        Files.writeString(note, GeneratedEventClasses.write(Set.of(Deposited.class)));
        return new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader());
    }
}
