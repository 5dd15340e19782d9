package io.eventcore.autoconfigure;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.autoconfigure.bank.BankEvent.Deposited;
import io.eventcore.autoconfigure.bank.DepositMoney;
import io.eventcore.command.CommandExecutor;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Events and entities in one transaction, which JPA manages. */
class JpaTest {
    private static final StreamId ADA = StreamId.of("account-ada");

    static List<ApplicationContextRunner> applications() {
        return List.of(
                withJpa(Applications.withH2()),
                withJpa(Applications.withDatabase(RealPostgreSql.newDatabase()))
                        .withPropertyValues("eventcore.jdbc.initialize-schema=always"));
    }

    @Test
    void the_transaction_manager_is_that_of_jpa() {
        withJpa(Applications.withH2())
                .run(application -> assertThat(application)
                        .hasSingleBean(PlatformTransactionManager.class)
                        .hasSingleBean(JpaTransactionManager.class));
    }

    @ParameterizedTest
    @MethodSource("applications")
    void an_append_is_committed_with_the_entities(ApplicationContextRunner runner) {
        runner.run(application -> {
            transaction(application).executeWithoutResult(status -> {
                entities(application).persist(new Owner(1L));
                store(application).appendEvents(deposit(0, 5));
            });

            assertThat(store(application).streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
            assertThat(owners(application)).isEqualTo(1);
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void an_append_is_rolled_back_with_the_entities(ApplicationContextRunner runner) {
        runner.run(application -> {
            transaction(application).executeWithoutResult(status -> {
                entities(application).persist(new Owner(1L));
                store(application).appendEvents(deposit(0, 5));
                assertThat(store(application).internals().joinsCallersTransaction())
                        .isTrue();
                status.setRollbackOnly();
            });

            assertThat(store(application).streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
            assertThat(owners(application)).isZero();
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void a_conflict_does_not_poison_the_transaction(ApplicationContextRunner runner) {
        runner.run(application -> {
            store(application).appendEvents(deposit(0, 1));

            transaction(application).executeWithoutResult(status -> {
                entities(application).persist(new Owner(1L));
                assertThatExceptionOfType(VersionConflictException.class)
                        .isThrownBy(() -> store(application).appendEvents(deposit(0, 2)));
                store(application).appendEvents(deposit(1, 3));
            });

            assertThat(store(application).streamVersion(ADA)).isEqualTo(StreamVersion.of(2));
            assertThat(owners(application)).isEqualTo(1);
        });
    }

    @ParameterizedTest
    @MethodSource("applications")
    void a_command_inside_such_a_transaction_is_tried_once(ApplicationContextRunner runner) {
        runner.run(application -> {
            transaction(application)
                    .executeWithoutResult(status -> assertThat(application
                                    .getBean(CommandExecutor.class)
                                    .execute(new DepositMoney(ADA, 5))
                                    .attempts())
                            .isEqualTo(1));

            assertThat(store(application).streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
        });
    }

    private static ApplicationContextRunner withJpa(ApplicationContextRunner runner) {
        return runner.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                .withUserConfiguration(Entities.class)
                .withPropertyValues("spring.jpa.hibernate.ddl-auto=create");
    }

    private static TransactionTemplate transaction(ApplicationContext application) {
        return new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
    }

    private static EventStore store(ApplicationContext application) {
        return application.getBean(EventStore.class);
    }

    private static EntityManager entities(ApplicationContext application) {
        return SharedEntityManagerCreator.createSharedEntityManager(
                application.getBean(jakarta.persistence.EntityManagerFactory.class));
    }

    private static long owners(ApplicationContext application) {
        return entities(application)
                .createQuery("select count(o) from Owner o", Long.class)
                .getSingleResult();
    }

    private static StreamWrites deposit(long version, long cents) {
        return StreamWrites.to(ADA, version == 0 ? noStream() : exactly(version), new Deposited(ADA, cents));
    }

    /** A person who has an account. */
    @Entity(name = "Owner")
    static class Owner {
        @Id
        private Long id = 0L;

        protected Owner() {}

        Owner(Long id) {
            this.id = id;
        }

        Long id() {
            return id;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage
    static class Entities {}
}
