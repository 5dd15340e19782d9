package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the manual promises is proven by tests that exist, and what the library throws is explained. */
class ManualTest {
    private static final Path ROOT = DocumentationTest.root();
    private static final Path DOCS = ROOT.resolve("docs");
    private static final Pattern PROMISE = Pattern.compile("(?m)^\\| (\\d+) \\| .+ \\| `\\w+\\.\\w+` \\|$");
    private static final Pattern NAMED_TEST = Pattern.compile("`(\\w+(?:Test|Contract))\\.(\\w+)`");
    private static final Pattern EXCEPTION =
            Pattern.compile("(?m)^public (?:(?:abstract|final|sealed) )*class (\\w+Exception)\\b");
    private static final Pattern ANALYZER = Pattern.compile("extends AbstractFailureAnalyzer<(\\w+)>");
    private static final Pattern PROBLEM = Pattern.compile("(?m)^        ([A-Z][A-Z_]+)[,;]?$");

    @Test
    void at_least_thirty_promises_are_made_each_with_a_number_of_its_own() throws IOException {
        List<String> numbers = found(PROMISE, Files.readString(DOCS.resolve("guarantees.md")));

        assertThat(numbers).hasSizeGreaterThanOrEqualTo(30).doesNotHaveDuplicates();
    }

    @Test
    void every_test_that_proves_a_promise_exists() throws IOException {
        Map<String, String> tests = testClasses();

        for (String page : List.of("guarantees.md", "compatibility.md")) {
            assertThat(missing(Files.readString(DOCS.resolve(page)), tests))
                    .as(page)
                    .isEmpty();
        }
    }

    @Test
    void a_test_that_does_not_exist_is_noticed() throws IOException {
        String page = "`ManualTest.a_test_that_does_not_exist_is_noticed`, `ManualTest.made_up`, `MadeUpTest.at_all`";

        assertThat(missing(page, testClasses())).containsExactly("MadeUpTest.at_all", "ManualTest.made_up");
    }

    @Test
    void every_public_exception_is_explained() throws IOException {
        Set<String> exceptions = namedIn(EXCEPTION);

        assertThat(exceptions).contains("VersionConflictException", "ProjectionBehindException", "SchemaException");
        assertThat(unexplained(exceptions)).isEmpty();
    }

    @Test
    void every_failure_at_the_start_is_explained() throws IOException {
        Set<String> failures = namedIn(ANALYZER);
        Path schema = ROOT.resolve("eventcore-jdbc/src/main/java/io/eventcore/jdbc/SchemaException.java");
        List<String> problems = found(PROBLEM, Files.readString(schema));

        assertThat(failures).contains("NoSingleDataSourceException", "MissingEventTypeException");
        assertThat(problems).contains("MISSING", "NOT_CREATED");
        failures.addAll(problems);
        assertThat(unexplained(failures)).isEmpty();
    }

    @Test
    void an_exception_that_is_not_explained_is_noticed() throws IOException {
        assertThat(unexplained(Set.of("VersionConflictException", "MadeUpException")))
                .containsExactly("MadeUpException");
    }

    @Test
    void every_picture_says_in_words_what_it_shows() throws IOException {
        try (Stream<Path> pictures = Files.list(DOCS.resolve("pictures"))) {
            assertThat(pictures.toList())
                    .isNotEmpty()
                    .allSatisfy(picture ->
                            assertThat(Files.readString(picture)).contains("<title", "<desc", "role=\"img\""));
        }
    }

    private static Set<String> unexplained(Set<String> names) throws IOException {
        String page = Files.readString(DOCS.resolve("errors.md"));
        return names.stream()
                .filter(name -> !page.contains("`" + name + "`"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> missing(String page, Map<String, String> tests) {
        return NAMED_TEST
                .matcher(page)
                .results()
                .filter(test -> !tests.getOrDefault(test.group(1), "").contains("void " + test.group(2) + "("))
                .map(test -> test.group(1) + "." + test.group(2))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What a pattern finds in the library, but in its internal packages. */
    private static Set<String> namedIn(Pattern pattern) throws IOException {
        Set<String> names = new TreeSet<>();
        for (Path file : sources(".*/eventcore-[a-z-]+/src/main/java/(?!.*/internal/).*\\.java")) {
            names.addAll(found(pattern, Files.readString(file)));
        }
        return names;
    }

    private static Map<String, String> testClasses() throws IOException {
        Map<String, String> classes = new TreeMap<>();
        for (Path file : sources(".*/src/.*(Test|Contract)\\.java")) {
            String name = file.getFileName().toString();
            classes.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
        }
        return classes;
    }

    private static List<Path> sources(String path) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().matches(path)).toList();
        }
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }
}
