package io.eventcore.autoconfigure;

import io.eventcore.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.aot.AotDetector;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;

/**
 * The event classes that were found when the application was built ahead of time: a native image has no class files to
 * search.
 */
final class GeneratedEventClasses {
    static final String PATH = "META-INF/eventcore/event-classes";

    private GeneratedEventClasses() {}

    /** The text of the file: one class name per line. */
    static String write(Collection<Class<? extends Event>> classes) {
        return classes.stream().map(Class::getName).sorted().collect(Collectors.joining("\n", "", "\n"));
    }

    /** The classes in the file, if the application was built ahead of time and runs that way. */
    static Optional<Set<Class<? extends Event>>> read(ResourceLoader resources) {
        Resource file = resources.getResource("classpath:" + PATH);
        if (!AotDetector.useGeneratedArtifacts() || !file.exists()) {
            return Optional.empty();
        }
        ClassLoader loader =
                Objects.requireNonNullElseGet(resources.getClassLoader(), ClassUtils::getDefaultClassLoader);
        Set<Class<? extends Event>> classes = new LinkedHashSet<>();
        try {
            for (String name :
                    file.getContentAsString(StandardCharsets.UTF_8).lines().toList()) {
                classes.add(ClassUtils.resolveClassName(name, loader).asSubclass(Event.class));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Optional.of(classes);
    }
}
