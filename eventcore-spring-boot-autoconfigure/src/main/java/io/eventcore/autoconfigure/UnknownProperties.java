package io.eventcore.autoconfigure;

import io.eventcore.autoconfigure.EventCoreProperties.NamedStore;
import java.lang.reflect.RecordComponent;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Logs settings under {@code eventcore.} that do not exist, with the most similar one that does.
 *
 * <p>It does not stop the start: instances of two versions of the library may share a configuration while one replaces
 * the other. Environment variables are not checked: their names may mean anything.
 */
class UnknownProperties {
    private static final Logger LOG = LoggerFactory.getLogger(UnknownProperties.class);
    private static final String PREFIX = "eventcore.";
    private static final Pattern INDEX = Pattern.compile("\\[[^\\]]*]");
    private static final Pattern STORE = Pattern.compile("^eventcore\\.stores\\.[^.]+\\.");
    private static final Pattern CAPITAL = Pattern.compile("([A-Z])");

    UnknownProperties() {}

    static UnknownProperties warnAbout(ConfigurableEnvironment environment) {
        in(environment).forEach(LOG::warn);
        return new UnknownProperties();
    }

    /** A sentence for each. */
    static List<String> in(ConfigurableEnvironment environment) {
        Set<String> unknown = new TreeSet<>();
        Set<String> known = new TreeSet<>();
        environment.getPropertySources().stream()
                .filter(source -> !source.getName().equals(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME))
                .filter(EnumerablePropertySource.class::isInstance)
                .flatMap(source -> Stream.of(((EnumerablePropertySource<?>) source).getPropertyNames()))
                .filter(name -> name.startsWith(PREFIX))
                .forEach(unknown::add);
        if (unknown.isEmpty()) {
            return List.of();
        }
        collect(EventCoreProperties.class, PREFIX, known);
        Set<String> bare = known.stream().map(UnknownProperties::bare).collect(Collectors.toSet());
        return unknown.stream()
                .filter(name -> !bare.contains(bare(name)))
                .map(name ->
                        "The property '%s' does not exist; did you mean '%s'?".formatted(name, nearest(name, known)))
                .toList();
    }

    private static void collect(Class<?> settings, String prefix, Set<String> names) {
        for (RecordComponent component : settings.getRecordComponents()) {
            String name = prefix
                    + CAPITAL.matcher(component.getName()).replaceAll("-$1").toLowerCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                collect(component.getType(), name + ".", names);
            } else if (component.getType() == Map.class) {
                collect(NamedStore.class, name + ".", names);
            } else {
                names.add(name);
            }
        }
    }

    /**
     * As Spring Boot compares names: without dashes, in lower case; and without the place in a list, or the name of a
     * store.
     */
    private static String bare(String name) {
        return INDEX.matcher(STORE.matcher(name).replaceFirst("eventcore.stores."))
                .replaceAll("")
                .replace("-", "")
                .replace("_", "")
                .toLowerCase(Locale.ROOT);
    }

    private static String nearest(String name, Set<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(candidate -> distance(bare(name), bare(candidate))))
                .orElse("");
    }

    /** How many characters must be inserted, deleted or replaced to turn one text into the other (Levenshtein). */
    private static int distance(String one, String other) {
        int[] above = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] row = new int[other.length() + 1];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(above[j], row[j - 1]) + 1);
            }
            above = row;
        }
        return above[other.length()];
    }
}
