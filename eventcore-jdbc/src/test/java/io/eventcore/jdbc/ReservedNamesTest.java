package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** No name that passes the check is one that the engine cannot take. */
class ReservedNamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"user", "order", "group", "table", "select", "left", "key", "row", "system", "value"})
    void a_reserved_word_is_refused_as_a_schema_a_prefix_and_a_role(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TableNames(word, TableNames.DEFAULT_PREFIX))
                .withMessageContaining("reserved")
                .withMessageContaining(word);
        assertThatIllegalArgumentException().isThrownBy(() -> new TableNames("", word));
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> JdbcSchema.in(H2Database.INSTANCE.dataSource()).rolesScript(word, "reader"));
    }

    @Test
    void postgresql_takes_every_name_that_is_accepted() throws SQLException {
        assertTaken(PostgreSqlDatabase.INSTANCE, keywords(PostgreSqlDatabase.INSTANCE));
    }

    @Test
    void h2_takes_every_name_that_is_accepted() throws SQLException {
        Set<String> known = keywords(PostgreSqlDatabase.INSTANCE);
        try (Connection connection = H2Database.INSTANCE.dataSource().getConnection()) {
            known.addAll(List.of(connection
                    .getMetaData()
                    .getSQLKeywords()
                    .toLowerCase(Locale.ROOT)
                    .split(",")));
        }
        assertTaken(H2Database.INSTANCE, known);
    }

    @Test
    @Tag("mariadb")
    void mariadb_takes_every_name_that_is_accepted() throws SQLException {
        assertTaken(
                MariaDbDatabase.INSTANCE,
                new TreeSet<>(JdbcClient.create(MariaDbDatabase.INSTANCE.ownersDataSource())
                        .sql("SELECT lower(word) FROM information_schema.keywords")
                        .query(String.class)
                        .list()));
    }

    private static Set<String> keywords(TestDatabase postgreSql) {
        return new TreeSet<>(JdbcClient.create(postgreSql.dataSource())
                .sql("SELECT word FROM pg_get_keywords()")
                .query(String.class)
                .list());
    }

    /** A statement about tables that are not there: the server must come so far as to miss them. */
    private static void assertTaken(TestDatabase database, Set<String> words) throws SQLException {
        List<String> notTaken = new ArrayList<>();
        int taken = 0;
        SQLException syntax = TestDatabase.refusalOf(database.ownersDataSource(), "SELECT 1 FROM FROM x");
        try (Connection connection = database.ownersDataSource().getConnection();
                Statement statement = connection.createStatement()) {
            for (String word : words) {
                if (isAccepted(word)) {
                    taken++;
                    try {
                        statement.execute("SELECT 1 FROM " + word + ".x");
                    } catch (SQLException missing) {
                        if (missing.getErrorCode() == syntax.getErrorCode()
                                && String.valueOf(missing.getSQLState()).equals(syntax.getSQLState())) {
                            notTaken.add(word);
                        }
                    }
                }
            }
        }
        assertThat(taken).isGreaterThan(50);
        assertThat(notTaken).isEmpty();
    }

    private static boolean isAccepted(String word) {
        try {
            TableNames.checkIdentifier("Word", word);
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }
}
