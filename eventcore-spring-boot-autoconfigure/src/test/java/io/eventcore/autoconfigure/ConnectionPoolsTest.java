package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What the size of the pool means for a start, and that what starts works. */
@ExtendWith(OutputCaptureExtension.class)
class ConnectionPoolsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String WARNING = "The connection pool has";

    @Test
    void notifications_on_a_pool_of_one_connection_stop_the_start() {
        onPostgreSql(1)
                .withPropertyValues("eventcore.projections.notifications=true")
                .run(application -> {
                    FailureAnalysis analysis = Applications.analysisOf(application);
                    assertThat(analysis.getDescription())
                            .contains("eventcore.projections.notifications")
                            .contains("occupies one connection permanently, and the pool has only one");
                });
    }

    @Test
    void on_two_connections_they_are_heard_and_projections_run(CapturedOutput output) {
        onPostgreSql(2)
                .withPropertyValues("eventcore.projections.notifications=true")
                .run(application -> {
                    assertRun(application);
                    assertThat(application.getBean(PostgreSqlNotifications.class))
                            .isNotNull();
                    assertThat(output)
                            .contains(WARNING + " 2 connections, and projections may need 7 at once: 4 for active"
                                    + " partitions")
                            .contains(", 1 for notifications. ");
                });
    }

    @Test
    void where_they_have_no_effect_one_connection_is_enough() {
        onH2(1).withPropertyValues("eventcore.projections.notifications=true").run(ConnectionPoolsTest::assertRun);
    }

    @Test
    void projections_run_on_one_connection_and_the_start_warns(CapturedOutput output) {
        onPostgreSql(1).run(application -> {
            assertRun(application);
            assertThat(output)
                    .containsOnlyOnce(WARNING)
                    .contains(WARNING + " 1 connections, and projections may need 6 at once: 4 for active partitions");
        });
    }

    @Test
    void a_pool_that_is_large_enough_is_not_spoken_of(CapturedOutput output) {
        onH2(6).run(application -> {
            assertRun(application);
            assertThat(output).doesNotContain(WARNING);
        });
    }

    @Test
    void neither_is_one_without_projections(CapturedOutput output) {
        onH2(1).withPropertyValues("eventcore.projections.enabled=false").run(application -> {
            assertThat(application).hasNotFailed();
            assertThat(output).doesNotContain(WARNING);
        });
    }

    @Test
    void neither_is_a_data_source_that_is_no_pool(CapturedOutput output) {
        Applications.withH2()
                .withPropertyValues("spring.datasource.type=" + DriverManagerDataSource.class.getName())
                .withUserConfiguration(Divided.class)
                .run(application -> {
                    assertRun(application);
                    assertThat(output).doesNotContain(WARNING);
                });
    }

    @Test
    void of_another_pool_what_spring_boot_knows_counts(CapturedOutput output) {
        onH2(20).withUserConfiguration(Knowing.class).run(application -> {
            assertRun(application);
            assertThat(output).contains(WARNING + " 5 connections, and");
        });
    }

    private static ApplicationContextRunner onPostgreSql(int connections) {
        return Applications.withDatabase(RealPostgreSql.newDatabase())
                .withPropertyValues(
                        "eventcore.jdbc.initialize-schema=always",
                        "spring.datasource.hikari.maximum-pool-size=" + connections)
                .withUserConfiguration(Divided.class);
    }

    private static ApplicationContextRunner onH2(int connections) {
        return Applications.withH2()
                .withPropertyValues("spring.datasource.hikari.maximum-pool-size=" + connections)
                .withUserConfiguration(Divided.class);
    }

    private static void assertRun(ApplicationContext application) {
        for (int i = 0; i < 20; i++) {
            application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 1));
        }
        EventStore store = application.getBean(EventStore.class);
        assertThat(application.getBean(ProjectionRunner.class).awaitPosition("divided", store.lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    /** A projection in four parts. */
    @Configuration(proxyBeanMethods = false)
    static class Divided {
        @Bean
        Projection<Deposited> divided() {
            Set<Long> seen = ConcurrentHashMap.newKeySet();
            return Projection.named("divided", Deposited.class)
                    .partitions(4)
                    .on(Deposited.class, event -> seen.add(event.position().value()))
                    .build();
        }
    }

    /** Knows of a pool what it does not tell itself. */
    @Configuration(proxyBeanMethods = false)
    static class Knowing {
        @Bean
        @Order(0)
        DataSourcePoolMetadataProvider knownPools() {
            return dataSource -> new Five();
        }
    }

    private static final class Five implements DataSourcePoolMetadata {
        @Override
        public Float getUsage() {
            return 0f;
        }

        @Override
        public Integer getActive() {
            return 0;
        }

        @Override
        public Integer getMax() {
            return 5;
        }

        @Override
        public Integer getMin() {
            return 0;
        }

        @Override
        public String getValidationQuery() {
            return "";
        }

        @Override
        public Boolean getDefaultAutoCommit() {
            return true;
        }
    }
}
