package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.autoconfigure.EventCoreEndpoint.Overview;
import io.eventcore.autoconfigure.EventCoreEndpoint.Problem;
import io.eventcore.autoconfigure.EventStoresEndpoint.State;
import io.eventcore.projection.AwaitOutcome;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Three tenants on two databases, one of which does not answer: the others work, and health says which. */
@ExtendWith(OutputCaptureExtension.class)
class NamedStoresDownTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final DataSource north = Tenants.h2();
    private final DataSource south = Tenants.h2();

    private ApplicationContextRunner tenants(DataSource atNorth, DataSource atSouth) {
        Tenants.createReadModel(north);
        Tenants.createReadModel(south);
        return Tenants.on(atNorth, atSouth).withUserConfiguration(Tenants.Balances.class);
    }

    @Test
    void a_database_that_is_down_at_the_start_is_waited_for_by_its_own_store_only(CapturedOutput output) {
        Tenants.Breakable broken = new Tenants.Breakable(south, true);
        tenants(north, broken).run(application -> {
            assertThat(application).hasNotFailed();
            Tenants.deposit(application, "acme", 1);
            Tenants.deposit(application, "globex", 20);
            assertReached(application, "acme");
            assertReached(application, "globex");
            assertThat(health(application, "acme", "store").getStatus()).isEqualTo(Status.UP);
            assertThat(health(application, "globex", "projections").getStatus()).isEqualTo(Status.UP);

            NamedEventStore initech = Tenants.store(application, "initech");
            assertThat(initech.isOpen()).isFalse();
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .isThrownBy(initech::commands)
                    .withMessageContaining("'initech'")
                    .withCauseInstanceOf(EventStoreUnavailableException.class);
            for (String part : List.of("store", "projections")) {
                Health down = health(application, "initech", part);
                assertThat(down.getStatus()).isEqualTo(Status.DOWN);
                assertThat(down.getDetails()).containsEntry("failure", EventStoreUnavailableException.class.getName());
            }
            assertThat(output).containsOnlyOnce("Event store 'initech' cannot be reached");

            broken.down(false);
            await().atMost(PATIENCE).until(initech::isOpen);
            Tenants.deposit(application, "initech", 300);
            assertReached(application, "initech");
            assertThat(Tenants.balance(application, "initech")).isEqualTo(300);
            await().atMost(PATIENCE)
                    .until(() -> Status.UP.equals(
                            health(application, "initech", "projections").getStatus()));
            assertThat(health(application, "initech", "store").getStatus()).isEqualTo(Status.UP);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(output).contains("Event store 'initech' can be reached now"));
        });
    }

    @Test
    void a_database_that_goes_down_later_takes_nobody_along_and_its_projections_go_on_when_it_returns() {
        Tenants.Breakable broken = new Tenants.Breakable(north, false);
        tenants(broken, south)
                .withPropertyValues("eventcore.retry.max-attempts=1")
                .run(application -> {
                    Tenants.ALL.forEach(tenant -> Tenants.deposit(application, tenant, 1));
                    Tenants.ALL.forEach(tenant -> assertReached(application, tenant));

                    broken.down(true);
                    for (String tenant : List.of("acme", "globex")) {
                        assertThatExceptionOfType(EventStoreUnavailableException.class)
                                .isThrownBy(() -> Tenants.deposit(application, tenant, 2));
                        assertThat(health(application, tenant, "store").getStatus())
                                .isEqualTo(Status.DOWN);
                    }
                    Tenants.deposit(application, "initech", 2);
                    assertReached(application, "initech");
                    assertThat(health(application, "initech", "store").getStatus())
                            .isEqualTo(Status.UP);

                    broken.down(false);
                    for (String tenant : List.of("acme", "globex")) {
                        Tenants.deposit(application, tenant, 40);
                        assertReached(application, tenant);
                        assertThat(Tenants.balance(application, tenant)).isEqualTo(41);
                    }
                    assertThat(Tenants.balance(application, "initech")).isEqualTo(3);
                });
    }

    @Test
    void while_a_database_is_down_the_health_of_all_its_stores_waits_for_one_connection() {
        Tenants.Breakable broken = new Tenants.Breakable(north, false);
        tenants(broken, south)
                // What runs by itself would ask for connections too.
                .withPropertyValues("eventcore.projections.enabled=false")
                .run(application -> {
                    for (String tenant : List.of("acme", "globex")) {
                        assertThat(health(application, tenant, "store").getStatus())
                                .isEqualTo(Status.UP);
                    }
                    broken.down(true);
                    int before = broken.asked();

                    for (String tenant : List.of("acme", "globex")) {
                        for (String part : List.of("store", "projections")) {
                            assertThat(health(application, tenant, part).getStatus())
                                    .isEqualTo(Status.DOWN);
                        }
                    }

                    assertThat(broken.asked() - before).isEqualTo(1);
                });
    }

    @Test
    void tables_that_are_missing_stop_the_start_and_the_store_is_named() {
        tenants(north, south)
                .withPropertyValues("eventcore.jdbc.initialize-schema=never")
                .run(application -> {
                    assertThat(Applications.analysisOf(application).getDescription())
                            .startsWith("Event store 'acme': ");
                    assertThat(Applications.analysisOf(application).getAction())
                            .contains("eventcore.stores.acme")
                            .contains("schema-h2.sql");
                });
    }

    /** Takes as long as the start waits at most. */
    @Test
    @Tag("faults")
    void a_database_that_hangs_delays_the_start_for_a_bounded_time_and_no_other_store(CapturedOutput output) {
        CountDownLatch answers = new CountDownLatch(1);
        DataSource hanging = new DelegatingDataSource(south) {
            @Override
            public Connection getConnection() throws SQLException {
                try {
                    answers.await();
                } catch (InterruptedException e) {
                    throw new SQLException(e);
                }
                return super.getConnection();
            }
        };
        tenants(north, hanging).run(application -> {
            assertThat(application).hasNotFailed();
            assertThat(output).contains("Event store 'initech' has not answered within 10 s");
            Tenants.deposit(application, "acme", 1);
            assertReached(application, "acme");
            assertThat(Tenants.store(application, "initech").isOpen()).isFalse();
            assertThat(health(application, "initech", "store").getStatus()).isEqualTo(Status.DOWN);

            answers.countDown();
            await().atMost(PATIENCE)
                    .until(() -> Tenants.store(application, "initech").isOpen());
            Tenants.deposit(application, "initech", 1);
            assertReached(application, "initech");
        });
    }

    @Test
    void meters_of_each_store_have_its_name_and_all_of_them_the_same_tags() {
        tenants(north, south)
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(application -> {
                    Tenants.deposit(application, "acme", 1);
                    Tenants.deposit(application, "globex", 1);
                    Tenants.deposit(application, "globex", 1);
                    Tenants.deposit(application, "initech", 1);
                    Tenants.ALL.forEach(tenant -> assertReached(application, tenant));

                    MeterRegistry meters = application.getBean(MeterRegistry.class);
                    assertThat(meters.get("eventcore.append")
                                    .tag("store", "globex")
                                    .timer()
                                    .count())
                            .isEqualTo(2);
                    assertThat(meters.get("eventcore.command")
                                    .tag("store", "acme")
                                    .timer()
                                    .count())
                            .isEqualTo(1);
                    assertThat(meters.get("eventcore.projection.events")
                                    .tags("store", "globex", "projection", "balances")
                                    .counter()
                                    .count())
                            .isEqualTo(2);
                    Map<String, Set<Set<String>>> keys = meters.getMeters().stream()
                            .map(Meter::getId)
                            .filter(id -> id.getName().startsWith("eventcore."))
                            .collect(Collectors.groupingBy(
                                    Meter.Id::getName,
                                    Collectors.mapping(
                                            id -> id.getTags().stream()
                                                    .map(tag -> tag.getKey())
                                                    .collect(Collectors.toCollection(TreeSet::new)),
                                            Collectors.toSet())));
                    assertThat(keys).hasSizeGreaterThan(15);
                    keys.forEach((name, tags) -> assertThat(tags)
                            .as(name)
                            .hasSize(1)
                            .allSatisfy(each -> assertThat(each.contains("store"))
                                    .isEqualTo(!name.equals("eventcore.callbacks.failed"))));
                });
    }

    @Test
    void the_endpoint_shows_each_store_below_its_name_and_one_that_is_down_hides_no_other() {
        Tenants.Breakable broken = new Tenants.Breakable(south, true);
        tenants(north, broken)
                .withConfiguration(AutoConfigurations.of(EndpointAutoConfiguration.class))
                .withPropertyValues("management.endpoints.web.exposure.include=eventcore")
                .run(application -> {
                    EventStoresEndpoint endpoint = application.getBean(EventStoresEndpoint.class);
                    assertThat(application).doesNotHaveBean(EventCoreEndpoint.class);
                    Tenants.deposit(application, "acme", 1);
                    assertReached(application, "acme");

                    assertThat(endpoint.overview().stores())
                            .containsEntry("acme", new State(true, List.of("balances"), null))
                            .containsEntry(
                                    "initech",
                                    new State(false, List.of(), EventStoreUnavailableException.class.getName()));
                    Overview acme = (Overview)
                            Objects.requireNonNull(endpoint.store("acme").getBody());
                    assertThat(acme.stores()).hasSize(1).first().satisfies(store -> {
                        assertThat(store.type()).isEqualTo("jdbc");
                        assertThat(store.schemaVersion()).isNotNull();
                        assertThat(store.lastPosition()).isEqualTo(1);
                    });
                    assertThat(acme.projections()).containsOnlyKeys("balances");
                    assertThat(endpoint.projection("globex", "balances", null, null, null)
                                    .getStatus())
                            .isEqualTo(200);

                    assertProblem(endpoint.store("initech"), 503);
                    assertProblem(endpoint.store("hooli"), 404);
                    assertProblem(endpoint.projection("acme", "none", null, null, null), 404);
                    assertThat(endpoint.act(SecurityContext.NONE, "acme", "balances", "pause", null)
                                    .getStatus())
                            .isEqualTo(200);
                    assertThat(endpoint.act(SecurityContext.NONE, "globex", "balances", "resume", null)
                                    .getStatus())
                            .isEqualTo(200);
                    await().atMost(PATIENCE).until(() -> state(endpoint, "acme").equals("paused"));
                    assertThat(state(endpoint, "globex")).isNotEqualTo("paused");
                });
    }

    private static String state(EventStoresEndpoint endpoint, String store) {
        Overview overview =
                (Overview) Objects.requireNonNull(endpoint.store(store).getBody());
        return Objects.requireNonNull(overview.projections().get("balances"))
                .partitions()
                .get(0)
                .state();
    }

    private static void assertProblem(WebEndpointResponse<Object> answer, int status) {
        assertThat(answer.getStatus()).isEqualTo(status);
        assertThat(answer.getBody()).isInstanceOf(Problem.class);
    }

    private static void assertReached(ApplicationContext application, String tenant) {
        NamedEventStore store = Tenants.store(application, tenant);
        assertThat(store.projections()
                        .awaitPosition("balances", store.eventStore().lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private static Health health(ApplicationContext application, String tenant, String part) {
        CompositeHealthContributor all =
                application.getBean("eventcoreHealthContributor", CompositeHealthContributor.class);
        CompositeHealthContributor store =
                (CompositeHealthContributor) Objects.requireNonNull(all.getContributor(tenant));
        HealthIndicator indicator = (HealthIndicator) Objects.requireNonNull(store.getContributor(part));
        return Objects.requireNonNull(indicator.health());
    }
}
