package io.eventcore.jdbc;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is said about sessions and about transactions of callers is caught where it is not so: the source, changed in one
 * place and compiled anew.
 */
@Tag("faults")
class ConnectionMutantsTest {
    /** The classes are loaded anew, the server is not. */
    private static final String SERVER = "eventcore.test.postgres.url";

    private static final String GIVEN_SERVER = System.getProperty(SERVER, "");

    private static final String MISSES_WHAT_WAS_WRITTEN = "if (!each.mark.isThere(connection))";
    private static final String MISSES_NOTHING = "if (!each.mark.isThere(connection) && expected.isEmpty())";

    @TempDir
    private Path folder;

    @BeforeAll
    static void useOneServer() {
        System.setProperty(SERVER, PostgreSqlDatabase.INSTANCE.url());
    }

    @AfterAll
    static void forgetServer() {
        System.setProperty(SERVER, GIVEN_SERVER);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mutants")
    void a_broken_use_of_connections_is_caught(
            String name, Class<?> changed, String correct, String broken, Class<?> test, String row) throws Exception {
        MutatedPackage.with(changed, correct, broken, folder).assertFails(test, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                arguments(
                        "learns nothing from a session that is stricter",
                        Connections.class,
                        "isolation = Connection.TRANSACTION_SERIALIZABLE;",
                        "",
                        PostgreSqlStricterSessionTest.class,
                        "an_append_is_stored_by_a_session_that_is_stricter_than_the_first_however_often_others_come_first"),
                arguments(
                        "does not look whether the command id is still there",
                        CallersTransaction.class,
                        MISSES_WHAT_WAS_WRITTEN,
                        MISSES_NOTHING,
                        CallersDeadlockTest.On_h2.class,
                        "a_command_id_does_not_get_lost"));
    }

    @Test
    void a_commit_that_is_not_looked_at_is_caught() throws Exception {
        withoutLookingForWhatWasWritten()
                .assertFails(
                        CallersDeadlockTest.On_h2.class,
                        "an_append_is_not_committed_without_the_one_before_it",
                        boolean.class);
    }

    @Test
    @Tag("mariadb")
    void a_commit_that_is_not_looked_at_is_caught_on_mariadb() throws Exception {
        MutatedPackage broken = withoutLookingForWhatWasWritten();
        for (Class<?> test : new Class<?>[] {
            CallersDeadlockTest.On_mariadb.class, CallersDeadlockTest.On_mariadb_by_the_driver_of_mysql.class
        }) {
            broken.assertFails(test, "an_append_is_not_committed_without_the_one_before_it", boolean.class);
            broken.assertFails(test, "a_command_id_does_not_get_lost");
            broken.assertFails(test, "a_read_model_is_not_committed_without_what_was_applied_before");
        }
    }

    private MutatedPackage withoutLookingForWhatWasWritten() throws Exception {
        return MutatedPackage.with(CallersTransaction.class, MISSES_WHAT_WAS_WRITTEN, MISSES_NOTHING, folder);
    }
}
