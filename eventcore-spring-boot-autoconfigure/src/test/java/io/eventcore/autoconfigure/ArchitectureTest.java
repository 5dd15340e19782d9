package io.eventcore.autoconfigure;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/**
 * What holds the library together; each rule says why it is there.
 *
 * <p>It stands here because this module has all modules of the library on its class path. A rule about a package that is not
 * looked at would check nothing: {@link #every_package_of_the_library_is_looked_at} prevents that.
 */
@AnalyzeClasses(
        packages = "io.eventcore",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.OnlyTheLibrary.class})
class ArchitectureTest {
    /** Neither what Spring Boot is told about it, which has rules of its own, nor the contracts. */
    static final class OnlyTheLibrary implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/io/eventcore/autoconfigure/") && !location.contains("/io/eventcore/test/");
        }
    }

    /** A type, maybe with a method of it, as docs/architecture.md writes it. */
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w+)(?:\\.(\\w+))?`");

    private static final String ENGINE_PART =
            "io\\.eventcore\\.jdbc\\.(PostgreSql|MariaDb|MySql|H2|Galera)\\w+(\\$.*)?";

    @ArchTest
    static void every_package_of_the_library_is_looked_at(JavaClasses classes) throws IOException {
        Set<String> written = new TreeSet<>();
        for (String module : List.of("core", "jdbc", "kafka", "micrometer", "spring")) {
            Path sources = Path.of("..", "eventcore-" + module, "src", "main", "java");
            try (Stream<Path> files = Files.walk(sources)) {
                files.filter(file -> file.getFileName().toString().equals("package-info.java"))
                        .map(file ->
                                sources.relativize(file.getParent()).toString().replace(File.separatorChar, '.'))
                        .forEach(written::add);
            }
        }

        assertThat(written).contains("io.eventcore", "io.eventcore.jdbc", "io.eventcore.kafka", "io.eventcore.web");
        Set<String> lookedAt = new TreeSet<>();
        classes.forEach(type -> lookedAt.add(type.getPackageName()));
        assertThat(lookedAt).isEqualTo(written);
    }

    @ArchTest
    static final ArchRule the_vocabulary_needs_the_jdk_and_jspecify_only = noClasses()
            .that(resideInAPackage("io.eventcore"))
            .should()
            .dependOnClassesThat(resideOutsideOfPackages("io.eventcore", "java..", "org.jspecify.annotations"))
            .because("every user meets it in the first hour, and the author of a store depends on it for good");

    @ArchTest
    static final ArchRule nothing_else_depends_on_memory = noClasses()
            .that(resideOutsideOfPackage("io.eventcore.memory.."))
            .should()
            .dependOnClassesThat(resideInAPackage("io.eventcore.memory.."))
            .because("stores are chosen by the application, never by the library");

    @ArchTest
    static final ArchRule nothing_else_depends_on_jdbc = noClasses()
            .that(resideOutsideOfPackage("io.eventcore.jdbc.."))
            .should()
            .dependOnClassesThat(resideInAPackage("io.eventcore.jdbc.."))
            .because("stores are chosen by the application, never by the library");

    @ArchTest
    static final ArchRule engines_are_chosen_in_one_place = classes()
            .that()
            .haveNameMatching(ENGINE_PART)
            .and()
            .areNotPublic()
            .should()
            .onlyHaveDependentClassesThat()
            .haveNameMatching(ENGINE_PART + "|io\\.eventcore\\.jdbc\\.Engine(\\$.*)?")
            .because(
                    "Engine lists what differs; a store that asks for the class of one engine works on that one alone");

    @ArchTest
    static final ArchRule nothing_else_depends_on_micrometer = noClasses()
            .that(resideOutsideOfPackage("io.eventcore.micrometer.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.eventcore.micrometer..", "io.micrometer.."))
            .because("an application without metrics does not have Micrometer on its class path");

    @ArchTest
    static final ArchRule nothing_else_depends_on_the_edges_of_spring_and_kafka = noClasses()
            .that(resideOutsideOfPackages("io.eventcore.spring..", "io.eventcore.kafka..", "io.eventcore.web.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "io.eventcore.spring..",
                    "io.eventcore.kafka..",
                    "io.eventcore.web..",
                    "org.springframework.context..",
                    "org.springframework.kafka..",
                    "org.apache.kafka..",
                    "org.springframework.web..",
                    "org.springframework.http..",
                    "jakarta.servlet.."))
            .because("an application without a context, Kafka or a web server does not have them on its class path");

    @ArchTest
    static final ArchRule only_jdbc_knows_databases = noClasses()
            .that(resideOutsideOfPackage("io.eventcore.jdbc.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql..", "org.springframework.jdbc.."))
            .because(
                    "a reader who looks for the SQL finds all of it in one place, and an application without a database needs"
                            + " no driver");

    /** The stages of an append outside of the caller's transaction, in their order. */
    @ArchTest
    static void an_append_goes_one_way(JavaClasses classes) {
        List<String> stages = List.of(
                "JdbcEventStore", "OwnAppends", "BusyStreams", "GroupedAppends", "GroupCommit", "DirectAppends");
        for (int i = 1; i < stages.size(); i++) {
            for (String before : stages.subList(0, i)) {
                noClasses()
                        .that()
                        .haveFullyQualifiedName("io.eventcore.jdbc." + stages.get(i))
                        .should()
                        .dependOnClassesThat()
                        .haveFullyQualifiedName("io.eventcore.jdbc." + before)
                        .because("its way is read from the first stage to the last")
                        .check(classes);
            }
        }
    }

    /** The paths of one append and of one event in docs/architecture.md. */
    @ArchTest
    static void the_stops_of_both_paths_are_there_and_are_few(JavaClasses classes) throws IOException {
        Map<String, Set<String>> methods = new HashMap<>();
        classes.forEach(type -> type.getMethods()
                .forEach(method -> methods.computeIfAbsent(type.getSimpleName(), name -> new TreeSet<>())
                        .add(method.getName())));
        List<Integer> stops = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "architecture.md")).stream()
                .filter(line -> line.matches("\\d+\\. .*"))
                .toList()) {
            stops.add(Integer.valueOf(line.substring(0, line.indexOf('.'))));
            Matcher named = NAMED.matcher(line);
            while (named.find()) {
                assertThat(methods).as(line).containsKey(named.group(1));
                if (named.group(2) != null) {
                    assertThat(methods.get(named.group(1))).as(line).contains(named.group(2));
                }
            }
        }

        int secondPath = stops.lastIndexOf(1);
        assertThat(stops.subList(0, secondPath)).hasSizeBetween(2, 12);
        assertThat(stops.subList(secondPath, stops.size())).hasSizeBetween(2, 9);
    }

    @ArchTest
    static final ArchRule packages_have_no_cycles = slices().matching("io.eventcore.(**)")
            .should()
            .beFreeOfCycles()
            .because("a package that cannot be understood without another one, and that one not without it, is one"
                    + " package in two places");

    @ArchTest
    static final ArchRule nothing_points_from_the_vocabulary_outwards = noClasses()
            .that(resideInAPackage("io.eventcore"))
            .should()
            .dependOnClassesThat(resideInAPackage("io.eventcore.*.."))
            .because("dependencies point to the root package");

    @ArchTest
    static final ArchRule the_library_knows_nothing_of_spring_boot = noClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("org.springframework.boot.."))
            .because("it works without Spring Boot, and Boot moves its classes between versions");

    @ArchTest
    static final ArchRule packages_are_named_after_what_they_are_for = noClasses()
            .should()
            .resideInAnyPackage(
                    "..impl..",
                    "..util..",
                    "..utils..",
                    "..common..",
                    "..model..",
                    "..dto..",
                    "..exception..",
                    "..exceptions..",
                    "..helper..",
                    "..service..")
            .because("such names say nothing");

    @ArchTest
    static final ArchRule every_package_is_null_marked = classes()
            .should(resideInANullMarkedPackage())
            .because("null never crosses a public border, and the compiler can only check what is marked");

    @ArchTest
    static final ArchRule public_types_are_not_left_open = classes()
            .that()
            .arePublic()
            .and()
            .areTopLevelClasses()
            .and()
            .areNotInterfaces()
            .and()
            .areNotAnnotations()
            .and()
            .areNotAssignableTo(Throwable.class)
            .and()
            // Is there for other modules of the library to extend, and no API.
            .doNotHaveFullyQualifiedName("io.eventcore.serialization.internal.ForwardingSerializer")
            .should(beFinalOrOpenToProxiesOnly())
            .because("what can be extended must be kept as it is for years; a service that is a bean is open, because"
                    + " Spring advises a class by a subclass, but only to its own package");

    @ArchTest
    static final ArchRule no_java_deserialization = noClasses()
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ObjectInputStream.class)
            .because("stored bytes must never decide which class is created");

    @ArchTest
    static final ArchRule no_class_is_looked_up_by_a_name = noClasses()
            .that()
            // Asks, by a name that is written there, whether spring-tx is on the class path.
            .doNotHaveFullyQualifiedName("io.eventcore.memory.TransactionScope")
            .and()
            // Asks, by names that are written in the dialects, which driver is on the class path.
            .doNotHaveFullyQualifiedName("io.eventcore.jdbc.Sessions")
            .should()
            .accessTargetWhere(methodOf(Class.class, "forName"))
            .orShould()
            .accessTargetWhere(methodOf(ClassLoader.class, "loadClass"))
            .because("a stored name becomes a class through the registry of event types only");

    @ArchTest
    static final ArchRule no_default_typing = noClasses()
            .should()
            .accessTargetWhere(DescribedPredicate.describe(
                    "a method that activates default typing",
                    access -> access.getTarget().getName().startsWith("activateDefaultTyping")))
            .because("with it a stored text names the class that is created from it");

    @ArchTest
    static final ArchRule logging_goes_through_slf4j = noClasses()
            .should(USE_JAVA_UTIL_LOGGING)
            .because("the application decides where logs go, and Spring Boot's is SLF4J");

    @ArchTest
    static final ArchRule nothing_is_printed =
            noClasses().should(ACCESS_STANDARD_STREAMS).because("a library has no console");

    @ArchTest
    static final ArchRule threads_sleep_where_time_itself_is_what_is_waited_for = noClasses()
            .that()
            // The pause between two attempts of a command; tests replace it.
            .doNotHaveFullyQualifiedName("io.eventcore.command.CommandExecutor$Pause")
            .and()
            // The pause before it looks again for the outcome of a command with an id.
            .doNotHaveFullyQualifiedName("io.eventcore.jdbc.JdbcExecutedCommands")
            .and()
            // The pause before it looks again how an append has ended whose connection was lost; tests replace it.
            .doNotHaveFullyQualifiedName("io.eventcore.jdbc.JdbcEventStore$Builder")
            .should()
            .accessTargetWhere(methodOf(Thread.class, "sleep"))
            .because("a thread that waits for something else than time is woken by it");

    @ArchTest
    static final ArchRule threads_come_from_one_factory = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.eventcore.internal.OwnThreads")
            .should()
            .accessTargetWhere(methodOf(Thread.class, JavaConstructor.CONSTRUCTOR_NAME))
            .orShould()
            .accessTargetWhere(DescribedPredicate.describe(
                    "a method of Executors", access -> access.getTargetOwner().isEquivalentTo(Executors.class)))
            .because("what leaves a thread of ours unseen, or keeps a process from ending, is dealt with in one place");

    @ArchTest
    static final ArchRule stored_events_are_decoded_in_one_place = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.eventcore.serialization.internal.EventDecoder")
            .and()
            // Passes on what it is asked.
            .doNotHaveFullyQualifiedName("io.eventcore.serialization.internal.ForwardingSerializer")
            .and()
            // Reads an event back before it is stored.
            .resideOutsideOfPackage("io.eventcore.serialization")
            .should()
            .accessTargetWhere(methodOf(io.eventcore.serialization.EventSerializer.class, "deserialize"))
            .because("what today's code makes of what was stored long ago is the same on every way");

    @ArchTest
    static final ArchRule only_what_hands_an_event_to_the_application_decodes_it = noClasses()
            .that()
            // Hands events to a projection, after the filter.
            .doNotHaveFullyQualifiedName("io.eventcore.projection.LogEntry")
            .and()
            // Hands the events of hot streams to a command.
            .doNotHaveFullyQualifiedName("io.eventcore.command.DecodedEvents")
            .and()
            // Hands the events of hot tags to a command.
            .doNotHaveFullyQualifiedName("io.eventcore.command.DecisionChain")
            .and()
            // Sees whether what it is about to store can be read back.
            .doNotHaveFullyQualifiedName("io.eventcore.command.PendingDecision")
            .and()
            // Looks whether what was appended may be kept in memory.
            .doNotHaveFullyQualifiedName("io.eventcore.command.WarmAttempt")
            .and()
            // Hand out what the caller of a store has asked for.
            .doNotHaveFullyQualifiedName("io.eventcore.StoredPage")
            .and()
            .doNotHaveFullyQualifiedName("io.eventcore.EventStreamReader")
            .and()
            .doNotHaveFullyQualifiedName("io.eventcore.QueriedEvents")
            .and()
            .doNotHaveFullyQualifiedName("io.eventcore.StoredEvent")
            .and()
            .doNotHaveFullyQualifiedName("io.eventcore.internal.SharedEvent")
            .and()
            // Asks a stored event what its tags are.
            .doNotHaveFullyQualifiedName("io.eventcore.serialization.internal.StoredTags")
            .should()
            .accessTargetWhere(methodOf(io.eventcore.StoredEvent.class, "decode"))
            .orShould()
            .accessTargetWhere(methodOf(io.eventcore.internal.SharedEvent.class, "decode"))
            .because("an event that is not wanted costs nothing, and one that cannot be decoded stops only the"
                    + " projection that wants it");

    @ArchTest
    static final ArchRule what_applications_call_is_apart_from_what_stores_give_to_the_library = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.eventcore.EventReader")
            .and()
            .doNotHaveFullyQualifiedName("io.eventcore.StoreInternals")
            .and()
            // Stores, and what wraps them.
            .resideOutsideOfPackages("io.eventcore.memory", "io.eventcore.jdbc")
            .and()
            .haveNameNotMatching("io\\.eventcore\\.micrometer\\.ObservedEventStore(\\$.*)?")
            .and()
            // Machinery behind the executor of commands and the runner of projections.
            .haveNameNotMatching("io\\.eventcore\\.command\\."
                    + "(ChainedStore|CommandExecutor|CommandSnapshot|DecisionBasis|DecisionChain|DecisionLine|HotStreams"
                    + "|WarmAttempt|WarmStreams)(\\$.*)?")
            .and()
            .haveNameNotMatching("io\\.eventcore\\.projection\\."
                    + "(LogScan|LogTail|PartitionReader|ProjectionRunner|StartCheck)(\\$.*)?")
            .and()
            // Erases in the transaction in which the store would append.
            .doNotHaveFullyQualifiedName("io.eventcore.personaldata.PersonalDataEraser")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("io.eventcore.StoreInternals")
            .orShould()
            // Also to hand it on, which no code has to name it for.
            .accessTargetWhere(methodOf(io.eventcore.EventReader.class, "internals"))
            .because("an application, and a wrapper of its store, need know nothing of it");

    @ArchTest
    static final ArchRule only_injected_clocks_tell_the_time = noClasses()
            .should()
            .accessTargetWhere(methodOf(java.time.Instant.class, "now"))
            .orShould()
            .accessTargetWhere(methodOf(java.time.LocalDateTime.class, "now"))
            .orShould()
            .accessTargetWhere(methodOf(java.time.OffsetDateTime.class, "now"))
            .because("a test must be able to say what time it is");

    /** A call of the method, or a reference to it ({@code Instant::now}), which the rules about calls would not see. */
    private static DescribedPredicate<JavaAccess<?>> methodOf(Class<?> owner, String name) {
        return DescribedPredicate.describe(
                owner.getSimpleName() + "." + name,
                access -> access.getTargetOwner().isAssignableTo(owner)
                        && access.getTarget().getName().equals(name));
    }

    /** A proxy has the methods of its target and none of its fields: what it cannot override would run on nulls. */
    private static ArchCondition<JavaClass> beFinalOrOpenToProxiesOnly() {
        return new ArchCondition<>("be final, or have no constructor for others and no final method") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean isFinal = type.getModifiers().contains(JavaModifier.FINAL);
                boolean closed = type.getConstructors().stream()
                        .map(JavaConstructor::getModifiers)
                        .noneMatch(modifiers -> modifiers.contains(JavaModifier.PUBLIC)
                                || modifiers.contains(JavaModifier.PROTECTED)
                                || modifiers.contains(JavaModifier.PRIVATE));
                boolean overridable = type.getMethods().stream()
                        .noneMatch(method -> method.getModifiers().contains(JavaModifier.FINAL)
                                && !method.getModifiers().contains(JavaModifier.STATIC));
                events.add(new SimpleConditionEvent(
                        type,
                        isFinal || (closed && overridable),
                        type.getName() + " can be extended by other code, or not by a proxy"));
            }
        };
    }

    private static ArchCondition<JavaClass> resideInANullMarkedPackage() {
        return new ArchCondition<>("reside in a package annotated with @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                JavaPackage home = type.getPackage();
                boolean marked = home.isAnnotatedWith(NullMarked.class);
                events.add(new SimpleConditionEvent(
                        type, marked, type.getName() + " resides in " + home.getName() + ", which is not marked"));
            }
        };
    }
}
