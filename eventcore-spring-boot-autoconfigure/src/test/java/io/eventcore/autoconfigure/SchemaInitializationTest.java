package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

class SchemaInitializationTest {
    private static final String NEVER = "eventcore.jdbc.initialize-schema=never";
    private static final String ALWAYS = "eventcore.jdbc.initialize-schema=always";

    @Test
    void in_a_database_in_memory_the_tables_are_created_by_themselves() {
        Applications.withH2().run(Applications::assertWorks);
    }

    @Test
    void an_h2_file_is_not_an_embedded_database(@TempDir Path folder) {
        Applications.withDatabase("jdbc:h2:file:" + folder.resolve("bank"))
                .run(application -> assertThat(application)
                        .getFailure()
                        .hasRootCauseInstanceOf(java.sql.SQLException.class)
                        .hasStackTraceContaining("SchemaException"));
    }

    @Test
    void always_creates_what_is_missing_and_leaves_alone_what_is_there(@TempDir Path folder) {
        for (int start = 0; start < 2; start++) {
            Applications.withDatabase("jdbc:h2:file:" + folder.resolve("bank"))
                    .withPropertyValues(ALWAYS)
                    .run(Applications::assertWorks);
        }
    }

    @Test
    void never_creates_nothing() {
        Applications.withH2()
                .withPropertyValues(NEVER)
                .run(application -> assertThat(application).hasFailed());
    }

    @Test
    void never_works_on_tables_that_somebody_else_created() {
        String url = Applications.newH2();
        JdbcSchema.in(h2(url)).create();

        Applications.withDatabase(url).withPropertyValues(NEVER).run(Applications::assertWorks);
    }

    @Test
    void tables_whose_check_is_switched_off_may_come_later() {
        Applications.withH2()
                .withPropertyValues(NEVER, "eventcore.jdbc.validate-schema=false")
                .run(application -> {
                    assertThat(application).hasNotFailed();
                    JdbcSchema.in(application.getBean(DataSource.class)).create();
                    Applications.assertWorks(application);
                });
    }

    @Test
    void commits_last_although_the_check_is_switched_off(@TempDir Path folder) {
        Applications.withDatabase("jdbc:h2:file:" + folder.resolve("bank"))
                .withPropertyValues(ALWAYS, "eventcore.jdbc.validate-schema=false")
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(JdbcClient.create(application.getBean(DataSource.class))
                                    .sql("SELECT max(setting_value) FROM information_schema.settings"
                                            + " WHERE setting_name = 'WRITE_DELAY'")
                                    .query(String.class)
                                    .single())
                            .isEqualTo("0");
                });
    }

    @Test
    void prefix_and_schema_of_the_tables_can_be_chosen() {
        String url = Applications.newH2();
        JdbcClient.create(h2(url)).sql("CREATE SCHEMA ledger").update();

        Applications.withDatabase(url)
                .withPropertyValues(
                        "eventcore.jdbc.schema=ledger",
                        "eventcore.jdbc.table-prefix=es_",
                        "eventcore.jdbc.indexes.event-type=true",
                        "eventcore.jdbc.indexes.event-id=true")
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(JdbcClient.create(application.getBean(DataSource.class))
                                    .sql("SELECT count(*) FROM ledger.es_event")
                                    .query(Long.class)
                                    .single())
                            .isEqualTo(1);
                });
    }

    @Test
    void the_optional_indexes_can_be_chosen_one_by_one_also_for_tables_that_are_there() {
        String url = Applications.newH2();

        Applications.withDatabase(url)
                .run(application -> assertThat(indexes(application)).doesNotContain("type,position", "event_id"));
        Applications.withDatabase(url)
                .withPropertyValues(ALWAYS, "eventcore.jdbc.indexes.event-type=true")
                .run(application -> assertThat(indexes(application))
                        .contains("type,position")
                        .doesNotContain("event_id"));
        Applications.withDatabase(url)
                .withPropertyValues(ALWAYS, "eventcore.jdbc.indexes.event-id=true")
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(indexes(application)).contains("type,position", "event_id");
                });
    }

    private static List<String> indexes(ApplicationContext application) {
        return JdbcClient.create(application.getBean(DataSource.class))
                .sql("SELECT LISTAGG(LOWER(column_name), ',') WITHIN GROUP (ORDER BY ordinal_position)"
                        + " FROM information_schema.index_columns WHERE table_name = 'EVENTCORE_EVENT'"
                        + " GROUP BY index_name")
                .query(String.class)
                .list();
    }

    @Test
    void the_store_waits_for_the_tables() {
        Applications.withH2().run(application -> {
            BeanDefinitionRegistry registry = (BeanDefinitionRegistry) application.getBeanFactory();
            String database = application.getBeanNamesForType(JdbcDatabase.class)[0];
            assertThat(registry.getBeanDefinition(database).getDependsOn())
                    .contains(application.getBeanNamesForType(EventStoreSchemaInitializer.class));
        });
    }

    private static JdbcDataSource h2(String url) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL(url);
        dataSource.setUser("sa");
        return dataSource;
    }
}
