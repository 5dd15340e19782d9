package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documentation shows is what is compiled and run: its snippets are lines of our sources, and links lead somewhere. */
class DocumentationTest {
    private static final Path ROOT = root();
    private static final Pattern SNIPPET = Pattern.compile("(?ms)^```(java|xml|yaml)\\n(.*?)^```$");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#\\s]+)(?:#[^)]*)?\\)");

    @Test
    void every_snippet_is_a_copy_of_lines_that_are_compiled_or_used() throws IOException {
        List<List<String>> sources = sources();

        List<String> drifted = new ArrayList<>();
        for (Path page : pages()) {
            for (MatchResult snippet : found(SNIPPET, Files.readString(page))) {
                List<String> lines = lines(snippet.group(2));
                if (sources.stream().noneMatch(source -> Collections.indexOfSubList(source, lines) >= 0)) {
                    drifted.add(ROOT.relativize(page) + ":\n" + snippet.group(2));
                }
            }
        }

        assertThat(drifted).isEmpty();
    }

    @Test
    void a_snippet_that_drifted_is_noticed() {
        List<String> source = lines("class A {\n    // tag::x\n    int a;\n    // end::x\n\n    int b;\n}\n");

        assertThat(Collections.indexOfSubList(source, lines("int a;\n\nint b;")))
                .isPositive();
        assertThat(Collections.indexOfSubList(source, lines("int a;\nint c;"))).isNegative();
        assertThat(found(SNIPPET, "text\n```java\nint a;\n```\n")).hasSize(1);
    }

    @Test
    void every_link_between_pages_leads_to_a_file() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            for (MatchResult link : found(LINK, Files.readString(page))) {
                if (!Files.exists(page.resolveSibling(link.group(1)))) {
                    broken.add(ROOT.relativize(page) + " -> " + link.group(1));
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void every_decision_is_in_the_index() throws IOException {
        String index = Files.readString(ROOT.resolve("docs/adr/README.md"));
        try (Stream<Path> pages = Files.list(ROOT.resolve("docs/adr"))) {
            assertThat(pages.map(page -> page.getFileName().toString()).filter(name -> !name.equals("README.md")))
                    .isNotEmpty()
                    .allMatch(name -> index.contains("(" + name + ")"), "is in the index");
        }
    }

    @Test
    void the_test_command_of_the_readme_is_the_one_that_ci_runs() throws IOException {
        assertThat(Files.readString(ROOT.resolve("README.md"))).containsPattern("(?m)^mvn verify( |$)");
        assertThat(Files.readString(ROOT.resolve(".ci/run"))).containsPattern("(?m)^step mvn .*verify$");
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            docs.filter(file -> file.toString().endsWith(".md")).sorted())
                    .toList();
        }
    }

    private static List<List<String>> sources() throws IOException {
        List<List<String>> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(DocumentationTest::isSource).toList()) {
                sources.add(lines(Files.readString(file)));
            }
        }
        return sources;
    }

    private static boolean isSource(Path file) {
        String path = ROOT.relativize(file).toString();
        return !path.contains("target/")
                && ((path.contains("src/") && path.endsWith(".java"))
                        || path.endsWith("pom.xml")
                        || path.endsWith(".yml"));
    }

    /** The lines without what may differ: how far they are indented, and the marks that say what is quoted. */
    private static List<String> lines(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("// tag::") && !line.startsWith("// end::"))
                .toList();
    }

    private static List<MatchResult> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().toList();
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = Objects.requireNonNull(folder.getParent(), "a folder with .mvn above");
        }
        return folder;
    }
}
