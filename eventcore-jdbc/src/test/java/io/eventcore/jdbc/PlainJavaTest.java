package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * What the POMs of {@code eventcore-jdbc} and {@code eventcore-core} declare is enough to keep events in a database without
 * Spring Boot.
 *
 * <p>The class path of the application is what Maven would make of their dependencies, a driver and a pool: each jar lies
 * beside its POM in the local repository.
 */
class PlainJavaTest {
    private static final Path JDBC = Path.of("pom.xml");
    private static final Path CORE = Path.of("..", "eventcore-core", "pom.xml");

    /** The jars of this test by the name of their artifact. */
    private final Map<String, Path> jars = jarsOfThisTest();

    @Test
    void an_application_without_spring_boot_needs_the_library_a_driver_and_a_pool() throws Exception {
        Map<String, Path> resolved = new LinkedHashMap<>();
        assertThat(declaredIn(JDBC)).contains("eventcore-core");
        Deque<String> open = new ArrayDeque<>(declaredIn(JDBC));
        open.addAll(declaredIn(CORE));
        open.addAll(List.of("h2", "HikariCP"));
        while (!open.isEmpty()) {
            String artifact = open.remove();
            Path jar = jars.get(artifact);
            if (jar != null && resolved.put(artifact, jar) == null) {
                open.addAll(declaredIn(pomOf(jar)));
            }
        }
        assertThat(resolved).containsKeys("h2", "HikariCP", "jackson-databind");

        assertThat(run(String.join(
                        File.pathSeparator,
                        locationOf(JdbcEventStore.class),
                        locationOf(EventStore.class),
                        locationOf(PlainJavaApplication.class),
                        String.join(
                                File.pathSeparator,
                                resolved.values().stream().map(Path::toString).toList()))))
                .contains(PlainJavaApplication.DONE);
    }

    private static String run(String classPath) throws IOException {
        Process application = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        PlainJavaApplication.class.getName())
                .redirectErrorStream(true)
                .start();
        return new String(application.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String locationOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    private static Map<String, Path> jarsOfThisTest() {
        Map<String, Path> jars = new TreeMap<>();
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .map(Path::of)
                .filter(jar -> Files.exists(pomOf(jar)))
                // A repository has a folder for the artifact, and in it one for the version.
                .forEach(jar ->
                        jars.putIfAbsent(jar.getName(jar.getNameCount() - 3).toString(), jar));
        return jars;
    }

    private static Path pomOf(Path jar) {
        return jar.resolveSibling(jar.getFileName().toString().replaceAll("\\.jar$", ".pom"));
    }

    /** The artifacts that a POM brings along: needed to compile or to run, and not optional. */
    private static List<String> declaredIn(Path pom) throws Exception {
        Element project = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(pom.toFile())
                .getDocumentElement();
        return children(project, "dependencies").stream()
                .flatMap(dependencies -> children(dependencies, "dependency").stream())
                .filter(dependency -> !text(dependency, "optional").equals("true"))
                .filter(dependency -> List.of("", "compile", "runtime").contains(text(dependency, "scope")))
                .map(dependency -> text(dependency, "artifactId"))
                .toList();
    }

    private static List<Element> children(Element parent, String name) {
        NodeList nodes = parent.getChildNodes();
        return IntStream.range(0, nodes.getLength())
                .mapToObj(nodes::item)
                .filter(node -> node.getNodeType() == Node.ELEMENT_NODE
                        && node.getNodeName().equals(name))
                .map(Element.class::cast)
                .toList();
    }

    private static String text(Element parent, String name) {
        return children(parent, name).stream()
                .map(child -> child.getTextContent().strip())
                .findFirst()
                .orElse("");
    }
}
