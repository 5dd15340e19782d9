package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.h2.jdbc.JdbcConnection;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;

/** Each session is looked at once, whatever hands its connections out. */
class SessionsTest {
    private final List<Connection> looked = new ArrayList<>();
    private final Sessions sessions = new Sessions(looked::add, List.of(JdbcConnection.class));

    @Test
    void a_session_of_a_pool_is_looked_at_once_and_each_new_one_is() throws SQLException {
        try (HikariDataSource pool = pool()) {
            LazyConnectionDataSourceProxy lazy = new LazyConnectionDataSourceProxy(pool);
            for (int i = 0; i < 20; i++) {
                try (Connection connection = i % 2 == 0 ? pool.getConnection() : lazy.getConnection()) {
                    sessions.check(connection);
                }
            }
            assertThat(looked).hasSize(1);

            try (Connection one = pool.getConnection();
                    Connection other = pool.getConnection()) {
                sessions.check(one);
                sessions.check(other);
            }
            assertThat(looked).hasSize(2);
        }
    }

    @Test
    void a_session_that_was_refused_is_refused_again() throws SQLException {
        List<Connection> refused = new ArrayList<>();
        Sessions strict = new Sessions(
                connection -> {
                    refused.add(connection);
                    throw new SQLException("Not like that");
                },
                List.of());
        try (HikariDataSource pool = pool()) {
            for (int i = 1; i <= 3; i++) {
                try (Connection connection = pool.getConnection()) {
                    assertThatExceptionOfType(SQLException.class).isThrownBy(() -> strict.check(connection));
                }
                assertThat(refused).hasSize(i);
            }
        }
    }

    private static HikariDataSource pool() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:");
        config.setMaximumPoolSize(2);
        config.setMinimumIdle(1);
        return new HikariDataSource(config);
    }
}
