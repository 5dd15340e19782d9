package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventcore.EventFilter;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.autoconfigure.EventCoreEndpoint.Deadline;
import io.eventcore.autoconfigure.EventCoreEndpoint.Outcome;
import io.eventcore.autoconfigure.EventCoreEndpoint.Overview;
import io.eventcore.autoconfigure.EventCoreEndpoint.Problem;
import io.eventcore.autoconfigure.EventCoreEndpoint.ProjectionDetails;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.FailureDecision;
import io.eventcore.reaction.Reaction;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** Health, endpoint and metrics of a reaction with a deadline. */
class DeadlinesShownTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("bonus-bob");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final AtomicBoolean refusing = new AtomicBoolean(true);

    private ApplicationContextRunner application(FailureDecision decision) {
        return Applications.withH2()
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class))
                .withPropertyValues("management.endpoints.web.exposure.include=eventcore")
                .withBean(
                        "late",
                        Reaction.class,
                        () -> Reaction.named("late", BankEvent.class)
                                .on(Deposited.class)
                                .at(event -> event.recordedAt()
                                        .plus(event.event().cents() > 100 ? Duration.ofDays(1) : Duration.ofHours(-1)))
                                .filter(EventFilter.prefix(StreamPrefix.of("account-")))
                                .execute(event -> {
                                    if (refusing.get()) {
                                        throw new IllegalStateException("not yet");
                                    }
                                    return new DepositMoney(BOB, 1);
                                })
                                .onError(failure -> decision)
                                .build());
    }

    @Test
    void a_deadline_that_is_set_aside_degrades_and_is_retried_by_the_endpoint() {
        application(FailureDecision.PARK).run(started -> {
            started.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));
            started.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 500));
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(details(started).parkedDeadlines()).hasSize(1);
                assertThat(details(started).nextDeadlines()).hasSize(1);
                assertThat(health(started)).contains("problem=parked", "parkedDeadlines=1", "DEGRADED");
            });
            Deadline parked = details(started).parkedDeadlines().get(0);
            assertThat(parked.failure()).isEqualTo(IllegalStateException.class.getName());
            assertThat(details(started).nextDeadlines().get(0).failure()).isNull();
            EventCoreEndpoint endpoint = started.getBean(EventCoreEndpoint.class);
            WebEndpointResponse<Object> none = endpoint.act(SecurityContext.NONE, "late", "retry", 4711L);
            assertThat(none.getStatus()).isEqualTo(404);
            assertThat(none.getBody())
                    .isEqualTo(new Problem(
                            "Not found",
                            404,
                            "Neither a stream nor a deadline is parked at position 4711 of reaction 'late'"));

            refusing.set(false);
            assertThat(outcome(endpoint.act(SecurityContext.NONE, "late", "retry", parked.position()))
                            .parkedDeadlines())
                    .isEqualTo(1);

            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(Objects.requireNonNull(details(started).deadlines()).executed())
                        .isEqualTo(1);
                assertThat(details(started).parkedDeadlines()).isEmpty();
                assertThat(meter(started, "eventcore.deadlines.executed")).isEqualTo(1);
            });
            assertThat(outcome(endpoint.act(SecurityContext.NONE, "late", "discard", null))
                            .parkedDeadlines())
                    .isZero();
            assertThat(outcome(endpoint.act(SecurityContext.NONE, "late", "discard", null))
                            .parkedStreams())
                    .isZero();
        });
    }

    @Test
    void deadlines_are_shown_page_by_page_each_once() {
        application(FailureDecision.PARK).run(started -> {
            CommandExecutor commands = started.getBean(CommandExecutor.class);
            for (int i = 0; i < 130; i++) {
                commands.execute(new DepositMoney(ADA, 500));
                commands.execute(new DepositMoney(ADA, 5));
            }
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(Objects.requireNonNull(details(started).deadlines()).pending())
                        .isEqualTo(130);
                assertThat(Objects.requireNonNull(details(started).deadlines()).parked())
                        .isEqualTo(130);
            });
            EventCoreEndpoint endpoint = started.getBean(EventCoreEndpoint.class);
            ProjectionDetails first = details(started);

            ProjectionDetails second = (ProjectionDetails) Objects.requireNonNull(
                    endpoint.projection("late", null, first.moreDeadlines(), first.moreParkedDeadlines())
                            .getBody());

            assertThat(first.nextDeadlines()).hasSize(100);
            assertThat(first.parkedDeadlines()).hasSize(100);
            assertThat(positions(first.nextDeadlines(), second.nextDeadlines()))
                    .hasSize(130)
                    .isSorted()
                    .doesNotHaveDuplicates();
            assertThat(positions(first.parkedDeadlines(), second.parkedDeadlines()))
                    .hasSize(130)
                    .isSorted()
                    .doesNotHaveDuplicates();
            assertThat(second.moreDeadlines()).isNull();
            assertThat(second.moreParkedDeadlines()).isNull();
            for (String none : List.of("", "17", "-1-1-1", "1-1-1-1", "9999999999999999999-1-1")) {
                assertThat(endpoint.projection("late", null, none, null).getStatus())
                        .as(none)
                        .isEqualTo(400);
                assertThat(endpoint.projection("late", null, null, none).getStatus())
                        .as(none)
                        .isEqualTo(400);
            }
        });
    }

    private static List<Long> positions(List<Deadline> first, List<Deadline> second) {
        return Stream.concat(first.stream(), second.stream())
                .map(Deadline::position)
                .toList();
    }

    @Test
    void a_deadline_that_is_overdue_for_longer_than_the_threshold_degrades() {
        application(FailureDecision.RETRY).run(started -> {
            started.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));

            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(health(started)).contains("problem=overdue", "overdueDeadlines=1", "DEGRADED"));
            assertThat(meter(started, "eventcore.deadlines.delay")).isGreaterThan(3_000);
        });
        application(FailureDecision.RETRY)
                .withPropertyValues("eventcore.health.max-deadline-delay=2h")
                .run(started -> {
                    started.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));

                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(health(started)).contains("overdueDeadlines=1"));
                    assertThat(health(started)).doesNotContain("problem=overdue", "DEGRADED");
                });
    }

    @Test
    void tables_of_the_release_before_leave_the_deadlines_out_and_show_the_rest() {
        application(FailureDecision.RETRY)
                .withPropertyValues("eventcore.projections.enabled=false")
                .run(started -> {
                    JdbcTemplate tables = new JdbcTemplate(started.getBean(DataSource.class));
                    tables.execute("DROP TABLE eventcore_deadline");
                    tables.update("UPDATE eventcore_settings SET schema_version = 2");
                    EventCoreEndpoint endpoint = started.getBean(EventCoreEndpoint.class);

                    assertThat(endpoint.overview().getBody()).isInstanceOfSatisfying(Overview.class, overview -> {
                        assertThat(overview.stores()).hasSize(1);
                        assertThat(overview.reactions().values())
                                .singleElement()
                                .satisfies(late -> assertThat(late.deadlines()).isNull());
                    });
                    assertThat(details(started).deadlines()).isNull();
                    assertThat(details(started).nextDeadlines()).isEmpty();
                });
    }

    private static String health(ApplicationContext started) {
        var health = HealthTest.part(started, "projections");
        Status status = health.getStatus();
        return status + " " + health.getDetails();
    }

    private static double meter(ApplicationContext started, String name) {
        return started.getBean(MeterRegistry.class)
                .get(name)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    private static ProjectionDetails details(ApplicationContext started) {
        return (ProjectionDetails) Objects.requireNonNull(started.getBean(EventCoreEndpoint.class)
                .projection("late", null, null, null)
                .getBody());
    }

    private static Outcome outcome(WebEndpointResponse<Object> answer) {
        return (Outcome) Objects.requireNonNull(answer.getBody());
    }
}
