package io.eventcore.autoconfigure;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.ReplicaStatus;
import io.eventcore.jdbc.UnsupportedDatabaseException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;

/** The properties of a replica, and the data source that an application brings, reach the store. */
class ReplicaConfigurationTest {
    /** No server listens there. */
    private static final String NOWHERE = "jdbc:postgresql://127.0.0.1:1/postgres";

    private static final int EVENTS = 300;
    private static final StreamId ADA = StreamId.of("account-ada");

    @Test
    void without_a_replica_there_is_none() {
        Applications.withH2()
                .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                .run(application -> assertThat(
                                application.getBean(JdbcDatabase.class).replicaStatus())
                        .isEmpty());
    }

    @Test
    void a_replica_that_is_not_there_stops_nothing_and_is_told_of() {
        Applications.withDatabase(RealPostgreSql.newDatabase())
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withPropertyValues(
                        "eventcore.jdbc.initialize-schema=always",
                        "eventcore.jdbc.replica.url=" + NOWHERE,
                        "eventcore.jdbc.replica.username=postgres",
                        "eventcore.jdbc.replica.password=secret",
                        "eventcore.jdbc.replica.connection-timeout=250ms")
                .run(application -> {
                    EventStore store = application.getBean(EventStore.class);
                    store.appendEvents(deposits());

                    assertThat(store.readEvents(EventFilter.all(), EventPage.first(EVENTS), Event.class)
                                    .events())
                            .hasSize(EVENTS);

                    ReplicaStatus status = application
                            .getBean(JdbcDatabase.class)
                            .replicaStatus()
                            .orElseThrow();
                    assertThat(status.pagesFromReplica()).isZero();
                    assertThat(status.pagesFromPrimary()).isPositive();
                    assertThat(status.answer()).contains("cannot be reached");
                    HealthIndicator health = (HealthIndicator) Objects.requireNonNull(application
                            .getBean(CompositeHealthContributor.class)
                            .getContributor("store"));
                    assertThat(Objects.requireNonNull(health.health())
                                    .getDetails()
                                    .get("replica"))
                            .isEqualTo(Map.of(
                                    "pagesFromReplica", 0L,
                                    "pagesFromPrimary", status.pagesFromPrimary(),
                                    "answer", status.answer()));
                    MeterRegistry meters = application.getBean(MeterRegistry.class);
                    application
                            .getBean("eventStoreMeterBinder", MeterBinder.class)
                            .bindTo(meters);
                    assertThat(meters.get("eventcore.replica.pages")
                                    .tag("source", "primary")
                                    .functionCounter())
                            .extracting(FunctionCounter::count)
                            .isEqualTo((double) status.pagesFromPrimary());
                    assertThat(application.getBean(EventCoreProperties.class).toString())
                            .doesNotContain("secret");
                });
    }

    @Test
    void a_data_source_that_is_marked_is_the_replica_and_no_other_part_takes_it() {
        Applications.withDatabase(RealPostgreSql.newDatabase())
                .withUserConfiguration(Marked.class)
                .withPropertyValues("eventcore.jdbc.initialize-schema=always")
                .run(application -> {
                    Applications.assertWorks(application);
                    assertThat(application.getBean(JdbcDatabase.class).replicaStatus())
                            .isPresent();
                });
    }

    @Test
    void several_standbys_stand_in_one_url() {
        Applications.withDatabase(RealPostgreSql.newDatabase())
                .withInitializer(application ->
                        application.getEnvironment().getPropertySources().addFirst(ofTheGuide()))
                .withPropertyValues("REPLICA_PASSWORD=secret", "eventcore.jdbc.initialize-schema=always")
                .run(application -> {
                    assertThat(application.getBean(JdbcDatabase.class).replicaStatus())
                            .isPresent();
                    assertThat(application
                                    .getBean(EventCoreProperties.class)
                                    .jdbc()
                                    .replica())
                            .returns("bank_app", EventCoreProperties.Replica::username)
                            .returns("secret", EventCoreProperties.Replica::password);
                });
    }

    @Test
    void another_engine_than_postgresql_refuses_it_at_the_start() {
        Applications.withH2()
                .withPropertyValues("eventcore.jdbc.initialize-schema=always", "eventcore.jdbc.replica.url=" + NOWHERE)
                .run(application -> assertThat(application)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(UnsupportedDatabaseException.class)
                        .hasMessageContaining("Only PostgreSQL can have a replica")
                        .hasMessageContaining("H2"));
    }

    @Test
    void a_pool_of_no_connections_is_refused() {
        Applications.withH2()
                .withPropertyValues("eventcore.jdbc.replica.max-connections=0")
                .run(application -> assertThat(application)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("eventcore.jdbc.replica.max-connections"));
    }

    private static StreamWrites deposits() {
        StreamWrites writes = StreamWrites.empty().registerStream(ADA, any());
        for (int i = 1; i <= EVENTS; i++) {
            writes = writes.append(new Deposited(ADA, i));
        }
        return writes;
    }

    private static PropertySource<?> ofTheGuide() {
        try {
            return new YamlPropertySourceLoader()
                    .load("replica", new ClassPathResource("replica.yml"))
                    .get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Marked {
        @Bean(defaultCandidate = false)
        @EventCoreReplica
        DataSource standbys() {
            return DataSourceBuilder.create()
                    .url("jdbc:postgresql://standby-1,standby-2/bank?targetServerType=secondary")
                    .username("bank_app")
                    .build();
        }
    }
}
