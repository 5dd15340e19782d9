package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.Projection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ForwardingProjectionStore;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.support.TransactionTemplate;

/** Read models of entities: Hibernate keeps statements back until the end of a batch, and fails there for all of it. */
class JpaProjectionTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final StreamId CLEO = StreamId.of("account-cleo");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** How many cents the account holds, and how many events have gone into it. */
    @Entity(name = "JpaBalance")
    static class Balance {
        @Id
        private String account = "";

        private long cents;
        private long events;

        Balance() {}

        Balance(String account) {
            this.account = account;
        }
    }

    /** An event that was applied, and as which one of its account. */
    @Entity(name = "JpaApplied")
    static class Applied {
        @Id
        private long position;

        private String account = "";
        private long place;

        private long version;

        Applied() {}

        Applied(RecordedEvent<?> event, long place) {
            this.position = event.position().value();
            this.account = event.streamId().value();
            this.version = event.version().value();
            this.place = place;
        }
    }

    @Nested
    class On_H2 extends Parking {
        On_H2() {
            super(H2Database.INSTANCE);
        }
    }

    @Nested
    class On_PostgreSQL extends Parking {
        On_PostgreSQL() {
            super(PostgreSqlDatabase.INSTANCE);
        }
    }

    abstract static class Parking {
        private final EventStore events;
        private final ProjectionStore store;
        private final EntityManagerFactory factory;
        private final EntityManager entities;
        private final JpaTransactionManager manager;
        private final JdbcTemplate inDatabase;
        private final TransactionTemplate transaction;
        private final ProjectionRunner runner;
        private volatile Poison poison = Poison.NONE;

        /** What happens to the second event of Ada's account. */
        private enum Poison {
            NONE,
            THROWS,
            FAILS_AT_THE_FLUSH
        }

        Parking(TestDatabase database) {
            String prefix = database.newTables();
            this.events = TestDatabase.store(database.ownersDataSource(), prefix);
            this.store = TestDatabase.jdbc(database.ownersDataSource(), prefix).projectionStore();
            this.factory = factory(database);
            this.entities = SharedEntityManagerCreator.createSharedEntityManager(factory);
            this.manager = new JpaTransactionManager(factory);
            this.inDatabase = new JdbcTemplate(database.ownersDataSource());
            manager.setDataSource(database.ownersDataSource());
            manager.addListener(TransactionPhase.listener());
            this.transaction = new TransactionTemplate(manager);
            this.runner = ProjectionRunner.builder(events, store)
                    .transactionManager(manager)
                    .lease(Duration.ofSeconds(2))
                    .poll(Duration.ofMillis(2), Duration.ofMillis(50))
                    .projection(Projection.named("balances", LedgerEvent.class)
                            .on(Deposited.class, this::apply)
                            .onError(failure -> failure.attempts() < 2 ? FailureDecision.RETRY : FailureDecision.PARK)
                            .build())
                    .build();
        }

        private static EntityManagerFactory factory(TestDatabase database) {
            LocalContainerEntityManagerFactoryBean bean = new LocalContainerEntityManagerFactoryBean();
            bean.setDataSource(database.ownersDataSource());
            bean.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
            bean.setManagedTypes(PersistenceManagedTypes.of(Balance.class.getName(), Applied.class.getName()));
            bean.getJpaPropertyMap().put("hibernate.hbm2ddl.auto", "create-drop");
            bean.afterPropertiesSet();
            return Objects.requireNonNull(bean.getObject());
        }

        @AfterEach
        void stop() {
            runner.stop();
            factory.close();
        }

        private void apply(RecordedEvent<Deposited> event) {
            String account = event.streamId().value();
            Balance balance = entities.find(Balance.class, account);
            if (balance == null) {
                balance = new Balance(account);
                entities.persist(balance);
            }
            balance.cents += event.event().cents();
            balance.events++;
            Applied applied = new Applied(event, balance.events);
            if (event.streamId().equals(ADA) && event.version().value() == 2) {
                if (poison == Poison.THROWS) {
                    throw new IllegalStateException("poison");
                }
                if (poison == Poison.FAILS_AT_THE_FLUSH) {
                    // Within what Java accepts, and not within what the database does.
                    applied.account = "x".repeat(300);
                }
            }
            entities.persist(applied);
        }

        @Test
        void a_read_model_is_emptied_before_a_reset_locks_the_checkpoint() {
            GlobalPosition last = deposit(ADA, 1);
            runner.start();
            assertThat(runner.awaitPosition("balances", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
            runner.stop();
            List<Integer> left = new ArrayList<>();
            ProjectionStore looking = new ForwardingProjectionStore(store) {
                @Override
                public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                    left.add(inDatabase.queryForObject("SELECT COUNT(*) FROM JpaApplied", Integer.class));
                    return super.advance(lease, from, to, parked);
                }
            };

            ProjectionRunner.builder(events, looking)
                    .transactionManager(manager)
                    .projection(Projection.named("balances", LedgerEvent.class)
                            .on(Deposited.class, this::apply)
                            .clearedBy(() -> entities.createQuery("select a from JpaApplied a", Applied.class)
                                    .getResultList()
                                    .forEach(entities::remove))
                            .build())
                    .build()
                    .reset("balances");

            assertThat(left).containsExactly(0);
        }

        @Test
        void a_poison_event_that_throws_parks_its_stream_and_nothing_else() {
            parksRetriesAndGoesOn(Poison.THROWS);
        }

        @Test
        void a_poison_event_that_fails_at_the_flush_of_its_batch_parks_its_stream_and_nothing_else() {
            parksRetriesAndGoesOn(Poison.FAILS_AT_THE_FLUSH);
        }

        private void parksRetriesAndGoesOn(Poison poisonous) {
            poison = poisonous;
            GlobalPosition last = events.appendEvents(StreamWrites.empty()
                            .registerStream(BOB, any())
                            .registerStream(ADA, any())
                            .registerStream(CLEO, any())
                            .append(new Deposited(BOB, 1))
                            .append(new Deposited(ADA, 2))
                            .append(new Deposited(ADA, 4))
                            .append(new Deposited(BOB, 8))
                            .append(new Deposited(ADA, 16))
                            .append(new Deposited(CLEO, 32)))
                    .lastPosition();

            runner.start();

            assertThat(runner.awaitPosition("balances", last, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
            assertThat(balances()).isEqualTo(Map.of("account-ada", 2L, "account-bob", 9L, "account-cleo", 32L));
            assertThat(versionsInOrder(BOB)).containsExactly(1L, 2L);
            assertThat(versionsInOrder(ADA)).containsExactly(1L);
            assertThat(parked().waiting()).isEqualTo(2);

            GlobalPosition later = deposit(ADA, 64);
            deposit(BOB, 128);
            assertThat(runner.awaitPosition("balances", later, PATIENCE)).isEqualTo(AwaitOutcome.PARKED);
            Eventually.until("others go on", () -> versionsInOrder(BOB).size() == 3);
            assertThat(runner.retryParked("balances", ADA)).isTrue();
            Eventually.until("the retry has failed as before", () -> parked().request() == ParkedStream.Request.NONE);
            assertThat(versionsInOrder(ADA)).containsExactly(1L);

            poison = Poison.NONE;
            assertThat(runner.retryParked("balances", ADA)).isTrue();
            Eventually.until(
                    "the stream goes on", () -> store.parkedStreams("balances").isEmpty());

            GlobalPosition end = deposit(ADA, 256);
            assertThat(runner.awaitPosition("balances", end, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
            assertThat(versionsInOrder(ADA)).containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(balances())
                    .isEqualTo(Map.of(
                            "account-ada", 2L + 4 + 16 + 64 + 256, "account-bob", 9L + 128, "account-cleo", 32L));
        }

        private GlobalPosition deposit(StreamId account, long cents) {
            return events.appendEvents(StreamWrites.to(account, any(), new Deposited(account, cents)))
                    .lastPosition();
        }

        private ParkedStream parked() {
            List<ParkedStream> parked = store.parkedStreams("balances");
            assertThat(parked)
                    .singleElement()
                    .satisfies(stream -> assertThat(stream.streamId()).isEqualTo(ADA));
            return parked.get(0);
        }

        private Map<String, Long> balances() {
            Map<String, Long> balances = new TreeMap<>();
            transaction.executeWithoutResult(status -> entities.createQuery("select b from JpaBalance b", Balance.class)
                    .getResultList()
                    .forEach(balance -> balances.put(balance.account, balance.cents)));
            return balances;
        }

        /** The versions of the events that were applied of an account, in the order in which they were. */
        private List<Long> versionsInOrder(StreamId account) {
            return entities.createQuery("select a from JpaApplied a", Applied.class).getResultList().stream()
                    .filter(applied -> applied.account.equals(account.value()))
                    .sorted(Comparator.comparing(applied -> applied.place))
                    .map(applied -> applied.version)
                    .toList();
        }
    }
}
