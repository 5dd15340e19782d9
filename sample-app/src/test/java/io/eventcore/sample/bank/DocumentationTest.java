package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation shows is what is compiled and run: its snippets are lines of our sources, and links lead somewhere. */
class DocumentationTest {
    private static final Path ROOT = root();
    private static final Pattern SNIPPET = Pattern.compile("(?ms)^ *```(java|xml|yaml|kotlin)\\n(.*?)^ *```$");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");
    private static final Pattern CODE = Pattern.compile("(?ms)^ *```.*?^ *```$");

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
    void the_tutorial_shows_tables_json_and_answers_as_its_tests_find_them() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/tutorial.md"));
        String tables = Files.readString(ROOT.resolve("tutorial-app/src/main/resources/schema.sql"));
        String test = Files.readString(
                ROOT.resolve("tutorial-app/src/test/java/com/example/tickets/TicketsOverHttpTest.java"));

        assertThat(found(BLOCK, page).stream()
                        .filter(block -> block.group(1).equals("sql"))
                        .map(block -> block.group(2)))
                .containsExactly(tables);
        List<String> json = page.lines()
                .filter(line -> line.startsWith("{") || line.startsWith("[{"))
                .map(line -> line.replace("\"", "\\\""))
                .toList();
        assertThat(json).hasSize(4).allMatch(test::contains);
    }

    @Test
    void every_property_in_a_snippet_is_one_that_can_be_set() throws IOException {
        String known = Files.readString(ROOT.resolve("docs/guide/configuration.md"));
        List<String> unknown = new ArrayList<>();
        for (Path page : pages()) {
            for (MatchResult block : found(BLOCK, Files.readString(page))) {
                if (block.group(1).equals("properties")) {
                    block.group(2)
                            .lines()
                            .map(line -> line.replaceFirst("=.*", ""))
                            .filter(name -> name.startsWith("eventcore.") && !known.contains("`" + name + "`"))
                            .forEach(unknown::add);
                }
            }
        }

        assertThat(unknown).isEmpty();
    }

    @Test
    void every_link_between_pages_leads_to_a_file_and_to_a_heading_in_it() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            for (String link : links(page)) {
                if (!leadsSomewhere(page, link)) {
                    broken.add(ROOT.relativize(page) + " -> " + link);
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void a_link_that_leads_nowhere_is_noticed(@TempDir Path folder) throws IOException {
        Path page = Files.writeString(
                folder.resolve("page.md"), "# Why `a.b`, and how?\n\n## Again\n\n## Again\n\n```\n# No heading\n```\n");

        assertThat(List.of("page.md", "#why-ab-and-how", "page.md#again-1"))
                .allMatch(link -> leadsSomewhere(page, link));
        assertThat(List.of("other.md", "#no-heading", "page.md#again-2")).noneMatch(link -> leadsSomewhere(page, link));
    }

    @Test
    void every_page_of_the_manual_can_be_reached_from_its_contents() throws IOException {
        Set<Path> reached = new TreeSet<>();
        Deque<Path> next = new ArrayDeque<>(List.of(ROOT.resolve("docs/README.md")));
        while (!next.isEmpty()) {
            Path page = next.pop();
            if (reached.add(page) && page.toString().endsWith(".md")) {
                for (String link : links(page)) {
                    next.push(page.resolveSibling(link.replaceFirst("#.*", "")).normalize());
                }
            }
        }

        assertThat(pages()).isNotEmpty().allMatch(reached::contains, "is linked");
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
                        || (path.contains("src/") && path.endsWith(".kt"))
                        || path.endsWith("pom.xml")
                        || path.endsWith(".yml"));
    }

    private static List<String> links(Path page) throws IOException {
        return found(LINK, withoutCode(page)).stream()
                .map(link -> link.group(1).startsWith("#") ? page.getFileName() + link.group(1) : link.group(1))
                .toList();
    }

    private static boolean leadsSomewhere(Path page, String link) {
        int anchor = link.indexOf('#');
        String file = anchor < 0 ? link : link.substring(0, anchor);
        Path target = file.isEmpty() ? page : page.resolveSibling(file);
        if (anchor < 0 || (!file.isEmpty() && !file.endsWith(".md"))) {
            return Files.exists(target);
        }
        try {
            return Files.exists(target) && anchors(target).contains(link.substring(anchor + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The headings of a page as the usual forges name them in links. */
    private static Set<String> anchors(Path page) throws IOException {
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> seen = new HashMap<>();
        for (MatchResult heading : found(HEADING, withoutCode(page))) {
            String name = heading.group(1)
                    .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                    .replace(' ', '-');
            int before = seen.merge(name, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? name : name + "-" + before);
        }
        return anchors;
    }

    private static String withoutCode(Path page) throws IOException {
        return CODE.matcher(Files.readString(page)).replaceAll("");
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

    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve(".mvn"))) {
            folder = Objects.requireNonNull(folder.getParent(), "a folder with .mvn above");
        }
        return folder;
    }
}
