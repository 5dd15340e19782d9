package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Every bean of type Projection runs by itself. */
class ProjectionsTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    static List<ApplicationContextRunner> databases() {
        return List.of(
                Applications.withH2(),
                Applications.withDatabase(RealPostgreSql.newDatabase())
                        .withPropertyValues("eventcore.jdbc.initialize-schema=always"),
                withJpa(Applications.withH2()));
    }

    private static ApplicationContextRunner withJpa(ApplicationContextRunner runner) {
        return runner.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                .withUserConfiguration(NoEntities.class);
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage
    static class NoEntities {}

    @ParameterizedTest
    @MethodSource("databases")
    void a_projection_follows_every_command(ApplicationContextRunner runner) {
        runner.withUserConfiguration(Balances.class).run(application -> {
            deposit(application, 5);
            assertReached(application, deposit(application, 7));

            assertThat(balance(application)).isEqualTo(12);
        });
    }

    @Test
    void in_memory_too() {
        List<GlobalPosition> applied = new CopyOnWriteArrayList<>();

        Applications.withoutDatabase()
                .withBean(
                        Projection.class,
                        () -> Projection.named("seen", BankEvent.class)
                                .on(BankEvent.class, event -> applied.add(event.position()))
                                .build())
                .run(application -> {
                    assertReached(application, "seen", deposit(application, 5));
                    assertThat(applied).hasSize(1);
                });
    }

    @Test
    void a_projection_stops_with_the_application_and_gives_its_lease_back() {
        String url = Applications.newH2();
        Applications.withDatabase(url).withUserConfiguration(Balances.class).run(application -> {
            ProjectionRunner runner = application.getBean(ProjectionRunner.class);
            assertReached(application, deposit(application, 5));

            application.close();

            assertThat(runner.isRunning()).isFalse();
        });

        Applications.withDatabase(url)
                .withUserConfiguration(Balances.class)
                .withPropertyValues("eventcore.projections.enabled=false")
                .run(application -> {
                    assertThat(application.getBean(ProjectionStore.class).partitions())
                            .singleElement()
                            .satisfies(state -> {
                                assertThat(state.free()).isTrue();
                                assertThat(state.owner()).isEmpty();
                                assertThat(state.checkpoint().position()).isNotEqualTo(GlobalPosition.START);
                            });
                    assertThat(application.getBean(ProjectionRunner.class).isRunning())
                            .isFalse();
                });
    }

    @Test
    void nothing_runs_without_a_projection() {
        Applications.withH2().run(application -> {
            assertThat(application.getBean(ProjectionRunner.class).isRunning()).isFalse();
            Applications.assertWorks(application);
        });
    }

    @Test
    void a_transaction_manager_of_another_database_stops_the_start_and_the_message_says_what_to_do() {
        Applications.withH2()
                .withUserConfiguration(Balances.class)
                .withBean(
                        JdbcTransactionManager.class,
                        () -> new JdbcTransactionManager(new DriverManagerDataSource(Applications.newH2())))
                .run(application -> assertThat(application)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("balances")
                        .hasMessageContaining("JpaTransactionManager")
                        .hasMessageContaining("AT_LEAST_ONCE"));
    }

    @Test
    void to_a_runner_of_the_application_ours_gives_way() {
        Applications.withH2()
                .withUserConfiguration(OwnRunner.class)
                .run(application -> assertThat(
                                application.getBean(ProjectionRunner.class).names())
                        .containsExactly("own"));
    }

    @Test
    void projections_run_on_virtual_threads_where_they_are_switched_on() {
        List<String> threads = new CopyOnWriteArrayList<>();

        Applications.withH2()
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .withBean(
                        Projection.class,
                        () -> Projection.named("seen", BankEvent.class)
                                .on(
                                        BankEvent.class,
                                        event -> threads.add(
                                                Thread.currentThread().toString()))
                                .build())
                .run(application -> {
                    assertReached(application, "seen", deposit(application, 5));
                    boolean virtual = Runtime.version().feature() >= 21;
                    assertThat(threads)
                            .singleElement()
                            .satisfies(thread -> assertThat(thread.startsWith("VirtualThread"))
                                    .isEqualTo(virtual));
                });
    }

    @Test
    void instances_tell_each_other_of_new_events_if_they_are_told_to() {
        String url = RealPostgreSql.newDatabase();
        ApplicationContextRunner instance = Applications.withDatabase(url)
                .withPropertyValues(
                        "eventcore.jdbc.initialize-schema=always",
                        "eventcore.projections.notifications=true",
                        "eventcore.projections.min-poll-interval=1d",
                        "eventcore.projections.max-poll-interval=1d");

        instance.withUserConfiguration(Balances.class)
                .run(follower -> instance.run(appender -> {
                    assertThat(appender.getBean(PostgreSqlNotifications.class).isListening())
                            .isFalse();
                    assertReached(follower, deposit(follower, 1));

                    for (int i = 0; i < 5; i++) {
                        assertReached(follower, deposit(appender, 1));
                    }

                    assertThat(balance(follower)).isEqualTo(6);
                }));
    }

    @Test
    void notifications_have_no_effect_on_another_database() {
        Applications.withH2()
                .withUserConfiguration(Balances.class)
                .withPropertyValues("eventcore.projections.notifications=true")
                .run(application -> {
                    assertReached(application, deposit(application, 5));
                    assertThat(application
                                    .getBean(PostgreSqlNotifications.class)
                                    .isListening())
                            .isFalse();
                });
    }

    @Test
    void nobody_is_notified_by_default() {
        Applications.withDatabase(RealPostgreSql.newDatabase())
                .withUserConfiguration(Balances.class)
                .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                .run(application -> assertThat(application).doesNotHaveBean(PostgreSqlNotifications.class));
    }

    private static GlobalPosition deposit(ApplicationContext application, long cents) {
        application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, cents));
        return application.getBean(EventStore.class).lastPosition();
    }

    private static void assertReached(ApplicationContext application, GlobalPosition position) {
        assertReached(application, "balances", position);
    }

    private static void assertReached(ApplicationContext application, String projection, GlobalPosition position) {
        assertThat(application.getBean(ProjectionRunner.class).awaitPosition(projection, position, PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private static long balance(ApplicationContext application) {
        return JdbcClient.create(application.getBean(javax.sql.DataSource.class))
                .sql("SELECT cents FROM balance WHERE account = ?")
                .param(ADA.value())
                .query(Long.class)
                .single();
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnRunner {
        @Bean
        ProjectionRunner ownRunner(EventStore store, ProjectionStore projectionStore) {
            return ProjectionRunner.builder(store, projectionStore)
                    .projection(Projection.named("own", BankEvent.class)
                            .atLeastOnce()
                            .build())
                    .build();
        }
    }

    /** The balance of every account, as a projection that is a class of its own would keep it. */
    @Configuration(proxyBeanMethods = false)
    static class Balances {
        @Bean
        BalanceProjection balances(javax.sql.DataSource dataSource) {
            return new BalanceProjection(JdbcClient.create(dataSource));
        }
    }

    // tag::projection
    static class BalanceProjection implements Projection<BankEvent> {
        private final JdbcClient jdbc;

        BalanceProjection(JdbcClient jdbc) {
            this.jdbc = jdbc;
            jdbc.sql("CREATE TABLE IF NOT EXISTS balance (account VARCHAR(255) PRIMARY KEY, cents BIGINT NOT NULL)")
                    .update();
        }

        @Override
        public String name() {
            return "balances";
        }

        @Override
        public void apply(RecordedEvent<BankEvent> event) {
            long cents = event.event() instanceof BankEvent.Deposited deposited ? deposited.cents() : 0;
            int updated = jdbc.sql("UPDATE balance SET cents = cents + ? WHERE account = ?")
                    .params(cents, event.streamId().value())
                    .update();
            if (updated == 0) {
                jdbc.sql("INSERT INTO balance (account, cents) VALUES (?, ?)")
                        .params(event.streamId().value(), cents)
                        .update();
            }
        }

        @Override
        public void clear() {
            jdbc.sql("DELETE FROM balance").update();
        }
    }
    // end::projection
}
