package io.eventcore.autoconfigure;

import io.eventcore.Event;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.util.ClassUtils;

/** Finds event classes in packages by reading class files, without initializing any class. */
final class EventClasses {
    private final Scanner scanner;
    private final ClassLoader classLoader;

    EventClasses(Environment environment, ResourceLoader resources) {
        this.scanner = new Scanner(environment);
        this.scanner.setResourceLoader(resources);
        this.classLoader = Objects.requireNonNullElseGet(resources.getClassLoader(), ClassUtils::getDefaultClassLoader);
    }

    Set<Class<? extends Event>> in(List<String> packages) {
        Set<Class<? extends Event>> found = new LinkedHashSet<>();
        for (String name : packages) {
            for (BeanDefinition candidate : scanner.findCandidateComponents(name)) {
                String className = Objects.requireNonNull(candidate.getBeanClassName());
                found.add(ClassUtils.resolveClassName(className, classLoader).asSubclass(Event.class));
            }
        }
        return found;
    }

    private static final class Scanner extends ClassPathScanningCandidateComponentProvider {
        private Scanner(Environment environment) {
            super(false, environment);
            addIncludeFilter(new AssignableTypeFilter(Event.class));
        }

        /** Event classes need no annotation and are often nested in the interface above them. */
        @Override
        protected boolean isCandidateComponent(AnnotatedBeanDefinition definition) {
            return definition.getMetadata().isConcrete()
                    && definition.getMetadata().isIndependent();
        }
    }
}
