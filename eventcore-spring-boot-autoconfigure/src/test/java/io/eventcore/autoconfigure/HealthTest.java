package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.SchemaException;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.reaction.Reaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class HealthTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Status DEGRADED = new Status("DEGRADED");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void a_store_that_can_be_reached_and_has_its_tables_is_up() {
        Applications.withH2().run(application -> {
            deposit(application);

            Health store = store(application);

            assertThat(store.getStatus()).isEqualTo(Status.UP);
            assertThat(store.getDetails())
                    .containsEntry("schemaVersion", JdbcSchema.version())
                    .containsEntry("lastPosition", 1L);
        });
    }

    @Test
    void in_memory_there_is_no_schema() {
        Applications.withoutDatabase().run(application -> {
            assertThat(store(application).getStatus()).isEqualTo(Status.UP);
            assertThat(store(application).getDetails()).containsOnlyKeys("lastPosition");
        });
    }

    @Test
    void tables_that_went_away_or_need_a_later_release_are_down_with_the_reason() {
        Applications.withH2().run(application -> {
            JdbcClient jdbc = JdbcClient.create(application.getBean(DataSource.class));

            jdbc.sql("UPDATE eventcore_settings SET schema_version = 99").update();
            assertThat(store(application).getDetails()).containsEntry("schemaVersion", 99);

            jdbc.sql("UPDATE eventcore_settings SET compatible_from = 99").update();
            assertThat(store(application).getStatus()).isEqualTo(Status.DOWN);
            assertThat(store(application).getDetails())
                    .hasToString("{schema=TOO_NEW, script=" + "classpath:io/eventcore/jdbc/schema-h2.sql}");

            jdbc.sql("ALTER TABLE eventcore_settings RENAME TO elsewhere").update();
            assertThat(store(application).getDetails())
                    .hasToString("{schema=MISSING, script=" + "classpath:io/eventcore/jdbc/schema-h2.sql}");
        });
    }

    @Test
    void a_database_that_cannot_be_reached_is_down_and_its_words_are_not_told() {
        AtomicBoolean broken = new AtomicBoolean();
        DataSource dataSource = new DelegatingDataSource(new DriverManagerDataSource(Applications.newH2())) {
            @Override
            public Connection getConnection() throws SQLException {
                if (broken.get()) {
                    throw new SQLException("the words of the driver", "08001");
                }
                return super.getConnection();
            }
        };

        Applications.withoutDatabase()
                .withBean(DataSource.class, () -> dataSource)
                .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                .run(application -> {
                    assertThat(store(application).getStatus()).isEqualTo(Status.UP);
                    broken.set(true);
                    assertThat(store(application).getStatus()).isEqualTo(Status.DOWN);
                    assertThat(store(application).toString())
                            .contains("EventStoreUnavailableException")
                            .doesNotContain("words of the driver");
                });
    }

    @Test
    void while_the_database_is_down_the_health_waits_for_one_connection() {
        AtomicBoolean broken = new AtomicBoolean();
        AtomicInteger attempts = new AtomicInteger();
        DataSource dataSource = new DelegatingDataSource(new DriverManagerDataSource(Applications.newH2())) {
            @Override
            public Connection getConnection() throws SQLException {
                if (broken.get()) {
                    attempts.incrementAndGet();
                    throw new SQLException("the words of the driver", "08001");
                }
                return super.getConnection();
            }
        };

        Applications.withoutDatabase()
                .withBean(DataSource.class, () -> dataSource)
                .withBean(PlatformTransactionManager.class, () -> new JdbcTransactionManager(dataSource))
                .withBean(Projection.class, () -> projection(FailureDecision.FAIL, new AtomicBoolean()))
                // What runs by itself would ask for connections too.
                .withPropertyValues("eventcore.jdbc.initialize-schema=always", "eventcore.projections.enabled=false")
                .run(application -> {
                    broken.set(true);

                    assertThat(store(application).getStatus()).isEqualTo(Status.DOWN);
                    assertThat(part(application, "projections").getStatus()).isEqualTo(Status.DOWN);

                    assertThat(attempts).hasValue(1);
                    broken.set(false);
                    assertThat(store(application).getStatus()).isEqualTo(Status.UP);
                    assertThat(part(application, "projections").getStatus()).isEqualTo(Status.UP);
                });
    }

    @Test
    void without_the_tables_of_projections_the_store_is_down() {
        Applications.withH2().run(application -> {
            JdbcClient.create(application.getBean(DataSource.class))
                    .sql("ALTER TABLE eventcore_projection RENAME TO elsewhere")
                    .update();

            assertThat(store(application).getStatus()).isEqualTo(Status.DOWN);
            assertThat(store(application).getDetails()).containsEntry("schema", SchemaException.Problem.MISSING);
        });
    }

    @Test
    void a_database_that_takes_no_changes_is_down() {
        String url = RealPostgreSql.newDatabase();
        Applications.withDatabase(url)
                .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                .run(application -> {
                    assertThat(store(application).getStatus()).isEqualTo(Status.UP);
                    HikariDataSource pool = (HikariDataSource) application.getBean(DataSource.class);
                    JdbcClient jdbc = JdbcClient.create(pool);
                    String database = jdbc.sql("SELECT current_database()")
                            .query(String.class)
                            .single();
                    jdbc.sql("ALTER DATABASE \"" + database + "\" SET default_transaction_read_only = on")
                            .update();

                    // The pool may just be opening a session that began before the setting was there.
                    await().atMost(PATIENCE)
                            .until(
                                    () -> {
                                        pool.getHikariPoolMXBean().softEvictConnections();
                                        return store(application).getStatus();
                                    },
                                    Status.DOWN::equals);
                    assertThat(store(application).toString()).contains("EventStoreUnavailableException");
                });
    }

    @Test
    void reactions_are_listed_as_reactions_and_states_have_one_word() {
        Applications.withH2()
                .withBean(
                        Reaction.class,
                        () -> Reaction.named("answers", BankEvent.class)
                                .on(BankEvent.class, event -> List.of())
                                .build())
                .withBean(Projection.class, () -> projection(FailureDecision.FAIL, new AtomicBoolean()))
                .run(application -> await().atMost(PATIENCE).untilAsserted(() -> {
                    Map<String, Object> details =
                            part(application, "projections").getDetails();
                    assertThat(details.get("projections"))
                            .asString()
                            .contains("seen={state=live")
                            .doesNotContain("answers");
                    assertThat(details.get("reactions"))
                            .asString()
                            .contains("answers={state=live")
                            .doesNotContain("seen");
                }));
    }

    @Test
    void a_projection_that_follows_the_log_is_running() {
        withProjection(FailureDecision.FAIL, new AtomicBoolean()).run(application -> {
            deposit(application);

            awaitState(application, Status.UP, "live");
        });
    }

    @Test
    void a_paused_projection_is_told_and_is_no_fault() {
        withProjection(FailureDecision.FAIL, new AtomicBoolean()).run(application -> {
            application.getBean(ProjectionRunner.class).pause("seen");

            awaitState(application, Status.UP, "paused");
        });
    }

    @Test
    void a_projection_that_has_failed_is_down_until_it_is_resumed() {
        AtomicBoolean broken = new AtomicBoolean(true);
        withProjection(FailureDecision.FAIL, broken).run(application -> {
            deposit(application);

            awaitState(application, Status.DOWN, "failed");
            assertThat(String.valueOf(details(application, "seen").get("lastFailure")))
                    .contains("IllegalStateException at position 1")
                    .doesNotContain("what was applied");

            broken.set(false);
            application.getBean(ProjectionRunner.class).resume("seen");
            awaitState(application, Status.UP, "live");
        });
    }

    @Test
    void parked_streams_beyond_the_threshold_degrade() {
        ApplicationContextRunner application = withProjection(FailureDecision.PARK, new AtomicBoolean(true));

        application.run(started -> {
            deposit(started);
            awaitProblem(started, DEGRADED, "parked");
            assertThat(details(started, "seen")).containsEntry("parkedStreams", 1);
        });
        application.withPropertyValues("eventcore.health.max-parked-streams=1").run(started -> {
            deposit(started);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(details(started, "seen")).containsEntry("parkedStreams", 1));
            awaitState(started, Status.UP, "live");
        });
    }

    @Test
    void events_that_wait_longer_than_the_threshold_degrade() {
        ApplicationContextRunner application = withProjection(FailureDecision.RETRY, new AtomicBoolean(true));

        application.withPropertyValues("eventcore.health.max-lag=0s").run(started -> {
            deposit(started);
            awaitProblem(started, DEGRADED, "lagging");
        });
        application.withPropertyValues("eventcore.health.max-lag=1h").run(started -> {
            deposit(started);
            awaitState(started, Status.UP, "retrying");
        });
    }

    @Test
    void a_projection_that_is_behind_and_makes_no_step_is_down_and_says_since_when() {
        CountDownLatch goOn = new CountDownLatch(1);
        ApplicationContextRunner application = Applications.withH2()
                .withBean(
                        Projection.class,
                        () -> Projection.named("seen", BankEvent.class)
                                .on(BankEvent.class, event -> goOn.await())
                                .build());

        application
                .withPropertyValues("eventcore.health.max-standstill=1ms", "eventcore.projections.lease=400ms")
                .run(started -> {
                    deposit(started);
                    awaitProblem(started, Status.DOWN, "stuck");
                    assertThat(details(started, "seen")).containsKey("noStepSince");

                    goOn.countDown();
                    awaitState(started, Status.UP, "live");
                    assertThat(details(started, "seen")).doesNotContainKey("noStepSince");
                });
    }

    @Test
    void an_append_that_holds_readers_back_is_named() {
        ApplicationContextRunner application = Applications.withDatabase(RealPostgreSql.newDatabase())
                .withPropertyValues("eventcore.jdbc.initialize-schema=always", "eventcore.health.max-append-age=0s")
                .withBean(Projection.class, () -> projection(FailureDecision.FAIL, new AtomicBoolean()));

        application.run(started -> {
            deposit(started);
            awaitState(started, Status.UP, "live");

            new TransactionTemplate(started.getBean(PlatformTransactionManager.class)).executeWithoutResult(status -> {
                started.getBean(EventStore.class)
                        .appendEvents(StreamWrites.to(
                                StreamId.of("account-bob"),
                                ExpectedVersion.noStream(),
                                new BankEvent.Deposited(StreamId.of("account-bob"), 1)));
                Integer backend = JdbcClient.create(started.getBean(DataSource.class))
                        .sql("SELECT pg_backend_pid()")
                        .query(Integer.class)
                        .single();
                // What is committed after it waits for it.
                CompletableFuture.runAsync(() -> deposit(started)).join();
                awaitProblem(started, DEGRADED, "held_back");
                assertThat(heldBackBy(started))
                        .containsEntry("session", "backend " + backend)
                        .containsKeys("since", "age");
            });

            awaitState(started, Status.UP, "live");
        });
    }

    @Test
    void the_health_can_be_switched_off_and_replaced() {
        Applications.withH2()
                .withPropertyValues("management.health.eventcore.enabled=false")
                .run(application -> assertThat(application).doesNotHaveBean("eventcoreHealthContributor"));
        Applications.withH2()
                .withBean(
                        "eventcoreHealthIndicator",
                        HealthIndicator.class,
                        () -> () -> Health.up().build())
                .run(application -> assertThat(application).doesNotHaveBean("eventcoreHealthContributor"));
    }

    private static ApplicationContextRunner withProjection(FailureDecision onError, AtomicBoolean broken) {
        return Applications.withH2()
                .withPropertyValues("eventcore.projections.min-retry-delay=1ms")
                .withBean(Projection.class, () -> projection(onError, broken));
    }

    private static Projection<BankEvent> projection(FailureDecision onError, AtomicBoolean broken) {
        return Projection.named("seen", BankEvent.class)
                .on(BankEvent.class, event -> {
                    if (broken.get()) {
                        throw new IllegalStateException("what was applied: " + event.event());
                    }
                })
                .onError(failure -> onError)
                .build();
    }

    private static void deposit(ApplicationContext application) {
        application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));
    }

    private static void awaitState(ApplicationContext application, Status status, String state) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            Health health = part(application, "projections");
            assertThat(health.getDetails().toString()).contains("state=" + state);
            assertThat(health.getStatus()).isEqualTo(status);
        });
    }

    private static void awaitProblem(ApplicationContext application, Status status, String problem) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            Health health = part(application, "projections");
            assertThat(health.getDetails().toString()).contains("problem=" + problem);
            assertThat(health.getStatus()).isEqualTo(status);
        });
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> details(ApplicationContext application, String projection) {
        Map<String, Object> projections = (Map<String, Object>) Objects.requireNonNull(
                part(application, "projections").getDetails().get("projections"));
        return (Map<String, Object>) Objects.requireNonNull(projections.get(projection));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> heldBackBy(ApplicationContext application) {
        return (Map<String, Object>) Objects.requireNonNull(
                part(application, "projections").getDetails().get("heldBackBy"));
    }

    private static Health store(ApplicationContext application) {
        return part(application, "store");
    }

    static Health part(ApplicationContext application, String name) {
        CompositeHealthContributor all =
                application.getBean("eventcoreHealthContributor", CompositeHealthContributor.class);
        HealthIndicator indicator = (HealthIndicator) Objects.requireNonNull(all.getContributor(name), name);
        return Objects.requireNonNull(indicator.health());
    }
}
