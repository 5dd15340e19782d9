package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that CONTRIBUTING.md names for the faults are there. */
class TestedFaultsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|Contract))\\.(\\w+)`");

    @Test
    void every_test_that_is_named_for_a_fault_is_there() throws IOException {
        Map<String, String> classes = testClasses();
        List<String> missing = new ArrayList<>();
        Matcher named = NAMED.matcher(Files.readString(ROOT.resolve("CONTRIBUTING.md")));
        int count = 0;
        while (named.find()) {
            count++;
            if (!classes.getOrDefault(named.group(1), "").contains("void " + named.group(2) + "(")) {
                missing.add(named.group());
            }
        }

        assertThat(count).isGreaterThan(40);
        assertThat(missing).isEmpty();
    }

    private static Map<String, String> testClasses() throws IOException {
        Map<String, String> classes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(path -> path.toString().matches(".*/src/.*(Test|Contract)\\.java"))
                    .toList()) {
                String name = file.getFileName().toString();
                classes.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
            }
        }
        return classes;
    }
}
