package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.command.Command;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.util.ClassUtils;

/** Finds classes of the application by reading class files, without initializing any class. */
final class ApplicationClasses {
    private static final String PROPERTY = "eventcore.event-packages";

    private final Environment environment;
    private final ResourceLoader resources;
    private final ClassLoader classLoader;

    ApplicationClasses(Environment environment, ResourceLoader resources) {
        this.environment = environment;
        this.resources = resources;
        this.classLoader = Objects.requireNonNullElseGet(resources.getClassLoader(), ClassUtils::getDefaultClassLoader);
    }

    /** The packages that the property names, otherwise those of the application. */
    static List<String> packages(Environment environment, BeanFactory beans) {
        List<String> named = named(environment);
        if (!named.isEmpty()) {
            return named;
        }
        return AutoConfigurationPackages.has(beans) ? AutoConfigurationPackages.get(beans) : List.of();
    }

    private static List<String> named(Environment environment) {
        return Binder.get(environment)
                .bind(PROPERTY, Bindable.listOf(String.class))
                .orElse(List.of());
    }

    /**
     * The concrete event classes in the packages of the application.
     *
     * @throws InvalidConfigurationPropertyValueException if the property names a package without events and commands
     */
    Set<Class<? extends Event>> events(BeanFactory beans) {
        List<String> named = named(environment);
        if (named.isEmpty()) {
            return of(Event.class, packages(environment, beans));
        }
        Set<Class<? extends Event>> found = new LinkedHashSet<>();
        for (String name : named) {
            Set<Class<? extends Event>> below = of(Event.class, List.of(name));
            if (below.isEmpty() && of(Command.class, List.of(name)).isEmpty()) {
                throw new InvalidConfigurationPropertyValueException(
                        PROPERTY,
                        named,
                        ("The package '%s' and those below it contain no class that implements %s. Its name may be"
                                        + " misspelt, or the module with its classes is missing")
                                .formatted(name, Event.class.getName()));
            }
            found.addAll(below);
        }
        return found;
    }

    /** The concrete classes of a type in these packages and below them. */
    <T> Set<Class<? extends T>> of(Class<T> type, List<String> packages) {
        Scanner scanner = new Scanner(environment, type);
        scanner.setResourceLoader(resources);
        Set<Class<? extends T>> found = new LinkedHashSet<>();
        for (String name : packages) {
            for (BeanDefinition candidate : scanner.findCandidateComponents(name)) {
                String className = Objects.requireNonNull(candidate.getBeanClassName());
                found.add(ClassUtils.resolveClassName(className, classLoader).asSubclass(type));
            }
        }
        return found;
    }

    private static final class Scanner extends ClassPathScanningCandidateComponentProvider {
        private Scanner(Environment environment, Class<?> type) {
            super(false, environment);
            addIncludeFilter(new AssignableTypeFilter(type));
        }

        /** Events and commands need no annotation and are often nested in the interface above them. */
        @Override
        protected boolean isCandidateComponent(AnnotatedBeanDefinition definition) {
            return definition.getMetadata().isConcrete()
                    && definition.getMetadata().isIndependent();
        }
    }
}
