package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseServerTest {
    private static final TableNames NAMES = new TableNames("", TableNames.DEFAULT_PREFIX);

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

    /** A connection that answers with its product and version, however it is asked. */
    private static Connection server(String product, String version) {
        return answering(Connection.class, product, version);
    }

    private static <T> T answering(Class<T> type, String product, String version) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (server, method, arguments) -> switch (method.getName()) {
                    case "getMetaData" -> answering(DatabaseMetaData.class, product, version);
                    case "prepareStatement" -> answering(PreparedStatement.class, product, version);
                    case "executeQuery" -> answering(ResultSet.class, product, version);
                    case "getDatabaseProductName" -> product;
                    case "getDatabaseProductVersion", "getString" -> version;
                    case "next" -> true;
                    case "close" -> null;
                    default -> throw new UnsupportedOperationException(method.getName());
                }));
    }
}
