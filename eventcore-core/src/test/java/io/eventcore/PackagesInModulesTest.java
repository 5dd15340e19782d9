package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A package lives in one module, its tests included: Java modules and OSGi refuse it otherwise, and a reader is lost. */
class PackagesInModulesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern SOURCE = Pattern.compile("(.+)/src/(?:main|test)/(?:java|kotlin)/.+\\.(?:java|kt)");
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+)");

    @Test
    void each_package_lives_in_one_module() throws IOException {
        Map<String, Set<String>> modules = modulesByPackage();

        assertThat(modules)
                .containsKeys(
                        "io.eventcore",
                        "io.eventcore.jdbc",
                        "io.eventcore.kotlin",
                        "io.eventcore.test.contract",
                        "io.eventcore.benchmarks.axon4");
        modules.values().removeIf(homes -> homes.size() == 1);
        assertThat(modules).as("packages in more than one module").isEmpty();
    }

    private static Map<String, Set<String>> modulesByPackage() throws IOException {
        Map<String, Set<String>> modules = new TreeMap<>();
        try (Stream<Path> files = Files.find(ROOT, 30, (file, attributes) -> attributes.isRegularFile())) {
            for (Path file : files.toList()) {
                Path inTree = ROOT.relativize(file);
                Matcher source = SOURCE.matcher(inTree.toString().replace('\\', '/'));
                // Folders that begin with a dot hold applications outside of the build.
                if (inTree.startsWith("target") || inTree.toString().startsWith(".") || !source.matches()) {
                    continue;
                }
                Matcher declared = PACKAGE.matcher(Files.readString(file));
                assertThat(declared.find()).as(inTree.toString()).isTrue();
                modules.computeIfAbsent(declared.group(1), name -> new TreeSet<>())
                        .add(source.group(1));
            }
        }
        return modules;
    }
}
