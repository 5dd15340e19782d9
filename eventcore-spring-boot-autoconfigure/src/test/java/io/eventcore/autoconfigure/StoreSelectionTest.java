package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.jdbc.JdbcEventStore;
import io.eventcore.memory.InMemoryEventStore;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.simple.JdbcClient;

@ExtendWith(OutputCaptureExtension.class)
class StoreSelectionTest {
    private static final String LOST = "are lost when the application ends";

    @Test
    void without_a_data_source_events_are_kept_in_memory_and_one_warning_says_so(CapturedOutput output) {
        Applications.withoutDatabase().run(application -> {
            assertThat(application).hasSingleBean(EventStore.class).hasSingleBean(InMemoryEventStore.class);
            Applications.assertWorks(application);
            assertThat(output.getAll().lines().filter(line -> line.contains(LOST)))
                    .singleElement()
                    .asString()
                    .contains("WARN", "spring.datasource.url", "eventcore.store=in-memory");
        });
    }

    @Test
    void whoever_asks_for_memory_is_not_warned(CapturedOutput output) {
        Applications.withH2().withPropertyValues("eventcore.store=in-memory").run(application -> {
            assertThat(application).hasSingleBean(DataSource.class).hasSingleBean(InMemoryEventStore.class);
            Applications.assertWorks(application);
            assertThat(output).doesNotContain(LOST);
        });
    }

    @Test
    void with_one_data_source_events_are_kept_in_its_database() {
        Applications.withH2().run(application -> {
            assertThat(application).hasSingleBean(EventStore.class).hasSingleBean(JdbcEventStore.class);
            Applications.assertWorks(application);
        });
    }

    @Test
    void a_database_in_memory_forgets_too_and_one_warning_says_so(CapturedOutput output) {
        Applications.withH2()
                .run(application -> assertThat(output.getAll().lines().filter(line -> line.contains(LOST)))
                        .singleElement()
                        .asString()
                        .contains("WARN", "H2 database in memory", "spring.datasource.url"));
    }

    @Test
    void a_database_in_a_file_keeps_events_without_a_warning(CapturedOutput output, @TempDir Path folder) {
        for (int start = 0; start < 2; start++) {
            Applications.withDatabase("jdbc:h2:file:" + folder.resolve("bank"))
                    .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                    .run(Applications::assertWorks);
        }
        assertThat(output).doesNotContain(LOST);
    }

    @Test
    void jdbc_without_a_data_source_does_not_fall_back_to_memory() {
        Applications.withoutDatabase()
                .withPropertyValues("eventcore.store=jdbc")
                .run(application -> {
                    assertThat(application).hasFailed();
                    assertThat(Applications.analysisOf(application)).satisfies(analysis -> {
                        assertThat(analysis.getDescription())
                                .isEqualTo("The event store needs a database (eventcore.store=jdbc), but the"
                                        + " application has no data source.");
                        assertThat(analysis.getAction())
                                .isEqualTo("Add a JDBC driver and set spring.datasource.url, or set"
                                        + " eventcore.store=in-memory for an event store that loses everything when"
                                        + " the application ends.");
                    });
                });
    }

    @Test
    void two_data_sources_of_equal_rank_stop_the_start_and_are_named() {
        Applications.withH2().withUserConfiguration(TwoDatabases.class).run(application -> {
            assertThat(application).hasFailed();
            assertThat(Applications.analysisOf(application)).satisfies(analysis -> {
                assertThat(analysis.getDescription())
                        .startsWith("The application has several data sources (orders, archive)")
                        .contains("not clear which database holds the events");
                assertThat(analysis.getAction()).contains("@Primary");
            });
        });
    }

    @Test
    void of_two_data_sources_the_primary_one_holds_the_events() {
        Applications.withH2()
                .withUserConfiguration(OneOfTwoIsPrimary.class)
                .withPropertyValues("eventcore.jdbc.initialize-schema=embedded")
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(tables(application.getBean("orders", DataSource.class)))
                            .isPositive();
                    assertThat(tables(application.getBean("archive", DataSource.class)))
                            .isZero();
                });
    }

    @Test
    void a_marked_data_source_holds_the_events_whatever_else_there_is() {
        Applications.withH2().withUserConfiguration(OneIsMarked.class).run(application -> {
            Applications.assertWorks(application);
            assertThat(tables(application.getBean("orders", DataSource.class))).isZero();
            assertThat(tables(application.getBean("events", DataSource.class))).isPositive();
        });
    }

    @Test
    void a_marked_data_source_that_is_no_candidate_for_others_leaves_boots_own_alone() {
        Applications.withH2().withUserConfiguration(OnlyForEvents.class).run(application -> {
            Applications.assertWorks(application);
            assertThat(tables(application.getBean("dataSource", DataSource.class)))
                    .isZero();
            assertThat(tables(application.getBean("events", DataSource.class))).isPositive();
        });
    }

    @Test
    void two_marked_data_sources_stop_the_start_and_are_named() {
        Applications.withH2().withUserConfiguration(TwoAreMarked.class).run(application -> {
            assertThat(application).hasFailed();
            FailureAnalysis analysis = Applications.analysisOf(application);
            assertThat(analysis.getDescription())
                    .isEqualTo("Several data sources are marked with @EventCoreDataSource (events, moreEvents), but the"
                            + " events are in one database.");
            assertThat(analysis.getAction()).isEqualTo("Mark only one of them.");
        });
    }

    @Test
    void the_condition_report_tells_why_a_store_was_chosen() {
        Applications.withH2()
                .run(application -> assertThat(report(
                                ConditionEvaluationReport.get(application.getBeanFactory()),
                                EventCoreMemoryAutoConfiguration.class))
                        .contains("Event store eventcore.store is AUTO and data sources found: 1"));
        Applications.withH2()
                .withPropertyValues("eventcore.store=in-memory")
                .run(application -> assertThat(report(
                                ConditionEvaluationReport.get(application.getBeanFactory()),
                                EventCoreJdbcAutoConfiguration.class))
                        .contains("Event store eventcore.store is set to IN_MEMORY"));
    }

    private static String report(ConditionEvaluationReport report, Class<?> source) {
        StringBuilder text = new StringBuilder();
        report.getConditionAndOutcomesBySource()
                .getOrDefault(source.getName(), new ConditionEvaluationReport.ConditionAndOutcomes())
                .forEach(outcome ->
                        text.append(outcome.getOutcome().getMessage()).append('\n'));
        return text.toString();
    }

    private static long tables(DataSource dataSource) {
        return JdbcClient.create(dataSource)
                .sql("SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'EVENTCORE%'")
                .query(Long.class)
                .single();
    }

    private static DataSource newDatabase() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(Applications.newH2());
        return pool;
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoDatabases {
        @Bean
        DataSource orders() {
            return newDatabase();
        }

        @Bean
        DataSource archive() {
            return newDatabase();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneOfTwoIsPrimary {
        @Bean
        @Primary
        DataSource orders() {
            return newDatabase();
        }

        @Bean
        DataSource archive() {
            return newDatabase();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneIsMarked {
        @Bean
        @Primary
        DataSource orders() {
            return newDatabase();
        }

        @Bean
        @EventCoreDataSource
        DataSource events() {
            return newDatabase();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OnlyForEvents {
        @Bean(defaultCandidate = false)
        @EventCoreDataSource
        DataSource events() {
            return newDatabase();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoAreMarked {
        @Bean
        @EventCoreDataSource
        DataSource events() {
            return newDatabase();
        }

        @Bean
        @EventCoreDataSource
        DataSource moreEvents() {
            return newDatabase();
        }
    }
}
