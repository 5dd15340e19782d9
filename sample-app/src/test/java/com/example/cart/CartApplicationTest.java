package com.example.cart;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamIdPage;
import io.eventcore.StreamPrefix;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.DefaultApplicationArguments;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The quick start of the README, as a newcomer runs it. */
@ExtendWith(OutputCaptureExtension.class)
class CartApplicationTest {
    /** More than a cart holds: a second run on the same database must not fill the cart of the first one. */
    private static final int RUNS = 12;

    @Test
    void it_shows_what_was_stored_and_what_the_projection_made_of_it(CapturedOutput output) {
        try (ConfigurableApplicationContext application = start("--eventcore.store=in-memory")) {
            assertThat(carts(application)).isEqualTo(1);
        }

        assertThat(output.getOut()).contains("Items in the cart: 1");
        assertThat(output.getOut().lines().filter(line -> line.contains("tea")))
                .satisfiesExactlyInAnyOrder(
                        line -> assertThat(line).matches("ItemAdded\\[streamId=cart-[-0-9a-f]{36}, item=tea]"),
                        line -> assertThat(line).isEqualTo("Sold: tea"));
    }

    @Test
    void it_can_be_run_as_often_as_one_likes_on_a_database_that_keeps_everything(
            @TempDir Path folder, CapturedOutput output) throws Exception {
        String database = "--spring.datasource.url=jdbc:h2:file:" + folder.resolve("carts");
        String schema = "--eventcore.jdbc.initialize-schema=always";
        start(database, schema).close();

        try (ConfigurableApplicationContext application = start(database, schema)) {
            for (int run = 3; run <= RUNS; run++) {
                application.getBean(ApplicationRunner.class).run(new DefaultApplicationArguments());
            }

            assertThat(carts(application)).isEqualTo(RUNS);
            assertThat(application
                            .getBean(JdbcClient.class)
                            .sql("SELECT payload FROM eventcore_event WHERE type = 'cart.item-added' AND version = 1")
                            .query(String.class)
                            .list())
                    .hasSize(RUNS)
                    .allMatch(payload -> payload.matches("\\{\"streamId\":\"cart-[-0-9a-f]{36}\",\"item\":\"tea\"}"));
        }

        assertThat(output.getOut().lines().filter("Sold: tea"::equals)).hasSize(RUNS);
    }

    private static ConfigurableApplicationContext start(String... settings) {
        String[] arguments = Stream.concat(
                        Stream.of("--spring.config.name=none", "--spring.main.web-application-type=none"),
                        Stream.of(settings))
                .toArray(String[]::new);
        return SpringApplication.run(CartApplication.class, arguments);
    }

    private static int carts(ApplicationContext application) {
        return application
                .getBean(EventStore.class)
                .streamIds(StreamPrefix.of("cart-"), StreamIdPage.first(100))
                .size();
    }
}
