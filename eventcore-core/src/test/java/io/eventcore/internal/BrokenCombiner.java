package io.eventcore.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * The combiner, its rows and its operations compiled anew under other names, with the source of the combiner changed in one
 * place. Other names, since the model checker finds the class by its name in the class loader of the application.
 *
 * <p>In it a thread that parks sleeps until it is woken, and asks no policy again. The checker lets {@link java.util.concurrent.locks.LockSupport#park()} return at any
 * time, as it may, and so would not miss a wake-up.
 */
final class BrokenCombiner {
    private static final Path PACKAGE = Path.of("java", "io", "eventcore", "internal");
    private static final Path MAIN = Path.of("src", "main").resolve(PACKAGE);
    private static final Path TESTS = Path.of("src", "test").resolve(PACKAGE);
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final String name;

    private BrokenCombiner(String name) {
        this.name = name;
    }

    /**
     * Breaks it.
     *
     * @param folder an empty one
     */
    static BrokenCombiner with(String correct, String broken, Path folder) throws IOException {
        String name = "Combiner" + NUMBERS.incrementAndGet();
        String source = Files.readString(MAIN.resolve("Combiner.java"));
        assertThat(source).containsOnlyOnce(correct);
        String changed = sleepingUntilWoken(source.replace(correct, broken));
        Path classes = Files.createDirectory(folder.resolve("classes"));
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        classes.toString(),
                        renamed(changed, folder.resolve(name + ".java"), name),
                        renamed(
                                Files.readString(TESTS.resolve("CombinerTest.java")),
                                folder.resolve(name + "Test.java"),
                                name),
                        renamed(
                                Files.readString(TESTS.resolve("CombinerSchedules.java")),
                                folder.resolve(name + "Schedules.java"),
                                name));
        assertThat(result).isZero();
        define(classes);
        return new BrokenCombiner(name);
    }

    private static String sleepingUntilWoken(String source) {
        String field = "private final Thread thread = Thread.currentThread();";
        String park = "LockSupport.park(this);";
        String parkAndAskAgain = "LockSupport.parkNanos(this, ASK_AGAIN_NANOS);";
        String wake = "LockSupport.unpark(thread);";
        assertThat(source)
                .containsOnlyOnce(field)
                .containsOnlyOnce(park)
                .containsOnlyOnce(parkAndAskAgain)
                .containsOnlyOnce(wake);
        String sleep = "while (!own.woken) { " + park + " } own.woken = false;";
        return source.replace(field, field + " private volatile boolean woken;")
                .replace(park, sleep)
                .replace(parkAndAskAgain, sleep)
                .replace(wake, "woken = true; " + wake);
    }

    private static String renamed(String source, Path file, String name) throws IOException {
        return Files.writeString(file, source.replace("Combiner", name)).toString();
    }

    private static void define(Path classes) throws IOException {
        Deque<Path> files;
        try (Stream<Path> found = Files.walk(classes)) {
            files = new ArrayDeque<>(found.filter(Files::isRegularFile).toList());
        }
        for (int tries = files.size() * files.size(); !files.isEmpty() && tries > 0; tries--) {
            Path next = files.remove();
            try {
                MethodHandles.lookup().defineClass(Files.readAllBytes(next));
            } catch (NoClassDefFoundError anotherComesLater) {
                files.add(next);
            } catch (LinkageError isThereByNow) {
                // It was, and could not be linked before all others were.
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
        assertThat(files).isEmpty();
    }

    /** Its rows. */
    Class<?> test() throws ClassNotFoundException {
        return Class.forName(BrokenCombiner.class.getPackageName() + "." + name + "Test");
    }

    /** Its operations. */
    Class<?> operations() throws ClassNotFoundException {
        return Class.forName(BrokenCombiner.class.getPackageName() + "." + name + "Schedules");
    }
}
