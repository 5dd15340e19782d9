package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import java.time.Duration;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** What the guide page about several stores quotes, in applications with what Spring Boot configures for databases. */
class SeveralStoresGuideTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    // tag::use
    static final class Deposits {
        private final EventStores stores;

        Deposits(EventStores stores) {
            this.stores = stores;
        }

        ExecutionResult deposit(String tenant, StreamId account, long cents) {
            return stores.of(tenant).commands().execute(new DepositMoney(account, cents));
        }
        // end::use

        // tag::transaction
        void depositAndNote(String tenant, StreamId account, long cents) {
            NamedEventStore store = stores.of(tenant);
            new TransactionTemplate(store.transactionManager()).executeWithoutResult(status -> {
                store.commands().execute(new DepositMoney(account, cents));
                JdbcClient.create(store.dataSource())
                        .sql("INSERT INTO note (cents) VALUES (?)")
                        .param(cents)
                        .update();
            });
        }
        // end::transaction
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        JacksonAutoConfiguration.class,
        DataSourceAutoConfiguration.class,
        DataSourceTransactionManagerAutoConfiguration.class,
        TransactionAutoConfiguration.class,
        EventCoreSerializationAutoConfiguration.class,
        EventCoreTransactionAutoConfiguration.class,
        EventCoreStoresAutoConfiguration.class
    })
    static class Databases {
        @Bean
        DataSource north() {
            return withTables(Tenants.h2());
        }

        @Bean
        DataSource south() {
            return withTables(Tenants.h2());
        }

        private static DataSource withTables(DataSource dataSource) {
            JdbcClient.create(dataSource)
                    .sql("CREATE TABLE note (cents BIGINT)")
                    .update();
            JdbcClient.create(dataSource)
                    .sql("CREATE TABLE total (tenant VARCHAR(40) PRIMARY KEY, cents BIGINT)")
                    .update();
            return dataSource;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ReadModels {
        // tag::projection
        @Bean
        NamedStoreConfigurer totals() {
            return store -> {
                JdbcClient jdbc = JdbcClient.create(store.dataSource());
                store.projection(Projection.named("totals", BankEvent.class)
                        .on(
                                Deposited.class,
                                event -> jdbc.sql("MERGE INTO total t USING (VALUES (?, ?)) AS v (tenant, cents)"
                                                + " ON t.tenant = v.tenant"
                                                + " WHEN MATCHED THEN UPDATE SET cents = t.cents + v.cents"
                                                + " WHEN NOT MATCHED THEN INSERT VALUES (v.tenant, v.cents)")
                                        .params(store.name(), event.event().cents())
                                        .update())
                        .build());
            };
        }
        // end::projection
    }

    @Test
    void three_tenants_in_two_databases() {
        try (ConfigurableApplicationContext application = start("several-stores", Databases.class, ReadModels.class)) {
            EventStores stores = application.getBean(EventStores.class);
            Deposits deposits = new Deposits(stores);

            deposits.deposit("acme", ADA, 1);
            deposits.deposit("initech", ADA, 300);
            deposits.depositAndNote("globex", ADA, 20);

            for (String tenant : stores.names()) {
                NamedEventStore store = stores.of(tenant);
                assertThat(store.projections()
                                .awaitPosition("totals", store.eventStore().lastPosition(), Duration.ofSeconds(60)))
                        .isEqualTo(AwaitOutcome.REACHED);
            }
            assertThat(total(stores.of("acme"))).isEqualTo(1);
            assertThat(total(stores.of("globex"))).isEqualTo(20);
            assertThat(total(stores.of("initech"))).isEqualTo(300);
            assertThat(JdbcClient.create(stores.of("globex").dataSource())
                            .sql("SELECT cents FROM note")
                            .query(Long.class)
                            .single())
                    .isEqualTo(20);
        }
    }

    private static long total(NamedEventStore store) {
        return JdbcClient.create(store.dataSource())
                .sql("SELECT cents FROM total WHERE tenant = ?")
                .param(store.name())
                .query(Long.class)
                .single();
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        JacksonAutoConfiguration.class,
        EventCoreSerializationAutoConfiguration.class,
        EventCoreTransactionAutoConfiguration.class,
        EventCoreStoresAutoConfiguration.class
    })
    static class Routed {
        @Bean
        DataSource tenants() {
            AbstractRoutingDataSource tenants = new AbstractRoutingDataSource() {
                @Override
                protected Object determineCurrentLookupKey() {
                    throw new IllegalStateException("This thread serves no tenant");
                }
            };
            tenants.setTargetDataSources(Map.of("acme", Tenants.h2(), "globex-eu", Tenants.h2()));
            return tenants;
        }
    }

    @Test
    void a_store_for_each_target_of_a_router() {
        try (ConfigurableApplicationContext application = start("stores-of-targets", Routed.class)) {
            Deposits deposits = new Deposits(application.getBean(EventStores.class));

            deposits.deposit("acme", ADA, 1);
            deposits.deposit("globex", ADA, 2);

            assertThat(Tenants.deposits(application, "acme")).containsExactly(1L);
            assertThat(Tenants.deposits(application, "globex")).containsExactly(2L);
        }
    }

    private static ConfigurableApplicationContext start(String configuration, Class<?>... sources) {
        return new SpringApplicationBuilder(sources)
                .web(WebApplicationType.NONE)
                .properties("spring.config.name=" + configuration)
                .run();
    }
}
