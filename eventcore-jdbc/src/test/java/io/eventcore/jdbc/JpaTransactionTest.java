package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.chaos.Fault;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.chaos.JdbcCall;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Appends in the transactions of Hibernate. */
class JpaTransactionTest {
    private static final H2Database DATABASE = H2Database.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");

    private final FaultyDataSource faulty = new FaultyDataSource(DATABASE.ownersDataSource(), FaultPlan.none());
    private final EventStore store = TestDatabase.store(faulty, DATABASE.newTables());
    private final EntityManagerFactory factory = factory();
    private final EntityManager entities = SharedEntityManagerCreator.createSharedEntityManager(factory);
    private final TransactionTemplate transaction = transaction();

    /** An entity of the application. */
    @Entity(name = "JpaAccount")
    static class Account {
        @Id
        private int id;

        Account() {}

        Account(int id) {
            this.id = id;
        }
    }

    private EntityManagerFactory factory() {
        HibernateJpaVendorAdapter hibernate = new HibernateJpaVendorAdapter();
        hibernate.setGenerateDdl(true);
        LocalContainerEntityManagerFactoryBean bean = new LocalContainerEntityManagerFactoryBean();
        bean.setDataSource(faulty);
        bean.setJpaVendorAdapter(hibernate);
        bean.setManagedTypes(PersistenceManagedTypes.of(Account.class.getName()));
        bean.getJpaPropertyMap().put("hibernate.hbm2ddl.auto", "create-drop");
        bean.afterPropertiesSet();
        return Objects.requireNonNull(bean.getObject());
    }

    private TransactionTemplate transaction() {
        JpaTransactionManager manager = new JpaTransactionManager(factory);
        manager.setDataSource(faulty);
        manager.addListener(TransactionPhase.listener());
        return new TransactionTemplate(manager);
    }

    @AfterEach
    void close() {
        faulty.plan(FaultPlan.none());
        factory.close();
    }

    @Test
    void events_and_entities_are_committed_together() {
        transaction.executeWithoutResult(status -> {
            assertThat(store.internals().joinsCallersTransaction()).isTrue();
            entities.persist(new Account(1));
            store.appendEvents(deposit(noStream(), 1));
        });

        assertThat(accounts()).isEqualTo(1);
        assertThat(events()).isEqualTo(1);
    }

    @Test
    void events_and_entities_are_rolled_back_together() {
        transaction.executeWithoutResult(status -> {
            entities.persist(new Account(1));
            entities.flush();
            store.appendEvents(deposit(noStream(), 1));
            status.setRollbackOnly();
        });

        assertThat(accounts()).isZero();
        assertThat(events()).isZero();
    }

    @Test
    void after_a_conflict_the_entities_are_committed() {
        transaction.executeWithoutResult(status -> {
            entities.persist(new Account(1));
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> store.appendEvents(deposit(exactly(7), 1)));
        });

        assertThat(accounts()).isEqualTo(1);
    }

    /** This manager does not ask the connection whether it may commit. */
    @Test
    void after_a_failure_neither_events_nor_entities_are_committed() {
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    entities.persist(new Account(1));
                    entities.flush();
                    faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.DEADLOCK));
                    assertThatExceptionOfType(EventStoreException.class)
                            .isThrownBy(() -> store.appendEvents(deposit(noStream(), 1)));
                    entities.persist(new Account(2));
                }));

        assertThat(accounts()).isZero();
        assertThat(events()).isZero();
    }

    @Test
    void an_append_after_the_commit_is_a_transaction_of_its_own() {
        transaction.executeWithoutResult(status -> {
            entities.persist(new Account(1));
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    assertThat(store.internals().joinsCallersTransaction()).isFalse();
                    store.appendEvents(deposit(noStream(), 1));
                }
            });
        });

        assertThat(events()).isEqualTo(1);
    }

    private long accounts() {
        return entities.createQuery("select count(a) from JpaAccount a", Long.class)
                .getSingleResult();
    }

    private int events() {
        return store.readStream(ADA, LedgerEvent.class).toList().size();
    }

    private static StreamWrites deposit(ExpectedVersion expected, long cents) {
        return StreamWrites.to(ADA, expected, new Deposited(ADA, cents));
    }
}
