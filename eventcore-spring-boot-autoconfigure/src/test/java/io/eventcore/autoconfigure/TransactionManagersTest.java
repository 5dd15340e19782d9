package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.spring.ApplicationEventRelay;
import jakarta.persistence.EntityManagerFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.event.TransactionalEventListener;

/** Of several transaction managers a projection takes the one that drives the data source of the events. */
class TransactionManagersTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @ParameterizedTest
    @ValueSource(
            classes = {
                PrimaryIsOnOrders.class,
                PrimaryOfJpaIsOnOrders.class,
                OfEventsIsJpa.class,
                ThroughProxies.class,
                OnlyForEvents.class,
                JpaBesideJdbc.class
            })
    void a_projection_takes_the_one_that_drives_the_database_of_the_events(Class<?> managers) {
        application().withUserConfiguration(managers, Balances.class).run(application -> {
            assertThat(application).hasNotFailed();

            assertReached(application, "balances");

            assertThat(balance(application)).isEqualTo(5);
        });
    }

    @Test
    void if_none_drives_it_the_start_fails_and_the_managers_are_named() {
        application()
                .withUserConfiguration(BothAreOnOrders.class, Balances.class)
                .run(application -> {
                    FailureAnalysis analysis = Applications.analysisOf(application);
                    assertThat(analysis.getDescription())
                            .isEqualTo("Projection 'balances' changes its read model in the transaction that moves its"
                                    + " checkpoint, but no transaction manager, or more than one, reaches data source"
                                    + " 'events', which holds the events. Transaction managers found: 'one'"
                                    + " (JdbcTransactionManager, data source 'orders'), 'two' (JdbcTransactionManager,"
                                    + " data source 'orders').");
                    assertThat(analysis.getAction())
                            .isEqualTo("Declare one JpaTransactionManager or JdbcTransactionManager for data source"
                                    + " 'events'; if there are several, mark one with @Primary or set it in a"
                                    + " ProjectionRunnerCustomizer. If the read model is in another database, let mode()"
                                    + " of the projection return AT_LEAST_ONCE.");
                });
    }

    @Test
    void if_two_drive_it_and_none_is_better_the_start_fails_and_both_are_named() {
        application()
                .withUserConfiguration(TwoAreOnEvents.class, Balances.class)
                .run(application -> assertThat(
                                Applications.analysisOf(application).getDescription())
                        .contains(
                                "'one' (JdbcTransactionManager, data source 'events')",
                                "'two' (JdbcTransactionManager, data source 'events')"));
    }

    @Test
    void a_customizer_has_the_last_word() {
        application()
                .withUserConfiguration(TwoAreOnEvents.class, TakesTheSecond.class, Balances.class)
                .run(application -> {
                    assertReached(application, "balances");

                    assertThat(balance(application)).isEqualTo(5);
                });
    }

    @Test
    void listeners_of_transaction_phases_hear_of_committed_events_although_no_manager_is_primary() {
        application()
                .withPropertyValues("eventcore.application-events.enabled=true")
                .withUserConfiguration(NoneIsPrimary.class, Diary.class)
                .run(application -> {
                    assertReached(application, ApplicationEventRelay.DEFAULT_NAME);

                    assertThat(application.getBean(Diary.class).heard).containsExactly(5L);
                });
    }

    private static ApplicationContextRunner application() {
        return Applications.withoutDatabase();
    }

    private static void assertReached(ApplicationContext application, String projection) {
        ExecutionResult deposited = application.getBean(CommandExecutor.class).execute(new DepositMoney(ADA, 5));
        assertThat(application
                        .getBean(ProjectionRunner.class)
                        .awaitPosition(projection, deposited.slice().lastPosition(), PATIENCE))
                .isEqualTo(AwaitOutcome.REACHED);
    }

    private static long balance(ApplicationContext application) {
        return JdbcClient.create(application.getBean("events", DataSource.class))
                .sql("SELECT cents FROM balance WHERE account = ?")
                .param(ADA.value())
                .query(Long.class)
                .single();
    }

    private static DataSource newDatabase() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(Applications.newH2());
        pool.setMaximumPoolSize(4);
        return pool;
    }

    private static LocalContainerEntityManagerFactoryBean entities(DataSource dataSource) {
        LocalContainerEntityManagerFactoryBean entities = new LocalContainerEntityManagerFactoryBean();
        entities.setDataSource(dataSource);
        entities.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
        entities.setPackagesToScan("io.eventcore.autoconfigure.bank");
        return entities;
    }

    @Configuration(proxyBeanMethods = false)
    static class Balances {
        @Bean
        Projection<Deposited> balances(@EventCoreDataSource DataSource events) {
            JdbcClient jdbc = JdbcClient.create(events);
            jdbc.sql("CREATE TABLE balance (account VARCHAR(255) PRIMARY KEY, cents BIGINT NOT NULL)")
                    .update();
            return Projection.named("balances", Deposited.class)
                    .on(
                            Deposited.class,
                            event -> jdbc.sql("INSERT INTO balance VALUES (?, ?)")
                                    .params(
                                            event.streamId().value(),
                                            event.event().cents())
                                    .update())
                    .build();
        }
    }

    static class Diary {
        final List<Long> heard = new CopyOnWriteArrayList<>();

        @TransactionalEventListener
        void on(Deposited deposited) {
            heard.add(deposited.cents());
        }
    }

    /** The events are not in the primary one. */
    static class Databases {
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
    static class PrimaryIsOnOrders extends Databases {
        @Bean
        @Primary
        PlatformTransactionManager one(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }

        @Bean
        PlatformTransactionManager two(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class NoneIsPrimary extends Databases {
        @Bean
        PlatformTransactionManager one(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }

        @Bean
        PlatformTransactionManager two(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryOfJpaIsOnOrders extends Databases {
        @Bean
        LocalContainerEntityManagerFactoryBean entityManagerFactory(DataSource orders) {
            return entities(orders);
        }

        @Bean
        @Primary
        PlatformTransactionManager one(EntityManagerFactory entities) {
            return new JpaTransactionManager(entities);
        }

        @Bean
        PlatformTransactionManager two(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OfEventsIsJpa extends Databases {
        @Bean
        LocalContainerEntityManagerFactoryBean entityManagerFactory(@EventCoreDataSource DataSource events) {
            return entities(events);
        }

        @Bean
        @Primary
        PlatformTransactionManager one(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }

        @Bean
        PlatformTransactionManager two(EntityManagerFactory entities) {
            return new JpaTransactionManager(entities);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class JpaBesideJdbc extends OfEventsIsJpa {
        @Bean
        PlatformTransactionManager three(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ThroughProxies extends Databases {
        @Bean
        @Primary
        PlatformTransactionManager one(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }

        @Bean
        PlatformTransactionManager two(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(new LazyConnectionDataSourceProxy(new DelegatingDataSource(events)));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OnlyForEvents {
        @Bean
        DataSource orders() {
            return newDatabase();
        }

        @Bean(defaultCandidate = false)
        @EventCoreDataSource
        DataSource events() {
            return newDatabase();
        }

        @Bean
        PlatformTransactionManager one(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }

        @Bean(defaultCandidate = false)
        PlatformTransactionManager two(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class BothAreOnOrders extends Databases {
        @Bean
        PlatformTransactionManager one(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }

        @Bean
        PlatformTransactionManager two(DataSource orders) {
            return new JdbcTransactionManager(orders);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoAreOnEvents extends Databases {
        @Bean
        PlatformTransactionManager one(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }

        @Bean
        PlatformTransactionManager two(@EventCoreDataSource DataSource events) {
            return new JdbcTransactionManager(events);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TakesTheSecond {
        @Bean
        ProjectionRunnerCustomizer customizer(@Qualifier("two") PlatformTransactionManager two) {
            return runner -> runner.transactionManager(two);
        }
    }
}
