package io.eventcore.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Applications that manage their database by Liquibase and let it run our script. */
class LiquibaseTest {
    // tag::changelog[]
    private static final String CHANGELOG = """
            databaseChangeLog:
              - changeSet:
                  id: eventcore-1
                  author: eventcore
                  changes:
                    - sqlFile:
                        path: io/eventcore/jdbc/schema-%s.sql
                        splitStatements: %s
            """;
    // end::changelog[]

    @TempDir
    private Path folder;

    @Test
    void the_script_for_h2_is_a_change_set_like_any_other() throws IOException {
        migrated(Applications.withH2(), CHANGELOG.formatted("h2", true)).run(Applications::assertWorks);
    }

    @Test
    void the_script_for_postgresql_is_a_change_set_that_is_not_split() throws IOException {
        migrated(Applications.withDatabase(RealPostgreSql.newDatabase()), CHANGELOG.formatted("postgresql", false))
                .run(Applications::assertWorks);
    }

    private ApplicationContextRunner migrated(ApplicationContextRunner runner, String changelog) throws IOException {
        Path file = Files.writeString(folder.resolve("changelog.yaml"), changelog);
        return runner.withConfiguration(AutoConfigurations.of(LiquibaseAutoConfiguration.class))
                .withPropertyValues(
                        "spring.liquibase.change-log=" + file.toUri(), "eventcore.jdbc.initialize-schema=never");
    }
}
