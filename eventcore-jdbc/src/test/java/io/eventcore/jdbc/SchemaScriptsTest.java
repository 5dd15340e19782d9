package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;

class SchemaScriptsTest {
    @Test
    void the_scripts_for_mariadb_and_mysql_differ_in_the_collation_alone() throws IOException {
        String mysql = statements("schema-mysql.sql");

        assertThat(mysql.replace("utf8mb4_0900_bin", "utf8mb4_nopad_bin")).isEqualTo(statements("schema-mariadb.sql"));
        assertThat(mysql).contains("utf8mb4_0900_bin").doesNotContain("nopad");
    }

    /** Without the comments. */
    private static String statements(String script) throws IOException {
        return new ClassPathResource("io/eventcore/jdbc/" + script)
                .getContentAsString(StandardCharsets.UTF_8)
                .replaceAll("(?m)^ *--.*\\n", "");
    }
}
