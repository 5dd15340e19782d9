package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** This package loaded anew, with the source of one of its classes changed in one place and compiled. */
final class MutatedPackage extends ClassLoader {
    private static final Path SOURCES = Path.of("src", "main", "java", "io", "eventcore", "jdbc");

    private final Path classes;

    private MutatedPackage(Path classes) {
        super(MutatedPackage.class.getClassLoader());
        this.classes = classes;
    }

    /**
     * Loads the package with a class that is broken.
     *
     * @param folder an empty one
     */
    static MutatedPackage with(Class<?> changed, String correct, String broken, Path folder) throws IOException {
        String file = changed.getSimpleName() + ".java";
        String source = Files.readString(SOURCES.resolve(file));
        assertThat(source).contains(correct);
        Path mutated = Files.writeString(folder.resolve(file), source.replace(correct, broken));
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
                        mutated.toString());
        assertThat(result).isZero();
        return new MutatedPackage(classes);
    }

    /**
     * That a row of a test, loaded with the broken class, fails, with each of its arguments.
     *
     * @param parameters of the row
     */
    void assertFails(Class<?> test, String row, Class<?>... parameters) throws ClassNotFoundException {
        Events tests = EngineTestKit.engine("junit-jupiter")
                .selectors(selectMethod(loadClass(test.getName()), row, parameters))
                .execute()
                .testEvents();
        assertThat(tests.failed().count())
                .isPositive()
                .isEqualTo(tests.started().count());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.eventcore.jdbc.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        String file = name.replace('.', '/') + ".class";
        try (InputStream unchanged = getParent().getResourceAsStream(file)) {
            Path changed = classes.resolve(file);
            if (unchanged == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = Files.exists(changed) ? Files.readAllBytes(changed) : unchanged.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
