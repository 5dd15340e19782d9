package io.eventcore.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No line of the log shows the text of an exception as it came, at no level: databases and serializers quote the data they
 * stumble over. The rule reads the sources, as the compiled call does not tell where its argument comes from.
 */
class LoggedExceptionsTest {
    private static final Pattern CAUGHT = Pattern.compile("catch \\([^)]*?(\\w+)\\) \\{");
    private static final Pattern GIVEN = Pattern.compile("\\b\\w*(?:Exception|Throwable|Error) (\\w+)[,)]");
    private static final Pattern LINE = Pattern.compile(
            "LOG\\s*\\.(?:trace|debug|info|warn|error)\\((?:[^;\"]|\"(?:[^\"\\\\]|\\\\.)*\")*?,\\s*(\\w+)\\s*\\);");

    @Test
    void an_exception_is_redacted_before_it_is_logged() throws IOException {
        List<Path> sources = sources();
        List<String> shown = new ArrayList<>();
        for (Path file : sources) {
            shown.addAll(shownBy(file.getFileName().toString(), Files.readString(file)));
        }

        assertThat(sources).as("sources of all modules").hasSizeGreaterThan(200);
        assertThat(shown).as("pass them through OwnThreads.redacted").isEmpty();
    }

    @Test
    void the_rule_finds_what_it_forbids() {
        String caught = "try { x(); } catch (SQLException e) { LOG.debug(\"It failed; again\", %s); }";

        assertThat(shownBy("A", caught.formatted("e"))).containsExactly("A: e");
        assertThat(shownBy("A", caught.formatted("OwnThreads.redacted(e)"))).isEmpty();
        assertThat(shownBy("B", "void f(Throwable failure) {\n LOG\n .warn(\"{}\", name,\n failure); }"))
                .containsExactly("B: failure");
        assertThat(shownBy("C", "void f(String name) { LOG.warn(\"{}\", name); }"))
                .isEmpty();
    }

    private static List<String> shownBy(String file, String source) {
        Set<String> exceptions = new HashSet<>();
        for (Pattern names : List.of(CAUGHT, GIVEN)) {
            names.matcher(source).results().forEach(found -> exceptions.add(found.group(1)));
        }
        List<String> shown = new ArrayList<>();
        Matcher line = LINE.matcher(source);
        while (line.find()) {
            if (exceptions.contains(line.group(1))) {
                shown.add(file + ": " + line.group(1));
            }
        }
        return shown;
    }

    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            modules.filter(module -> module.getFileName().toString().startsWith("eventcore-"))
                    .map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .forEach(sources -> found.addAll(javaFilesBelow(sources)));
        }
        return found;
    }

    private static List<Path> javaFilesBelow(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
