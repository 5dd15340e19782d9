package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.command.Command;
import io.eventcore.snapshot.Snapshot;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.generate.GenerationContext;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.aot.BeanFactoryInitializationCode;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;
import org.springframework.core.io.DefaultResourceLoader;

/**
 * Looks for events and commands when the application is built ahead of time. Records the events for the start, and
 * registers for a native image the classes that are read and written as JSON or inspected for their streams.
 */
final class ApplicationClassesAotProcessor implements BeanFactoryInitializationAotProcessor {
    ApplicationClassesAotProcessor() {}

    @Override
    public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(
            ConfigurableListableBeanFactory beans) {
        Environment environment = beans.getBean(Environment.class);
        if (!environment.getProperty("eventcore.enabled", Boolean.class, true)) {
            return null;
        }
        List<String> packages = ApplicationClasses.packages(environment, beans);
        ApplicationClasses classes =
                new ApplicationClasses(environment, new DefaultResourceLoader(beans.getBeanClassLoader()));
        return new Contribution(classes.of(Event.class, packages), commands(classes, packages));
    }

    @SuppressWarnings({"rawtypes", "unchecked"}) // A Class object carries no type arguments of Command.
    private static Set<Class<? extends Command>> commands(ApplicationClasses classes, List<String> packages) {
        return classes.of(Command.class, packages);
    }

    /**
     * Registers the parts of events and commands that are inspected: the content of their JSON, their streams and their
     * tags.
     */
    @SuppressWarnings("rawtypes")
    static void register(
            ReflectionHints reflection, Set<Class<? extends Event>> events, Set<Class<? extends Command>> commands) {
        JsonHints json = new JsonHints(reflection);
        events.forEach(json::register);
        for (Class<?> command : commands) {
            json.register(command);
            if (command.isAnnotationPresent(Snapshot.class)) {
                json.register(ResolvableType.forClass(command)
                        .as(Command.class)
                        .getGeneric(0)
                        .toClass());
            }
            reflection.registerType(command, MemberCategory.INVOKE_PUBLIC_METHODS);
        }
    }

    @SuppressWarnings("rawtypes")
    private record Contribution(Set<Class<? extends Event>> events, Set<Class<? extends Command>> commands)
            implements BeanFactoryInitializationAotContribution {
        @Override
        public void applyTo(GenerationContext generation, BeanFactoryInitializationCode code) {
            register(generation.getRuntimeHints().reflection(), events, commands);
            generation
                    .getGeneratedFiles()
                    .addResourceFile(GeneratedEventClasses.PATH, GeneratedEventClasses.write(events));
            generation.getRuntimeHints().resources().registerPattern(GeneratedEventClasses.PATH);
        }
    }
}
