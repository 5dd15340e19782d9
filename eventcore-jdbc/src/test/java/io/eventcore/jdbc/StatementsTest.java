package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatementsTest {
    private static final String VALUES =
            "SELECT CAST(? AS VARCHAR(9)), CAST(? AS BIGINT), CAST(? AS INT), CAST(? AS BOOLEAN)";

    @Test
    void values_arrive_as_what_they_are_on_every_row() throws SQLException {
        try (Connection connection = H2Database.INSTANCE.dataSource().getConnection()) {
            List<List<Object>> rows = Statements.list(
                    connection,
                    VALUES + " UNION ALL " + VALUES,
                    row -> List.<Object>of(row.getString(1), row.getLong(2), row.getInt(3), row.getBoolean(4)),
                    "a",
                    Long.MAX_VALUE,
                    7,
                    true,
                    "b",
                    0L,
                    -1,
                    false);

            assertThat(rows)
                    .containsExactlyInAnyOrder(List.of("a", Long.MAX_VALUE, 7, true), List.of("b", 0L, -1, false));
        }
    }

    @Test
    void a_value_that_engines_bind_differently_is_refused() throws SQLException {
        try (Connection connection = H2Database.INSTANCE.dataSource().getConnection()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Statements.list(
                            connection, "SELECT CAST(? AS TIMESTAMP)", row -> row.getString(1), Instant.EPOCH))
                    .withMessageContaining("Instant");
        }
    }

    @Test
    void lists_have_as_many_parameters_as_there_are_values() {
        assertThat(Statements.in(1)).isEqualTo(" IN (?)");
        assertThat(Statements.in(3)).isEqualTo(" IN (?, ?, ?)");
        assertThat(Statements.values("(?, 0)", 2)).isEqualTo("(?, 0), (?, 0)");
        assertThat(Statements.unionOf("SELECT 1", 2)).isEqualTo("SELECT 1 UNION ALL SELECT 1");
    }
}
