package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Applications that manage their database by Flyway: with our script among theirs, or beside it. */
class FlywayTest {
    @TempDir
    private Path migrations;

    @Test
    void the_script_for_h2_is_a_migration_like_any_other() throws IOException {
        migration("V1__eventcore.sql", script("schema-h2.sql"));

        migrated(Applications.withH2())
                .withPropertyValues("eventcore.jdbc.initialize-schema=never")
                .run(Applications::assertWorks);
    }

    @Test
    void so_are_the_scripts_of_tags_of_deadlines_and_of_the_optional_indexes() throws IOException {
        for (String engine : new String[] {"h2", "postgresql"}) {
            migration("V1__eventcore.sql", script("schema-" + engine + ".sql"));
            migration("V2_0__tags.sql", script("002-tags-" + engine + ".sql"));
            migration("V2_1__deadlines.sql", script("003-deadlines-" + engine + ".sql"));
            migration("V2_2__types.sql", script("index-event-type-" + engine + ".sql"));
            migration("V3__ids.sql", script("index-event-id-" + engine + ".sql"));

            migrated(
                            engine.equals("h2")
                                    ? Applications.withH2()
                                    : Applications.withDatabase(RealPostgreSql.newDatabase()))
                    .withPropertyValues("eventcore.jdbc.initialize-schema=never")
                    .run(application -> {
                        Applications.assertWorks(application);
                        assertRepeatsAreRecognised(application.getBean(EventStore.class));
                    });
        }
    }

    private static void assertRepeatsAreRecognised(EventStore store) {
        StreamId account = StreamId.of("repeated");
        StreamWrites writes = StreamWrites.to(account, ExpectedVersion.any(), new Deposited(account, 1));
        EventStreamSlice first = store.appendEvents(writes);

        assertThat(store.appendEvents(writes)).isEqualTo(first);
    }

    @Test
    void the_script_for_postgresql_is_a_migration_like_any_other() throws IOException {
        migration("V1__eventcore.sql", script("schema-postgresql.sql"));

        migrated(Applications.withDatabase(RealPostgreSql.newDatabase()))
                .withPropertyValues("eventcore.jdbc.initialize-schema=never")
                .run(Applications::assertWorks);
    }

    @Test
    void tables_that_flyway_brought_along_are_left_alone() throws IOException {
        migration("V1__eventcore.sql", script("schema-h2.sql"));

        migrated(Applications.withH2())
                .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                .run(Applications::assertWorks);
    }

    @Test
    void flyway_comes_first_because_it_refuses_a_database_in_which_somebody_was_before_it() throws IOException {
        migration("V1__orders.sql", "CREATE TABLE orders (id BIGINT PRIMARY KEY);");

        migrated(Applications.withH2()).run(application -> {
            assertThat(application).hasNotFailed().hasSingleBean(Flyway.class);
            Applications.assertWorks(application);
            assertThat(JdbcClient.create(application.getBean(DataSource.class))
                            .sql("SELECT count(*) FROM orders")
                            .query(Long.class)
                            .single())
                    .isZero();
        });
    }

    private ApplicationContextRunner migrated(ApplicationContextRunner runner) {
        return runner.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
                .withPropertyValues("spring.flyway.locations=filesystem:" + migrations);
    }

    private void migration(String name, String sql) throws IOException {
        Files.writeString(migrations.resolve(name), sql);
    }

    private static String script(String name) throws IOException {
        return new ClassPathResource("io/eventcore/jdbc/" + name).getContentAsString(StandardCharsets.UTF_8);
    }
}
