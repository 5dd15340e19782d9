package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseServerTest {
    private static final TableNames NAMES = new TableNames("", TableNames.DEFAULT_PREFIX);
    private static final Map<String, String> GALERA =
            Map.of("wsrep_on", "ON", "wsrep_provider", "/usr/lib/galera/libgalera_smm.so");

    @ParameterizedTest
    @CsvSource({
        "PostgreSQL, 13.22 (Debian 13.22-1), PostgreSQL 14",
        "H2, 2.1.214 (2022-06-13), H2 2.2",
        "MariaDB, 10.5.29-MariaDB-log, MariaDB 10.6",
        "MySQL, 10.5.29-MariaDB-log, MariaDB 10.6",
        "MySQL, 8.0.28, MySQL 8.0.29",
        "MySQL, 5.7.44-log, MySQL 8.0.29",
        "MySQL, of which nobody knows, MySQL 8.0.29",
    })
    void a_server_that_is_too_old_is_refused_with_what_it_is_and_what_is_needed(
            String product, String version, String needed) {
        assertThatExceptionOfType(UnsupportedDatabaseException.class)
                .isThrownBy(() -> Dialect.of(server(product, version), NAMES))
                .withMessageContaining("needs " + needed + " or later")
                .withMessageContaining(version);
    }

    @ParameterizedTest
    @CsvSource({
        "PostgreSQL, 14.0, schema-postgresql.sql",
        "PostgreSQL, 18beta1, schema-postgresql.sql",
        "H2, 2.2.220 (2023-07-04), schema-h2.sql",
        "MariaDB, 10.6.0-MariaDB, schema-mariadb.sql",
        "MySQL, 11.4.5-MariaDB, schema-mariadb.sql",
        "MySQL, 8.0.29, schema-mysql.sql",
        "MySQL, 8.0.42-0ubuntu0.24.04.1, schema-mysql.sql",
        "MySQL, 9.4.0, schema-mysql.sql",
    })
    void a_server_that_is_new_enough_gets_its_dialect(String product, String version, String script)
            throws SQLException {
        assertThat(Dialect.of(server(product, version), NAMES)
                        .engine()
                        .scripts()
                        .schema()
                        .get(0))
                .isEqualTo(script);
    }

    @ParameterizedTest
    @CsvSource({"PostgreSQL, 15.12-YB-2025.2.0.0-b0", "MySQL, 8.0.11-TiDB-v8.5.0", "MySQL, 8.4.0-TiDB-v9.0.0"})
    void a_distributed_server_that_speaks_the_same_protocol_is_refused(String product, String version) {
        assertThatExceptionOfType(UnsupportedDatabaseException.class)
                .isThrownBy(() -> Dialect.of(server(product, version), NAMES))
                .withMessageContaining("does not know the database %s %s", product, version);
    }

    @Test
    void an_unknown_server_is_refused_with_those_that_are_known() {
        assertThatExceptionOfType(UnsupportedDatabaseException.class)
                .isThrownBy(() -> Dialect.of(server("Oracle", "23.0"), NAMES))
                .withMessageContaining("Oracle 23.0")
                .withMessageContaining("PostgreSQL 14")
                .satisfies(refused -> assertThat(refused.product()).isEqualTo("Oracle"));
    }

    @Test
    void a_node_of_a_galera_cluster_is_told_by_its_settings() throws SQLException {
        assertThat(Dialect.of(server("MariaDB", "10.11.6-MariaDB", GALERA), NAMES)
                        .engine())
                .isEqualTo(Engine.GALERA);
        assertThat(Dialect.of(
                                server(
                                        "MariaDB",
                                        "10.11.6-MariaDB",
                                        Map.of("wsrep_on", "OFF", "wsrep_provider", "none")),
                                NAMES)
                        .engine())
                .isEqualTo(Engine.MARIADB);
    }

    @Test
    void a_galera_cluster_of_mysql_is_refused() {
        assertThatExceptionOfType(UnsupportedDatabaseException.class)
                .isThrownBy(() -> Dialect.of(server("MySQL", "8.0.36-28.1", GALERA), NAMES))
                .withMessageContaining("8.0.36-28.1")
                .withMessageContaining("Galera");
    }

    private static Connection server(String product, String version) {
        return server(product, version, Map.of());
    }

    /** A connection that answers with its product and version, however it is asked, and with these settings. */
    private static Connection server(String product, String version, Map<String, String> settings) {
        DatabaseMetaData metaData = answering(
                DatabaseMetaData.class,
                Map.of("getDatabaseProductName", product, "getDatabaseProductVersion", version));
        return answering(
                Connection.class,
                (method, arguments) -> method.equals("getMetaData")
                        ? metaData
                        : statement(
                                String.valueOf(arguments[0]).startsWith("SHOW")
                                        ? settings.entrySet().stream()
                                                .map(entry -> List.of(entry.getKey(), entry.getValue()))
                                                .toList()
                                        : List.of(List.of(version))));
    }

    private static PreparedStatement statement(List<List<String>> rows) {
        Iterator<List<String>> next = rows.iterator();
        AtomicReference<List<String>> row = new AtomicReference<>(List.of());
        ResultSet result = answering(ResultSet.class, (method, arguments) -> {
            if (!method.equals("next")) {
                return Objects.requireNonNull(row.get()).get((int) arguments[0] - 1);
            }
            boolean more = next.hasNext();
            if (more) {
                row.set(next.next());
            }
            return more;
        });
        return answering(PreparedStatement.class, Map.of("executeQuery", result));
    }

    private static <T> T answering(Class<T> type, Map<String, ?> answers) {
        return answering(type, (method, arguments) -> Objects.requireNonNull(answers.get(method), method));
    }

    private static <T> T answering(Class<T> type, BiFunction<String, Object[], ?> answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> method.getName().equals("close")
                        ? null
                        : answer.apply(method.getName(), arguments == null ? new Object[0] : arguments)));
    }
}
