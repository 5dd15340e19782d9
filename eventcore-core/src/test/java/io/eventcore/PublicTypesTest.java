package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A public type is promised for years: something outside of its package uses it or tells users of it, or it is listed here. */
class PublicTypesTest {
    private static final Path ROOT = Path.of("..");

    /** What only authors of stores or of handlers name, with the reason. */
    private static final Map<String, String> LISTED = Map.of(
            "io.eventcore.projection.CheckpointStore", "a role of ProjectionStore, which others implement",
            "io.eventcore.projection.LeaseStore", "a role of ProjectionStore, which others implement",
            "io.eventcore.projection.DeadlineStore", "a role of ProjectionStore, which others implement",
            "io.eventcore.reaction.ReactionDeadline", "what a reaction of the application's own returns by deadline()",
            "io.eventcore.projection.LogWentBackwardsException",
                    "what status and log of a stopped projection name; says what to do",
            "io.eventcore.projection.SideEffects", "what a projection's sideEffects() returns",
            "io.eventcore.jdbc.JdbcExecutedCommands", "what JdbcDatabase returns; as a bean it is advised by its class",
            "io.eventcore.jdbc.JdbcSnapshotStore", "what JdbcDatabase returns; as a bean it is advised by its class",
            "io.eventcore.micrometer.ProjectionBatchContext", "what handlers of the application are given");

    private static final List<String> LIBRARY = List.of("core", "jdbc", "kafka", "micrometer", "spring");
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");
    private static final Pattern PUBLIC = Pattern.compile(
            "(?m)^public (?:(?:final|abstract|sealed|non-sealed) )*(?:class|interface|record|enum|@interface) (\\w+)");

    private static final Pattern TYPE_NAME = Pattern.compile("\\b[A-Z]\\w+");

    @Test
    void each_public_type_has_a_user_outside_of_its_package_or_a_reason() throws IOException {
        Map<Path, String> sources = new TreeMap<>();
        Map<Path, String> pages = read(ROOT.resolve("docs").resolve("guide"), ".md");
        pages.put(ROOT.resolve("README.md"), Files.readString(ROOT.resolve("README.md")));
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.toList()) {
                sources.putAll(read(module.resolve("src").resolve("main").resolve("java"), ".java"));
            }
        }
        sources.putAll(read(
                ROOT.resolve("sample-app")
                        .resolve("src")
                        .resolve("test")
                        .resolve("java")
                        .resolve("com"),
                ".java"));

        Map<String, Set<String>> naming = new HashMap<>();
        sources.values().forEach(text -> note(packageOf(text), text, naming));
        pages.values().forEach(text -> note("", text, naming));

        Set<String> publicTypes = new TreeSet<>();
        Set<String> unused = new TreeSet<>();
        sources.forEach((file, text) -> {
            Matcher type = PUBLIC.matcher(text);
            String home = packageOf(text);
            if (isOfTheLibrary(file) && !home.endsWith(".internal") && type.find()) {
                publicTypes.add(home + "." + type.group(1));
                if (naming.getOrDefault(type.group(1), Set.of()).equals(Set.of(home))) {
                    unused.add(home + "." + type.group(1));
                }
            }
        });

        assertThat(publicTypes).contains("io.eventcore.EventStore", "io.eventcore.jdbc.JdbcEventStore");
        assertThat(unused).as("make it package-private, or give the reason").isEqualTo(new TreeSet<>(LISTED.keySet()));
    }

    private static boolean isOfTheLibrary(Path file) {
        return LIBRARY.stream().anyMatch(module -> file.startsWith(ROOT.resolve("eventcore-" + module)));
    }

    /** Which packages name a word, by the word. */
    private static void note(String home, String text, Map<String, Set<String>> naming) {
        Matcher word = TYPE_NAME.matcher(text);
        while (word.find()) {
            naming.computeIfAbsent(word.group(), name -> new HashSet<>()).add(home);
        }
    }

    private static String packageOf(String text) {
        Matcher declared = PACKAGE.matcher(text);
        return declared.find() ? declared.group(1) : "";
    }

    private static Map<Path, String> read(Path folder, String ending) throws IOException {
        Map<Path, String> texts = new TreeMap<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(ending)).toList()) {
                    texts.put(file, Files.readString(file));
                }
            }
        }
        return texts;
    }
}
