package io.eventcore.autoconfigure;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.StreamWrites;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandId;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A store joins the transactions of its own database, and is never taken to be a part of another one's. */
class NamedStoreTransactionsTest {
    /** Every way to write into a store. */
    private static final Map<String, Consumer<NamedEventStore>> WRITES = writes();

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static Map<String, Consumer<NamedEventStore>> writes() {
        Map<String, Consumer<NamedEventStore>> writes = new LinkedHashMap<>();
        writes.put(
                "append",
                store -> store.eventStore()
                        .appendEvents(StreamWrites.to(Tenants.ADA, any(), new Deposited(Tenants.ADA, 1))));
        writes.put("command", store -> store.commands().execute(new DepositMoney(Tenants.ADA, 2)));
        writes.put(
                "command with an id",
                store -> store.commands()
                        .execute(
                                new DepositMoney(Tenants.ADA, 3),
                                CommandContext.empty()
                                        .withCommandId(CommandId.of("queue", "message-" + NUMBER.incrementAndGet()))));
        writes.put("erasure", store -> store.personalData().erase("person-" + NUMBER.incrementAndGet()));
        return writes;
    }

    private static ApplicationContextRunner tenants() {
        return Tenants.onH2()
                .withPropertyValues("eventcore.personal-data.master-key=2026:"
                        + Base64.getEncoder().encodeToString(new byte[32]));
    }

    @Test
    void a_rollback_takes_what_the_store_of_that_database_has_written() {
        tenants()
                .run(application -> WRITES.forEach((way, write) -> {
                    in(application, "acme").executeWithoutResult(status -> {
                        write.accept(Tenants.store(application, "acme"));
                        status.setRollbackOnly();
                    });

                    assertThat(events(application, "acme")).as(way).isZero();
                }));
    }

    @Test
    void nothing_is_written_within_the_transaction_of_another_database() {
        tenants().run(application -> {
            // The second time the executor knows the stream, which is another path.
            for (int time = 0; time < 2; time++) {
                WRITES.forEach((way, write) -> {
                    long before = events(application, "initech");
                    in(application, "acme").executeWithoutResult(status -> {
                        Tenants.deposit(application, "acme", 7);
                        assertThatExceptionOfType(ForeignTransactionException.class)
                                .as(way)
                                .isThrownBy(() -> write.accept(Tenants.store(application, "initech")))
                                .withMessageContaining("'initech'")
                                .withMessageContaining("stores 'acme', 'globex'");
                        status.setRollbackOnly();
                    });
                    assertThat(events(application, "initech")).as(way).isEqualTo(before);
                    assertThat(events(application, "acme")).as(way).isZero();
                });
                Tenants.deposit(application, "initech", 1);
            }
        });
    }

    /** What would happen otherwise: the guard is what prevents it. */
    @Test
    void without_the_guard_events_would_stay_though_the_transaction_rolls_back() {
        tenants().run(application -> {
            in(application, "acme").executeWithoutResult(status -> {
                Tenants.store(application, "initech")
                        .database()
                        .eventStore(new JacksonEventSerializer(application.getBean(EventTypes.class)))
                        .appendEvents(StreamWrites.to(Tenants.ADA, any(), new Deposited(Tenants.ADA, 1)));
                status.setRollbackOnly();
            });

            assertThat(events(application, "initech")).isEqualTo(1);
        });
    }

    @Test
    void stores_of_one_data_source_are_committed_together() {
        tenants().run(application -> {
            for (boolean commits : new boolean[] {false, true}) {
                in(application, "globex").executeWithoutResult(status -> {
                    Tenants.deposit(application, "acme", 1);
                    Tenants.deposit(application, "globex", 2);
                    if (!commits) {
                        status.setRollbackOnly();
                    }
                });

                assertThat(events(application, "acme")).isEqualTo(commits ? 1 : 0);
                assertThat(events(application, "globex")).isEqualTo(commits ? 1 : 0);
            }
        });
    }

    @Test
    void what_suspends_the_transaction_lets_the_other_store_write() {
        eachWrites((application, write) -> {
            NamedEventStore initech = Tenants.store(application, "initech");
            TransactionTemplate suspended = in(application, "acme");
            suspended.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
            in(application, "acme").executeWithoutResult(status -> {
                suspended.executeWithoutResult(none -> write.accept(initech));
                status.setRollbackOnly();
            });
        });
    }

