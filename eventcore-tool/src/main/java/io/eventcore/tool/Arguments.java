package io.eventcore.tool;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is written on the command line. */
final class Arguments {
    private static final Set<String> ACTIONS = Set.of("export", "restore", "append", "axon4", "axon5");
    private static final Set<String> OPTIONS =
            Set.of("--url", "--user", "--schema", "--table-prefix", "--types", "--table");
    private static final Set<String> HELP = Set.of("--help", "-h", "help");
    private static final Set<String> SWITCHES = Set.of("--create", "--dry-run", "--show-to-all", "--keys-come-later");

    private final String action;
    private final Map<String, String> options;
    private final Path file;

    private Arguments(String action, Map<String, String> options, Path file) {
        this.action = action;
        this.options = options;
        this.file = file;
    }

    /** Whether the first word, or any option, asks what can be done. */
    static boolean askForHelp(String[] words) {
        return words.length > 0 && (HELP.contains(words[0]) || List.of(words).contains("--help"));
    }

    /** @throws IllegalArgumentException if they make no sense; the message says why */
    static Arguments of(String[] words) {
        if (words.length == 0 || !ACTIONS.contains(words[0])) {
            throw new IllegalArgumentException(
                    words.length == 0 ? "What is to be done?" : "There is no action '" + words[0] + "'");
        }
        Map<String, String> options = new HashMap<>();
        List<String> files = new ArrayList<>();
        for (int i = 1; i < words.length; i++) {
            if (SWITCHES.contains(words[i])) {
                options.put(words[i], "");
            } else if (OPTIONS.contains(words[i])) {
                if (i + 1 == words.length) {
                    throw new IllegalArgumentException(words[i] + " needs a value");
                }
                options.put(words[i], words[++i]);
            } else if (words[i].startsWith("--")) {
                throw new IllegalArgumentException("There is no option " + words[i]);
            } else {
                files.add(words[i]);
            }
        }
        boolean axon = words[0].startsWith("axon");
        if (!options.containsKey("--url") || (axon && !options.containsKey("--types"))) {
            throw new IllegalArgumentException(
                    words[0] + " needs " + (options.containsKey("--url") ? "--types" : "--url"));
        }
        if (files.size() != 1) {
            throw new IllegalArgumentException("One file is needed, given are " + files.size());
        }
        return new Arguments(words[0], options, Path.of(files.get(0)));
    }

    /** @throws IllegalArgumentException if a file that is to be read cannot be */
    void checkFiles() {
        if (action.equals("restore") || action.equals("append")) {
            checkReadable(file);
        }
        if (has("--types")) {
            checkReadable(Path.of(option("--types")));
        }
    }

    private static void checkReadable(Path file) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new IllegalArgumentException("there is no file '" + file + "' that can be read");
        }
    }

    String action() {
        return action;
    }

    Path file() {
        return file;
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    String option(String option) {
        return option(option, "");
    }

    String option(String option, String otherwise) {
        return options.getOrDefault(option, otherwise);
    }
}
