package com.example.cart;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import io.eventcore.jdbc.JdbcEventStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

class CartOnPostgreSqlTest {
    @Test
    void four_lines_of_configuration_are_enough() throws IOException {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setPGStartupWait(Duration.ofMinutes(2))
                .start()) {
            System.setProperty("DB_URL", server.getJdbcUrl("postgres", "postgres"));
            System.setProperty("DB_USER", "postgres");
            System.setProperty("DB_PASSWORD", "postgres");

            assertThat(cartsAfterOneRun()).isEqualTo(1);
            assertThat(cartsAfterOneRun()).as("with the one of the first run").isEqualTo(2);
        }
    }

    private static int cartsAfterOneRun() {
        try (ConfigurableApplicationContext context = SpringApplication.run(CartApplication.class)) {
            assertThat(context.getBean(DataSource.class)).isInstanceOf(HikariDataSource.class);
            assertThat(context.getBean(EventStore.class)).isInstanceOf(JdbcEventStore.class);
            return context.getBean(EventStore.class)
                    .streamIds(StreamPrefix.of("cart-"), StreamIdPage.first(10))
                    .size();
        }
    }
}
