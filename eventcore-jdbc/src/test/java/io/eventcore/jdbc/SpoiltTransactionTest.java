package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import io.eventcore.transaction.TransactionPhase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** After a real failure of the store, a transaction holds nothing, and its commit says so: whatever the caller does. */
class SpoiltTransactionTest {
    private static final String ROWS = "spoilt_row";

    @Nested
    class On_postgresql extends Rows {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE, EnumSet.allOf(Failing.class), false);
        }
    }

    @Nested
    class On_h2 extends Rows {
        On_h2() {
            // A session that an administrator ends stays in the pool, since its error says nothing of a connection.
            super(H2Database.INSTANCE, EnumSet.complementOf(EnumSet.of(Failing.SESSION_ENDED)), true);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Rows {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE, EnumSet.allOf(Failing.class), true);
        }
    }

    /** Who manages the transaction. */
    enum Manager {
        DATA_SOURCE,
        JDBC,
        JPA
    }

    /** What makes the store fail. */
    enum Failing {
        LOCK_TIMEOUT,
        CONSTRAINT,
        READ_FORBIDDEN,
        SESSION_ENDED
    }

    /** Where it fails, and where the caller catches that. */
    enum Place {
        BODY(false),
        PARTICIPATING(false),
        NESTED_CAUGHT_INSIDE(true),
        NESTED_CAUGHT_OUTSIDE(true),
        NESTED_THRICE_CAUGHT_IN_THE_SECOND(true),
        NESTED_THRICE_CAUGHT_IN_THE_FIRST(true),
        NESTED_THRICE_CAUGHT_OUTSIDE(true),
        SAVEPOINT(true),
        JDBC_SAVEPOINT(false),
        OTHER_MANAGER_CAUGHT_INSIDE(false),
        OTHER_MANAGER_CAUGHT_OUTSIDE(false),
        OTHER_MANAGER_IN_NESTED(true),
        BEFORE_COMMIT(false),
        BEFORE_COMPLETION(false);

        /** Whether the manager sets a savepoint, which JPA's cannot with Hibernate. */
        private final boolean savepoint;

        Place(boolean savepoint) {
            this.savepoint = savepoint;
        }
    }

    /** An entity of the application. */
    @Entity(name = "SpoiltRow")
    @Table(name = ROWS)
    static class Row {
        @Id
        private long id;

        Row() {}

        Row(long id) {
            this.id = id;
        }
    }

    @TestInstance(Lifecycle.PER_CLASS)
    abstract static class Rows {
        private final TestDatabase database;
        private final Set<Failing> failing;
        private final boolean survivesFailedStatements;
        private final String prefix;
        private final Map<Commits, Application> applications = new EnumMap<>(Commits.class);
        private long next;

        /** @param survivesFailedStatements whether a transaction goes on after a statement that violates a constraint */
        Rows(TestDatabase database, Set<Failing> failing, boolean survivesFailedStatements) {
            this.database = database;
            this.failing = failing;
            this.survivesFailedStatements = survivesFailedStatements;
            this.prefix = database.newTables();
        }

        @BeforeAll
        void createTables() {
            database.createTable(ROWS, "id bigint primary key");
            TestDatabase.execute(
                    database.ownersDataSource(),
                    "ALTER TABLE " + prefix + "event ADD CONSTRAINT " + prefix + "no_withdrawal"
                            + " CHECK (type <> 'ledger.withdrawn')");
            for (Commits commits : Commits.values()) {
                applications.put(commits, new Application(database, prefix, commits == Commits.AUTO));
            }
        }

        @AfterAll
        void dropTables() {
            applications.values().forEach(Application::close);
            TestDatabase.execute(database.ownersDataSource(), "DROP TABLE " + ROWS);
        }

        /** How connections come from the pool. */
        enum Commits {
            AUTO,
            BY_HAND
        }

        /** By hand with one failure only: what the store does about the others is the same. */
        List<Arguments> cases() {
            List<Arguments> cases = new ArrayList<>();
            for (Manager manager : Manager.values()) {
                List<Place> places = Stream.of(Place.values())
                        .filter(place -> manager != Manager.JPA || !place.savepoint)
                        .toList();
                for (Place place : places) {
                    cases.add(Arguments.of(manager, Commits.BY_HAND, Failing.LOCK_TIMEOUT, place));
                    failing.forEach(each -> cases.add(Arguments.of(manager, Commits.AUTO, each, place)));
                }
            }
            return cases;
        }

        @ParameterizedTest
        @MethodSource("cases")
        void a_failure_lets_nothing_be_committed_and_the_commit_says_so(
                Manager manager, Commits commits, Failing failing, Place place) {
            Application application = Objects.requireNonNull(applications.get(commits));
            check(application, manager(application, manager, true), failing, place);
            if (place == Place.BEFORE_COMMIT || place == Place.BEFORE_COMPLETION) {
                check(application, manager(application, manager, false), failing, place);
            }
        }

        private void check(
                Application application, AbstractPlatformTransactionManager manager, Failing failing, Place place) {
            Attempt attempt = new Attempt(application, manager, failing, next += 10);

            assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> attempt.run(place));

            assertThat(attempt.failed).isTrue();
            assertThat(attempt.stored()).isEmpty();
            assertThat(application.pool.getHikariPoolMXBean().getActiveConnections())
                    .isZero();
            Attempt again = new Attempt(application, manager, failing, next += 10);
            new TransactionTemplate(manager).executeWithoutResult(status -> again.write(1));
            assertThat(again.stored()).containsExactly("row 1", "event 1");
        }

        private static AbstractPlatformTransactionManager manager(
                Application application, Manager kind, boolean watched) {
            AbstractPlatformTransactionManager manager = switch (kind) {
                case DATA_SOURCE -> new DataSourceTransactionManager(application.pool);
                case JDBC -> new JdbcTransactionManager(application.pool);
                case JPA -> {
                    JpaTransactionManager jpa = new JpaTransactionManager(application.factory);
                    jpa.setDataSource(application.pool);
                    yield jpa;
                }
            };
            if (watched) {
                manager.addListener(TransactionPhase.listener());
            }
            return manager;
        }

        @ParameterizedTest
        @EnumSource(Manager.class)
        void a_failure_in_a_new_transaction_is_no_matter_of_the_suspended_one(Manager kind) {
            Application application = Objects.requireNonNull(applications.get(Commits.AUTO));
            AbstractPlatformTransactionManager manager = manager(application, kind, true);
            TransactionTemplate inner = new TransactionTemplate(manager);
            inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            Attempt outer = new Attempt(application, manager, Failing.LOCK_TIMEOUT, next += 10);
            Attempt failed = new Attempt(application, manager, Failing.LOCK_TIMEOUT, next += 10);

            new TransactionTemplate(manager).executeWithoutResult(status -> {
                outer.write(1);
                assertThatExceptionOfType(RuntimeException.class)
                        .isThrownBy(() -> inner.executeWithoutResult(suspending -> {
                            failed.write(1);
                            failed.failQuietly();
                        }));
                outer.write(2);
            });

            assertThat(outer.stored()).containsExactly("row 1", "row 2", "event 1", "event 2");
            assertThat(failed.stored()).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Manager.class)
        void a_transaction_that_was_put_aside_before_the_store_was_used_is_not_joined(Manager kind) {
            Application application = Objects.requireNonNull(applications.get(Commits.AUTO));
            AbstractPlatformTransactionManager manager = manager(application, kind, true);
            Attempt attempt = new Attempt(application, manager, Failing.LOCK_TIMEOUT, next += 10);

            attempt.transaction.executeWithoutResult(status -> {
                assertThatExceptionOfType(IllegalStateException.class)
                        .isThrownBy(
                                () -> attempt.elsewhere.executeWithoutResult(inner -> attempt.append(attempt.other)))
                        .withMessageContaining("is suspended");
                attempt.write(1);
                attempt.elsewhere.executeWithoutResult(inner -> attempt.write(2));
            });

            assertThat(attempt.stored()).containsExactly("row 1", "row 2", "event 1", "event 2");
        }

        @ParameterizedTest
        @MethodSource("endsOfOuterAndInner")
        void without_the_listener_such_a_transaction_never_keeps_what_its_caller_was_told_is_not_stored(
                Manager kind, boolean outerCommits, boolean innerCommits) {
            Application application = Objects.requireNonNull(applications.get(Commits.AUTO));
            AbstractPlatformTransactionManager manager = manager(application, kind, false);
            Attempt attempt = new Attempt(application, manager, Failing.LOCK_TIMEOUT, next += 10);
            TransactionTemplate elsewhere = new TransactionTemplate(
                    new DataSourceTransactionManager(new DriverManagerDataSource("jdbc:h2:mem:")));
            boolean[] succeeded = new boolean[2];

            succeeded[0] = succeeds(() -> attempt.transaction.executeWithoutResult(status -> {
                application
                        .rows
                        .sql("INSERT INTO " + ROWS + " (id) VALUES (?)")
                        .param(attempt.number + 1)
                        .update();
                succeeded[1] = succeeds(() -> elsewhere.executeWithoutResult(inner -> {
                    attempt.append(attempt.stream);
                    if (!innerCommits) {
                        throw new IllegalStateException("the inner transaction rolls back");
                    }
                }));
                if (!outerCommits) {
                    status.setRollbackOnly();
                }
            }));

            assertThat(succeeded[1]).as("the inner transaction").isFalse();
            assertThat(succeeded[0] && outerCommits).as("the outer one").isFalse();
            assertThat(attempt.stored()).isEmpty();
            assertThat(application.pool.getHikariPoolMXBean().getActiveConnections())
                    .isZero();
        }

        List<Arguments> endsOfOuterAndInner() {
            return Stream.of(Manager.values())
                    .flatMap(manager -> Stream.of(true, false)
                            .flatMap(outer -> Stream.of(true, false).map(inner -> Arguments.of(manager, outer, inner))))
                    .toList();
        }

        private static boolean succeeds(Runnable call) {
            try {
                call.run();
                return true;
            } catch (RuntimeException refused) {
                return false;
            }
        }

        List<Arguments> momentsOfManagers() {
            return Stream.of(Manager.values())
                    .flatMap(manager -> Stream.of(Place.BODY, Place.BEFORE_COMMIT, Place.BEFORE_COMPLETION)
                            .map(place -> Arguments.of(manager, place)))
                    .toList();
        }

        @ParameterizedTest
        @MethodSource("momentsOfManagers")
        void after_a_failed_statement_of_the_caller_a_commit_keeps_all_or_says_that_it_keeps_nothing(
                Manager kind, Place place) {
            Application application = Objects.requireNonNull(applications.get(Commits.AUTO));
            AbstractPlatformTransactionManager manager = manager(application, kind, true);
            Attempt attempt = new Attempt(application, manager, Failing.LOCK_TIMEOUT, next += 10);

            boolean committed = attempt.commitsAfterOwnFailure(place);

            assertThat(committed).isEqualTo(survivesFailedStatements);
            assertThat(attempt.stored()).containsExactlyElementsOf(committed ? List.of("row 1", "event 1") : List.of());
            assertThat(application.pool.getHikariPoolMXBean().getActiveConnections())
                    .isZero();
        }

        @Test
        void a_transaction_that_nobody_can_watch_is_refused() {
            Application application = Objects.requireNonNull(applications.get(Commits.AUTO));
            AbstractPlatformTransactionManager manager = manager(application, Manager.JDBC, true);
            manager.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
            Attempt attempt = new Attempt(application, manager, Failing.LOCK_TIMEOUT, next += 10);

            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> new TransactionTemplate(manager).executeWithoutResult(status -> attempt.write(1)))
                    .withMessageContaining("SYNCHRONIZATION_ALWAYS");

            assertThat(attempt.stored()).isEmpty();
        }
    }

    /** An application with a pool, rows of its own and events. */
    private static final class Application {
        private final TestDatabase database;
        private final String prefix;
        private final HikariDataSource pool;
        private final EventStore store;
        private final JdbcClient rows;
        private final EntityManagerFactory factory;
        private final EntityManager entities;

        Application(TestDatabase database, String prefix, boolean autoCommit) {
            this.database = database;
            this.prefix = prefix;
            HikariConfig config = database.appConfig();
            config.setMaximumPoolSize(4);
            config.setConnectionTimeout(5_000);
            config.setAutoCommit(autoCommit);
            config.setIsolateInternalQueries(true);
            config.setConnectionInitSql(database.impatience());
            this.pool = new HikariDataSource(config);
            this.store = TestDatabase.store(pool, prefix);
            this.rows = JdbcClient.create(pool);
            this.factory = factory(pool);
            this.entities = SharedEntityManagerCreator.createSharedEntityManager(factory);
        }

        private static EntityManagerFactory factory(HikariDataSource pool) {
            LocalContainerEntityManagerFactoryBean bean = new LocalContainerEntityManagerFactoryBean();
            bean.setDataSource(pool);
            bean.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
            bean.setManagedTypes(PersistenceManagedTypes.of(Row.class.getName()));
            bean.afterPropertiesSet();
            return Objects.requireNonNull(bean.getObject());
        }

        void close() {
            factory.close();
            pool.close();
        }
    }

    /** A transaction that goes on as if the store had not failed. */
    private static final class Attempt {
        private final Application application;
        private final AbstractPlatformTransactionManager manager;
        private final Failing failing;
        private final long number;
        private final StreamId stream;
        private final StreamId other;
        private final TransactionTemplate transaction;
        private final TransactionTemplate nested;

        /** Of another manager, for another database. */
        private final TransactionTemplate elsewhere;

        private boolean failed;

        Attempt(Application application, AbstractPlatformTransactionManager manager, Failing failing, long number) {
            this.application = application;
            this.manager = manager;
            this.failing = failing;
            this.number = number;
            this.stream = StreamId.of("stream-" + number);
            this.other = StreamId.of("other-" + number);
            this.transaction = new TransactionTemplate(manager);
            this.nested = new TransactionTemplate(manager);
            nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
            DataSourceTransactionManager other =
                    new DataSourceTransactionManager(new DriverManagerDataSource("jdbc:h2:mem:"));
            other.addListener(TransactionPhase.listener());
            this.elsewhere = new TransactionTemplate(other);
        }

        void run(Place place) {
            transaction.executeWithoutResult(status -> {
                write(1);
                switch (place) {
                    case BODY -> failQuietly();
                    case PARTICIPATING -> quietly(() -> transaction.executeWithoutResult(inner -> fail()));
                    case NESTED_CAUGHT_INSIDE -> quietly(() -> nested.executeWithoutResult(inner -> failQuietly()));
                    case NESTED_CAUGHT_OUTSIDE -> quietly(() -> nested.executeWithoutResult(inner -> fail()));
                    case NESTED_THRICE_CAUGHT_IN_THE_SECOND -> nestedThrice(false, true);
                    case NESTED_THRICE_CAUGHT_IN_THE_FIRST -> nestedThrice(true, false);
                    case NESTED_THRICE_CAUGHT_OUTSIDE -> nestedThrice(false, false);
                    case SAVEPOINT -> withSavepoint(status);
                    case JDBC_SAVEPOINT -> withJdbcSavepoint();
                    case OTHER_MANAGER_CAUGHT_INSIDE -> elsewhere.executeWithoutResult(inner -> failQuietly());
                    case OTHER_MANAGER_CAUGHT_OUTSIDE -> quietly(() -> elsewhere.executeWithoutResult(inner -> fail()));
                    case OTHER_MANAGER_IN_NESTED ->
                        quietly(() ->
                                nested.executeWithoutResult(first -> elsewhere.executeWithoutResult(inner -> fail())));
                    case BEFORE_COMMIT ->
                        beforeTheEnd(new TransactionSynchronization() {
                            @Override
                            public void beforeCommit(boolean readOnly) {
                                failQuietly();
                            }
                        });
                    case BEFORE_COMPLETION ->
                        beforeTheEnd(new TransactionSynchronization() {
                            @Override
                            public void beforeCompletion() {
                                failQuietly();
                            }
                        });
                }
                quietly(() -> write(2));
                if (manager instanceof JpaTransactionManager) {
                    // Written as late as the commit.
                    quietly(() -> application.entities.persist(new Row(number + 3)));
                }
            });
        }

        /** Whether it commits after a statement of its own has violated a constraint, which it catches. */
        boolean commitsAfterOwnFailure(Place place) {
            try {
                transaction.executeWithoutResult(status -> {
                    write(1);
                    switch (place) {
                        case BODY -> insertTwice();
                        case BEFORE_COMMIT ->
                            beforeTheEnd(new TransactionSynchronization() {
                                @Override
                                public void beforeCommit(boolean readOnly) {
                                    insertTwice();
                                }
                            });
                        default ->
                            beforeTheEnd(new TransactionSynchronization() {
                                @Override
                                public void beforeCompletion() {
                                    insertTwice();
                                }
                            });
                    }
                });
                return true;
            } catch (TransientEventStoreException e) {
                assertThat(e).hasMessageContaining("A statement of the transaction has failed");
                return false;
            }
        }

        private void insertTwice() {
            assertThatExceptionOfType(DataIntegrityViolationException.class)
                    .isThrownBy(() -> application
                            .rows
                            .sql("INSERT INTO " + ROWS + " (id) VALUES (?)")
                            .param(number + 1)
                            .update());
        }

        private void nestedThrice(boolean inTheFirst, boolean inTheSecond) {
            quietly(() -> nested.executeWithoutResult(first -> maybeQuietly(
                    inTheFirst,
                    () -> nested.executeWithoutResult(
                            second -> maybeQuietly(inTheSecond, () -> nested.executeWithoutResult(third -> fail()))))));
        }

        private static void beforeTheEnd(TransactionSynchronization synchronization) {
            TransactionSynchronizationManager.registerSynchronization(synchronization);
        }

        private void withSavepoint(TransactionStatus status) {
            Object savepoint = status.createSavepoint();
            failQuietly();
            quietly(() -> status.rollbackToSavepoint(savepoint));
        }

        private void withJdbcSavepoint() {
            Connection connection = DataSourceUtils.getConnection(application.pool);
            try {
                Savepoint savepoint = connection.setSavepoint();
                failQuietly();
                connection.rollback(savepoint);
            } catch (SQLException theSessionHasEnded) {
                assertThat(failing).isEqualTo(Failing.SESSION_ENDED);
            } finally {
                DataSourceUtils.releaseConnection(connection, application.pool);
            }
        }

        void write(int step) {
            application
                    .rows
                    .sql("INSERT INTO " + ROWS + " (id) VALUES (?)")
                    .param(number + step)
                    .update();
            application.store.appendEvents(StreamWrites.to(stream, any(), new Deposited(stream, step)));
        }

        void failQuietly() {
            quietly(this::fail);
        }

        private void fail() {
            try {
                switch (failing) {
                    case LOCK_TIMEOUT -> appendToLockedStream();
                    case CONSTRAINT ->
                        application.store.appendEvents(StreamWrites.to(other, any(), new Withdrawn(other, 1)));
                    case READ_FORBIDDEN -> readForbidden();
                    case SESSION_ENDED -> {
                        application.database.endSession(application
                                .rows
                                .sql(application.database.sessionId())
                                .query(Long.class)
                                .single());
                        append(other);
                    }
                }
            } catch (EventStoreException e) {
                failed = true;
                throw e;
            }
        }

        private void appendToLockedStream() {
            try (Connection elsewhere = application.database.ownersDataSource().getConnection()) {
                elsewhere.setAutoCommit(false);
                application.database.lock(elsewhere, application.prefix, other);
                try {
                    append(other);
                } finally {
                    elsewhere.rollback();
                    elsewhere.setAutoCommit(true);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private void readForbidden() {
            String table = application.prefix + "event";
            TestDatabase.execute(
                    application.database.ownersDataSource(), "REVOKE SELECT ON " + table + " FROM " + TestDatabase.APP);
            try {
                application.store.readStream(stream, LedgerEvent.class);
            } finally {
                TestDatabase.execute(
                        application.database.ownersDataSource(),
                        "GRANT SELECT ON " + table + " TO " + TestDatabase.APP);
            }
        }

        private void append(StreamId streamId) {
            application.store.appendEvents(StreamWrites.to(streamId, any(), new Deposited(streamId, 9)));
        }

        private static void maybeQuietly(boolean quiet, Runnable action) {
            if (quiet) {
                quietly(action);
            } else {
                action.run();
            }
        }

        /** As a caller who goes on, whatever was said. */
        private static void quietly(Runnable action) {
            try {
                action.run();
            } catch (RuntimeException e) {
                assertThat(e).isNotNull();
            }
        }

        /** All that is there, as another transaction sees it. */
        List<String> stored() {
            List<String> stored = new ArrayList<>();
            JdbcClient.create(application.database.dataSource())
                    .sql("SELECT id FROM " + ROWS + " WHERE id BETWEEN ? AND ? ORDER BY id")
                    .param(number)
                    .param(number + 9)
                    .query(Long.class)
                    .list()
                    .forEach(id -> stored.add("row " + (id - number)));
            for (StreamId each : List.of(stream, other)) {
                application.database.store(application.prefix).readStream(each, Deposited.class).stream()
                        .forEach(event -> stored.add("event " + event.event().cents()));
            }
            return stored;
        }
    }
}