    @Test
    void after_its_commit_the_other_store_writes_and_before_it_does_not() {
        eachWrites((application, write) -> {
            NamedEventStore initech = Tenants.store(application, "initech");
            AtomicReference<Throwable> before = new AtomicReference<>();
            in(application, "acme").executeWithoutResult(status -> {
                Tenants.deposit(application, "acme", 1);
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void beforeCommit(boolean readOnly) {
                        try {
                            write.accept(initech);
                        } catch (ForeignTransactionException e) {
                            before.set(e);
                        }
                    }

                    @Override
                    public void afterCommit() {
                        write.accept(initech);
                    }
                });
            });

            assertThat(before.get()).isInstanceOf(ForeignTransactionException.class);
        });
    }

    @Test
    void a_transaction_of_its_own_within_that_of_another_counts() {
        eachWrites((application, write) -> in(application, "acme").executeWithoutResult(outer -> {
            in(application, "initech")
                    .executeWithoutResult(inner -> write.accept(Tenants.store(application, "initech")));
            outer.setRollbackOnly();
        }));
    }

    /** In each way initech gets one event. */
    private static void eachWrites(BiConsumer<ApplicationContext, Consumer<NamedEventStore>> step) {
        tenants()
                .run(application -> WRITES.forEach((way, write) -> {
                    long before = events(application, "initech");
                    step.accept(application, write);

                    assertThat(events(application, "initech")).as(way).isEqualTo(before + 1);
                }));
    }

    @Test
    void reading_another_store_is_not_refused() {
        tenants().run(application -> {
            Tenants.deposit(application, "initech", 5);

            in(application, "acme")
                    .executeWithoutResult(status ->
                            assertThat(Tenants.deposits(application, "initech")).containsExactly(5L));
        });
    }

    @Test
    void a_connection_that_another_transaction_merely_keeps_is_no_transaction_of_its_store() {
        DataSource elsewhere = Tenants.h2();
        tenants().withBean("elsewhere", DataSource.class, () -> elsewhere).run(application -> {
            new TransactionTemplate(new JdbcTransactionManager(elsewhere)).executeWithoutResult(status -> {
                // Bound to this thread until the transaction ends.
                assertThat(Tenants.balanceTables(
                                Tenants.store(application, "acme").dataSource()))
                        .isZero();
                Tenants.deposit(application, "initech", 1);
            });

            assertThat(events(application, "initech")).isEqualTo(1);
        });
    }

    @Test
    void a_transaction_of_the_router_is_not_that_of_a_target() {
        DataSource ada = Tenants.h2();
        AbstractRoutingDataSource router = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                return "ada";
            }
        };
        router.setTargetDataSources(Map.of("ada", ada));
        Applications.withoutDatabase()
                .withBean("router", DataSource.class, () -> new DelegatingDataSource(router))
                .withBean(PlatformTransactionManager.class, () -> {
                    router.afterPropertiesSet();
                    return new JdbcTransactionManager(router);
                })
                .withPropertyValues(
                        "eventcore.jdbc.initialize-schema=always", "eventcore.stores.ada.data-source=router")
                .run(application -> {
                    TransactionTemplate routed =
                            new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
                    routed.executeWithoutResult(status -> assertThatExceptionOfType(ForeignTransactionException.class)
                            .isThrownBy(() -> Tenants.deposit(application, "ada", 1))
                            .withMessageContaining("data source 'router', a routing data source"));

                    in(application, "ada").executeWithoutResult(status -> Tenants.deposit(application, "ada", 1));
                    assertThat(events(application, "ada")).isEqualTo(1);
                });
    }

    @Test
    void the_applications_manager_for_a_database_is_taken() {
        tenants()
                .withBean(
                        "managesSouth",
                        PlatformTransactionManager.class,
                        () -> new JdbcTransactionManager(new DelegatingDataSource()))
                .run(application -> assertThat(
                                Tenants.store(application, "initech").transactionManager())
                        .isInstanceOf(JdbcTransactionManager.class));
        DataSource south = Tenants.h2();
        JdbcTransactionManager own = new JdbcTransactionManager(new DelegatingDataSource(south));
        Tenants.on(Tenants.h2(), south)
                .withBean("own", PlatformTransactionManager.class, () -> own)
                .run(application -> {
                    assertThat(Tenants.store(application, "initech").transactionManager())
                            .isSameAs(own);
                    assertThat(Tenants.store(application, "acme").transactionManager())
                            .isNotSameAs(own)
                            .isSameAs(Tenants.store(application, "globex").transactionManager());
                });
    }

    @Test
    void a_transaction_of_jpa_is_joined_by_its_stores_and_refused_to_others() {
        DataSource north = Tenants.h2();
        LocalContainerEntityManagerFactoryBean entities = new LocalContainerEntityManagerFactoryBean();
        entities.setDataSource(north);
        entities.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
        entities.setPackagesToScan("io.eventcore.autoconfigure.bank");
        entities.afterPropertiesSet();
        JpaTransactionManager jpa = new JpaTransactionManager(Objects.requireNonNull(entities.getObject()));
        Tenants.on(north, Tenants.h2())
                .withBean("jpa", PlatformTransactionManager.class, () -> jpa)
                .run(application -> {
                    assertThat(Tenants.store(application, "acme").transactionManager())
                            .isSameAs(jpa);
                    in(application, "acme").executeWithoutResult(status -> {
                        Tenants.deposit(application, "acme", 1);
                        assertThatExceptionOfType(ForeignTransactionException.class)
                                .isThrownBy(() -> Tenants.deposit(application, "initech", 1));
                        status.setRollbackOnly();
                    });
                    assertThat(events(application, "acme")).isZero();
                    assertThat(events(application, "initech")).isZero();

                    in(application, "acme").executeWithoutResult(status -> Tenants.deposit(application, "globex", 1));
                    assertThat(events(application, "globex")).isEqualTo(1);
                });
        entities.destroy();
    }

    private static TransactionTemplate in(ApplicationContext application, String tenant) {
        return new TransactionTemplate(Tenants.store(application, tenant).transactionManager());
    }

    private static long events(ApplicationContext application, String tenant) {
        return JdbcClient.create(Tenants.store(application, tenant).dataSource())
                .sql("SELECT COUNT(*) FROM " + prefix(tenant) + "event")
                .query(Long.class)
                .single();
    }

    private static String prefix(String tenant) {
        return tenant.equals("acme") || tenant.equals("globex") ? tenant + "_" : "eventcore_";
    }
}
