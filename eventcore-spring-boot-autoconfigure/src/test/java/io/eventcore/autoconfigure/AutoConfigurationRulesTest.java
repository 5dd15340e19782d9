package io.eventcore.autoconfigure;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.eventcore.internal.PersonalComponents;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;

/** What makes auto-configurations good citizens; each rule says why it is there. */
@AnalyzeClasses(packages = "io.eventcore.autoconfigure", importOptions = ImportOption.DoNotIncludeTests.class)
class AutoConfigurationRulesTest {
    @ArchTest
    static void every_auto_configuration_is_registered_and_nothing_else_is(JavaClasses classes) {
        Set<String> annotated = classes.stream()
                .filter(type -> type.isAnnotatedWith(AutoConfiguration.class))
                .map(JavaClass::getName)
                .collect(Collectors.toSet());

        assertThat(Stream.of(Applications.ownAutoConfigurations()).map(Class::getName))
                .containsExactlyInAnyOrderElementsOf(annotated);
    }

    @ArchTest
    static final ArchRule an_auto_configuration_is_public_and_final = classes()
            .that()
            .areAnnotatedWith(AutoConfiguration.class)
            .should()
            .bePublic()
            .andShould()
            .haveModifier(JavaModifier.FINAL)
            .because("others name it to come before or after it, and do not extend it");

    @ArchTest
    static final ArchRule nothing_in_an_auto_configuration_is_public = methods()
            .that()
            .areDeclaredInClassesThat()
            .areAnnotatedWith(AutoConfiguration.class)
            .should()
            .notBePublic()
            .because("its beans are what it promises, not its methods");

    @ArchTest
    static final ArchRule nothing_is_found_by_component_scan = noClasses()
            .should()
            .beAnnotatedWith(ComponentScan.class)
            .because("a scan takes whatever it finds, also what the application put there");

    @ArchTest
    static final ArchRule every_bean_gives_way = methods()
            .that()
            .areAnnotatedWith(Bean.class)
            .should(giveWay())
            .because("the application's own bean counts");

    @ArchTest
    static final ArchRule core_is_not_asked_for_its_internals = noClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("io.eventcore..internal..")
                    // Keeps the text of exceptions out of the log, here as in the rest of the library.
                    .and(not(simpleName("OwnThreads")))
                    // Names the component for which there is no key; an application is told the same by the serializer.
                    .and(not(belongToAnyOf(PersonalComponents.class))))
            .because("what the starter does, every application can do");

    /** By a condition on itself or on its class; post-processors add to the application's beans instead. */
    private static ArchCondition<JavaMethod> giveWay() {
        return new ArchCondition<>("give way to a bean of the application") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                boolean givesWay = method.isAnnotatedWith(ConditionalOnMissingBean.class)
                        || method.getOwner().isAnnotatedWith(ConditionalOnMissingBean.class)
                        || method.getRawReturnType().isAssignableTo(BeanPostProcessor.class)
                        || method.getRawReturnType().isAssignableTo(BeanFactoryPostProcessor.class);
                events.add(new SimpleConditionEvent(method, givesWay, method.getFullName() + " does not give way"));
            }
        };
    }
}
