package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ClassPathResource;

class SchemaScriptsTest {
    @ParameterizedTest
    @ValueSource(strings = {"schema-", "002-tags-", "003-deadlines-"})
    void the_scripts_for_mariadb_and_mysql_differ_in_the_collation_alone(String script) throws IOException {
        String mysql = statements(script + "mysql.sql");

        assertThat(mysql.replace("utf8mb4_0900_bin", "utf8mb4_nopad_bin"))
                .isEqualTo(statements(script + "mariadb.sql"));
        assertThat(mysql).contains("utf8mb4_0900_bin").doesNotContain("nopad");
    }

    /** Without the comments. */
    private static String statements(String script) throws IOException {
        return new ClassPathResource("io/eventcore/jdbc/" + script)
                .getContentAsString(StandardCharsets.UTF_8)
                .replaceAll("(?m)^ *--.*\\n", "");
    }

    @Test
    void names_of_tables_and_roles_may_look_like_each_other() {
        JdbcSchema schema = JdbcSchema.in(H2Database.INSTANCE.dataSource(), "", "app_eventcore_");

        String script = schema.rolesScript("reader_eventcore", "third");

        assertThat(script)
                .contains("GRANT INSERT ON app_eventcore_event TO reader_eventcore;")
                .contains("GRANT INSERT ON app_eventcore_event_tag TO reader_eventcore;")
                .contains("app_eventcore_parked_stream TO third;")
                .doesNotContain("TO app_eventcore;");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> schema.rolesScript("same", "same"))
                .withMessageContaining("both are 'same'");
    }
}
