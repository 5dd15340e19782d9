package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a user can name is documented; read by the compiler's own parser, since comments do not reach the classes. */
class DocumentationTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "eventcore-console",
                "eventcore-core",
                "eventcore-contracts",
                "eventcore-jdbc",
                "eventcore-kafka",
                "eventcore-micrometer",
                "eventcore-spring",
                "eventcore-spring-boot-autoconfigure",
                "eventcore-test"
            })
    void every_public_type_and_method_has_a_comment_and_every_type_says_since_when(String module) throws IOException {
        List<Path> sources = sources(Path.of("..", module, "src", "main", "java"));
        assertThat(sources).isNotEmpty();

        assertThat(undocumented(sources)).isEmpty();
    }

    private static List<Path> sources(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("internal"))
                    .toList();
        }
    }

    private static List<String> undocumented(List<Path> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask)
                    compiler.getTask(null, files, null, List.of(), null, files.getJavaFileObjectsFromPaths(sources));
            DocTrees comments = DocTrees.instance(task);
            List<String> undocumented = new ArrayList<>();
            for (CompilationUnitTree unit : task.parse()) {
                new Scanner(comments, undocumented).scan(unit, null);
            }
            return undocumented;
        }
    }

    /** Goes down from a file to what is public in it, and no deeper. */
    private static final class Scanner extends TreePathScanner<@Nullable Void, @Nullable ClassTree> {
        private final DocTrees comments;
        private final List<String> undocumented;

        private Scanner(DocTrees comments, List<String> undocumented) {
            this.comments = comments;
            this.undocumented = undocumented;
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable ClassTree owner) {
            if (!isPublic(type.getModifiers(), owner)) {
                return null;
            }
            check(type.getSimpleName().toString(), owner == null ? "@since" : "");
            return super.visitClass(type, type);
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable ClassTree owner) {
            if (owner != null && isPublic(method.getModifiers(), owner) && !isOverride(method)) {
                check(owner.getSimpleName() + "." + method.getName(), "");
            }
            return null;
        }

        /** What stands on the right of a constant needs no documentation. */
        @Override
        public @Nullable Void visitVariable(VariableTree variable, @Nullable ClassTree owner) {
            return null;
        }

        private void check(String name, String mustSay) {
            String comment = comments.getDocComment(getCurrentPath());
            if (comment == null || !comment.contains(mustSay)) {
                undocumented.add(name);
            }
        }

        private static boolean isPublic(ModifiersTree modifiers, @Nullable ClassTree owner) {
            Set<Modifier> flags = modifiers.getFlags();
            boolean ofInterface = owner != null && owner.getKind() == Tree.Kind.INTERFACE;
            return flags.contains(Modifier.PUBLIC)
                    || flags.contains(Modifier.PROTECTED)
                    || (ofInterface && !flags.contains(Modifier.PRIVATE));
        }

        private static boolean isOverride(MethodTree method) {
            return method.getModifiers().getAnnotations().stream()
                    .anyMatch(annotation ->
                            annotation.getAnnotationType().toString().equals("Override"));
        }
    }
}
