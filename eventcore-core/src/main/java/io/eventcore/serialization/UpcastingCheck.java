package io.eventcore.serialization;

import io.eventcore.Event;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Composes upcasters, and refuses those that do not fit together or lead to no class. */
final class UpcastingCheck {
    private final Map<String, Class<? extends Event>> classes;
    private final Map<String, Upcaster> byName = new LinkedHashMap<>();

    private UpcastingCheck(Map<String, Class<? extends Event>> classes) {
        this.classes = classes;
    }

    /**
     * The upcasters, composed.
     *
     * @param classes the event classes by their names and aliases
     * @param current the classes whose annotation says a later revision than the first, by their names
     * @throws InvalidUpcastersException if they do not fit; names what does not
     */
    static Upcasting compose(
            List<Upcaster> upcasters,
            Map<String, Class<? extends Event>> classes,
            Map<String, Class<? extends Event>> current) {
        UpcastingCheck check = new UpcastingCheck(classes);
        upcasters.forEach(check::add);
        check.byName.values().forEach(check::checkTargets);
        Set<String> ending = new HashSet<>();
        check.byName.keySet().forEach(name -> check.checkCircle(name, new LinkedHashSet<>(), ending));
        current.forEach(check::checkEarlier);
        return new Upcasting(check.byName);
    }

    private void add(Upcaster upcaster) {
        Class<? extends Event> reader = classes.get(upcaster.from());
        if (reader != null) {
            throw new InvalidUpcastersException(
                    "Events stored as '%s' are read by %s, and there is an upcaster %s"
                            .formatted(upcaster.from(), reader.getName(), upcaster),
                    "Remove one of them. If the class has a new shape, give it the next revision in its @EventType; if"
                            + " the name is one of its aliases, remove it from there.");
        }
        Upcaster other = byName.putIfAbsent(upcaster.from(), upcaster);
        if (other != null) {
            throw new InvalidUpcastersException(
                    "Two upcasters begin at the stored name '%s': one %s, one %s"
                            .formatted(upcaster.from(), other, upcaster),
                    "Combine them into one, or let the second begin where the first one ends.");
        }
    }

    private void checkTargets(Upcaster upcaster) {
        for (String target : upcaster.to()) {
            if (!classes.containsKey(target) && !byName.containsKey(target)) {
                throw new InvalidUpcastersException(
                        "The upcaster %s leads to '%s', which neither an event class nor another upcaster reads"
                                .formatted(upcaster, target),
                        goal(target)
                                        .map(goal ->
                                                "%s is stored as '%s': add an upcaster from '%s', or correct this one"
                                                        .formatted(classes.get(goal), goal, target))
                                        .orElse(
                                                "Correct the name, register the class of that name (with Spring Boot, its package must be among eventcore.event-packages), or add the next upcaster")
                                + ".");
            }
        }
    }

    /** The name under which another revision of a name is read by a class. */
    private Optional<String> goal(String name) {
        String base = Revision.of(name).name();
        return classes.keySet().stream()
                .filter(known -> Revision.of(known).name().equals(base))
                .findFirst();
    }

    /**
     * Follows every way from a name.
     *
     * @param way how the name was reached
     * @param ending names from which no way leads in a circle; this one is added
     */
    private void checkCircle(String name, Set<String> way, Set<String> ending) {
        Upcaster upcaster = byName.get(name);
        if (upcaster == null || ending.contains(name)) {
            return;
        }
        if (!way.add(name)) {
            List<String> circle = new ArrayList<>(way);
            circle = circle.subList(circle.indexOf(name), circle.size());
            throw new InvalidUpcastersException(
                    "Upcasters lead in a circle: '%s' to '%s'".formatted(String.join("' to '", circle), name),
                    "Let one of them lead to a name that no upcaster begins with.");
        }
        upcaster.to().forEach(next -> checkCircle(next, way, ending));
        way.remove(name);
        ending.add(name);
    }

    private void checkEarlier(String current, Class<? extends Event> type) {
        Revision revision = Revision.of(current);
        for (int number = 1; number < revision.number(); number++) {
            String earlier = new Revision(revision.name(), number).storedName();
            if (!classes.containsKey(earlier) && !byName.containsKey(earlier)) {
                throw new InvalidUpcastersException(
                        "%s is stored as '%s', and nothing reads what was stored as '%s'"
                                .formatted(type.getName(), current, earlier),
                        "Add an upcaster from '%s', or the name to the aliases of the class if it can read that shape as it is."
                                .formatted(earlier));
            }
        }
    }
}
