package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.command.Command;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whether the events that a command folds are found by its tags. */
final class TagCheck {
    /**
     * One way for an event to be found.
     *
     * @param names the names of tags all of which it must carry
     * @param types the types that it must be one of; empty for any
     */
    private record Way(Set<String> names, Set<Class<? extends Event>> types) {
        boolean wants(Class<?> type) {
            return types.isEmpty() || types.stream().anyMatch(wanted -> wanted.isAssignableFrom(type));
        }
    }

    private final Class<?> commandClass;
    private final List<Way> ways;

    private TagCheck(Class<?> commandClass, List<Way> ways) {
        this.commandClass = commandClass;
        this.ways = ways;
    }

    /** By the tags that are marked on a class. */
    static TagCheck of(Class<?> commandClass) {
        if (overrides(commandClass, "query", Command.class)) {
            throw new AssertionError(commandClass.getName()
                    + " builds its own query: pass a command to assertTagged instead of its class");
        }
        return new TagCheck(
                commandClass,
                EventTag.namesMarkedOn(commandClass).stream()
                        .map(name -> new Way(Set.of(name), Set.of()))
                        .toList());
    }

    /** By the query of a command. */
    static TagCheck of(Command<?, ?> command) {
        List<Way> ways = new ArrayList<>();
        command.query().ifPresent(query -> {
            for (EventQuery.Item item : query.items()) {
                if (item.stream().isEmpty()) {
                    ways.add(new Way(
                            item.tags().stream().map(EventTag::name).collect(Collectors.toCollection(TreeSet::new)),
                            item.types()));
                }
            }
        });
        return new TagCheck(command.getClass(), ways);
    }

    /**
     * What is wrong; empty if nothing is.
     *
     * @param read the event classes that the fold may be given
     * @param inItsStreams those that are read by streams
     */
    List<String> problems(Collection<Class<?>> read, Set<Class<? extends Event>> inItsStreams) {
        if (ways.isEmpty()) {
            return List.of(commandClass.getName() + " decides on no tags: mark a component with @Tag");
        }
        List<String> problems = new ArrayList<>();
        for (Class<?> type : read) {
            if (inItsStreams.stream().anyMatch(exempt -> exempt.isAssignableFrom(type))) {
                continue;
            }
            List<Way> open = ways.stream().filter(way -> way.wants(type)).toList();
            if (open.isEmpty()) {
                continue;
            }
            Set<String> carried = carriedBy(type);
            if (open.stream().noneMatch(way -> carried.containsAll(way.names))) {
                problems.add(problem(type, open, carried));
            }
        }
        return problems;
    }

    private String problem(Class<?> type, List<Way> open, Set<String> carried) {
        String wanted = open.stream()
                .map(way -> String.join(" and ", way.names))
                .distinct()
                .collect(Collectors.joining("' or '", "'", "'"));
        String example = open.get(0).names().stream()
                .filter(name -> !carried.contains(name))
                .findFirst()
                .orElseThrow();
        return ("%s reads %s, which carries no tag %s, so a decision misses it: mark the component that holds the value"
                        + " with @Tag(\"%s\"); if only a declared @Stream holds such events, name the class in assertTagged")
                .formatted(commandClass.getName(), type.getName(), wanted, example);
    }

    /** The names of the tags that events of a class carry: those that are marked, or what all samples say. */
    private static Set<String> carriedBy(Class<?> type) {
        if (!overrides(type, "eventTags", Event.class)) {
            return EventTag.namesMarkedOn(type);
        }
        Set<String> said = null;
        for (Object sample : Samples.of(type)) {
            Set<String> names = ((Event) sample)
                    .eventTags().stream().map(EventTag::name).collect(Collectors.toCollection(TreeSet::new));
            if (said == null) {
                said = names;
            } else {
                said.addAll(names);
            }
        }
        return said == null ? Set.of() : said;
    }

    private static boolean overrides(Class<?> type, String name, Class<?> declaring) {
        for (Method method : type.getMethods()) {
            if (method.getName().equals(name) && method.getParameterCount() == 0 && !method.isBridge()) {
                return method.getDeclaringClass() != declaring;
            }
        }
        throw new IllegalStateException(type + " has no method " + name);
    }
}
