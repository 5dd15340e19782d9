package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.EventStore;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.slf4j.Logger;
import org.springframework.core.NestedRuntimeException;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.support.TransactionSynchronization;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

/** The library loaded anew, contracts included, with the source of one of its classes changed and compiled. */
final class MutatedCore extends ClassLoader {
    private static final Path SOURCES = Path.of("..", "eventcore-core", "src", "main", "java");

    private final Path classes;

    private MutatedCore(Path classes) {
        super(MutatedCore.class.getClassLoader());
        this.classes = classes;
    }

    /**
     * Loads the library with a class that is broken.
     *
     * @param changed its name below {@code io.eventcore}
     * @param correct what stands in it, wherever it does
     * @param broken what stands there instead
     * @param folder an empty one
     */
    static MutatedCore with(String changed, String correct, String broken, Path folder) throws IOException {
        Path file = Path.of("io", "eventcore").resolve(changed.replace('.', '/') + ".java");
        String source = Files.readString(SOURCES.resolve(file));
        assertThat(source).contains(correct);
        Path mutated = Files.writeString(folder.resolve(file.getFileName()), source.replace(correct, broken));
        Path classes = Files.createDirectory(folder.resolve("classes"));
        int result = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-cp", classPath(), "-d", classes.toString(), mutated.toString());
        assertThat(result).isZero();
        return new MutatedCore(classes);
    }

    /** Of what the library needs, wherever it was loaded from: how tests are started decides what the process says of it. */
    private static String classPath() {
        return Stream.of(
                        EventStore.class,
                        JsonMapper.class,
                        JsonParser.class,
                        JsonProperty.class,
                        Logger.class,
                        TransactionSynchronization.class,
                        DataAccessException.class,
                        NestedRuntimeException.class,
                        NullMarked.class)
                .map(type -> Path.of(URI.create(type.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toString()))
                        .toString())
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** That a row of a contract, loaded with the broken class, fails. */
    void assertFails(Class<?> contract, String row) throws ClassNotFoundException {
        ContractRows.assertFails(loadClass(contract.getName()), row);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.eventcore.")) {
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
            if (unchanged == null) {
                throw new ClassNotFoundException(name);
            }
            Path changed = classes.resolve(file);
            byte[] bytes = Files.exists(changed) ? Files.readAllBytes(changed) : unchanged.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
