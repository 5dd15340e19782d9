package io.eventcore.test;

import io.eventcore.test.TypesLock.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Where two readings of one payload differ. Names places, and quotes no value. */
final class JsonDifference {
    private final List<String> places = new ArrayList<>();

    private JsonDifference() {}

    static String between(List<Read> before, List<Read> after) {
        List<String> was = before.stream().map(Read::type).toList();
        List<String> is = after.stream().map(Read::type).toList();
        if (!was.equals(is)) {
            return "%s before, %s now".formatted(names(was), names(is));
        }
        JsonDifference difference = new JsonDifference();
        for (int i = 0; i < before.size(); i++) {
            difference.collect("", before.get(i).payload(), after.get(i).payload());
        }
        return String.join(", ", difference.places);
    }

    private static String names(List<String> types) {
        return types.isEmpty()
                ? "no event"
                : types.stream().map(type -> "'" + type + "'").collect(Collectors.joining(" and "));
    }

    private void collect(String path, JsonNode before, JsonNode after) {
        if (before.isObject() && after.isObject()) {
            Set<String> names = new TreeSet<>(before.propertyNames());
            names.addAll(after.propertyNames());
            names.forEach(
                    name -> collect(path.isEmpty() ? name : path + "." + name, before.path(name), after.path(name)));
        } else if (before.isArray() && after.isArray() && before.size() == after.size()) {
            for (int i = 0; i < before.size(); i++) {
                collect(path + "[" + i + "]", before.get(i), after.get(i));
            }
        } else if (!before.equals(after)) {
            String change = before.isMissingNode() ? " is added" : after.isMissingNode() ? " is lost" : " differs";
            places.add((path.isEmpty() ? "the value" : path) + change);
        }
    }
}
