package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.snapshot.SnapshotKey;
import io.eventcore.snapshot.StoredSnapshot;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.transaction.TransactionPhase;
import jakarta.persistence.EntityManagerFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What is done in callbacks after the end of a transaction is done for good when the call returns. */
class FinishedTransactionTest {
    private static final String ROWS = "finished_row";

    @Nested
    class On_postgresql extends Callbacks {
        On_postgresql() {
            super(PostgreSqlDatabase.INSTANCE);
        }
    }

    @Nested
    class On_h2 extends Callbacks {
        On_h2() {
            super(H2Database.INSTANCE);
        }
    }

    @Nested
    @Tag("mariadb")
    class On_mariadb extends Callbacks {
        On_mariadb() {
            super(MariaDbDatabase.INSTANCE);
        }
    }

    /** Who manages the transaction, and by what data source. */
    enum Manager {
        DATA_SOURCE,
        JDBC,
        JPA,
        BEHIND_DELEGATING_PROXY,
        BEHIND_LAZY_PROXY,
        JPA_BEHIND_DELEGATING_PROXY
    }

    /** How connections come from the pool. */
    enum Commits {
        AUTO,
        BY_HAND
    }

    /** When the callback runs. */
    enum Moment {
        AFTER_COMMIT,
        AFTER_COMPLETION,
        AFTER_ROLLBACK,
        AFTER_ROLLBACK_OF_A_PART
    }

    /** What is around the call in the callback. */
    enum Around {
        NOTHING(-1),
        REQUIRED(TransactionDefinition.PROPAGATION_REQUIRED),
        SUPPORTS(TransactionDefinition.PROPAGATION_SUPPORTS),
        MANDATORY_IN_REQUIRED(TransactionDefinition.PROPAGATION_MANDATORY),
        REQUIRES_NEW(TransactionDefinition.PROPAGATION_REQUIRES_NEW),
        NOT_SUPPORTED(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);

        private final int propagation;

        Around(int propagation) {
            this.propagation = propagation;
        }

        /** Whether it does not join the finished transaction. */
        boolean isOfItsOwn() {
            return this == NOTHING || this == REQUIRES_NEW || this == NOT_SUPPORTED;
        }

        void run(AbstractPlatformTransactionManager manager, Runnable call) {
            if (this == NOTHING) {
                call.run();
                return;
            }
            TransactionTemplate template = new TransactionTemplate(manager);
            template.setPropagationBehavior(propagation);
            if (this == MANDATORY_IN_REQUIRED) {
                new TransactionTemplate(manager)
                        .executeWithoutResult(status -> template.executeWithoutResult(inner -> call.run()));
                return;
            }
            template.executeWithoutResult(status -> call.run());
        }
    }

    @TestInstance(Lifecycle.PER_CLASS)
    abstract static class Callbacks {
        private final TestDatabase database;
        private final String prefix;
        private final Map<Commits, Application> applications = new EnumMap<>(Commits.class);
        private int next;

        Callbacks(TestDatabase database) {
            this.database = database;
            this.prefix = database.newTables();
        }

        @BeforeAll
        void createTables() {
            database.createTable(ROWS, "id bigint primary key");
            for (Commits commits : Commits.values()) {
                applications.put(commits, new Application(database, prefix, commits == Commits.AUTO));
            }
        }

        @AfterAll
        void dropTables() {
            applications.values().forEach(Application::close);
            TestDatabase.execute(database.ownersDataSource(), "DROP TABLE " + ROWS);
        }

        private Application application(Commits commits) {
            return Objects.requireNonNull(applications.get(commits));
        }

        static List<Arguments> moments() {
            List<Arguments> moments = new ArrayList<>();
            for (Manager manager : Manager.values()) {
                for (Commits commits : Commits.values()) {
                    for (Moment moment : Moment.values()) {
                        moments.add(Arguments.of(manager, commits, moment));
                    }
                }
            }
            return moments;
        }

        @ParameterizedTest
        @MethodSource("moments")
        void what_the_store_has_done_when_its_call_returns_is_committed(Manager kind, Commits commits, Moment moment) {
            Application application = application(commits);
            AbstractPlatformTransactionManager manager = application.manager(kind);
            List<Integer> numbers = new ArrayList<>();

            inCallback(application, manager, moment, () -> {
                for (Around around : Around.values()) {
                    for (Operation operation : Operation.values()) {
                        int number = next++;
                        numbers.add(number);
                        around.run(manager, () -> operation.on(application, number));
                        assertThat(operation.stored(application, number))
                                .as("%s within %s", operation, around)
                                .isEqualTo(operation.expected());
                    }
                }
            });

            assertThat(numbers).hasSize(Around.values().length * Operation.values().length);
            assertThat(application.pool.getHikariPoolMXBean().getActiveConnections())
                    .isZero();
            assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
        }

        @ParameterizedTest
        @MethodSource("moments")
        void a_new_transaction_in_the_callback_is_joined(Manager kind, Commits commits, Moment moment) {
            Application application = application(commits);
            AbstractPlatformTransactionManager manager = application.manager(kind);
            TransactionTemplate another = new TransactionTemplate(manager);
            another.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            List<Integer> numbers = new ArrayList<>();

            inCallback(application, manager, moment, () -> {
                for (Operation operation : List.of(Operation.APPEND, Operation.COMMAND)) {
                    int number = next++;
                    numbers.add(number);
                    another.executeWithoutResult(status -> {
                        operation.on(application, number);
                        assertThat(operation.stored(application, number)).isZero();
                        status.setRollbackOnly();
                    });
                }
            });

            assertThat(numbers).hasSize(2).allSatisfy(number -> {
                assertThat(Operation.APPEND.stored(application, number)).isZero();
                assertThat(Operation.COMMAND.stored(application, number)).isZero();
            });
        }

        @ParameterizedTest
        @MethodSource("moments")
        void without_the_listener_a_call_that_reports_success_has_stored(Manager kind, Commits commits, Moment moment) {
            Application application = application(commits);
            AbstractPlatformTransactionManager manager = application.manager(kind);
            manager.setTransactionExecutionListeners(List.of());
            Map<Integer, Boolean> successes = new LinkedHashMap<>();

            inCallback(application, manager, moment, () -> {
                for (Around around : Around.values()) {
                    for (Operation operation : List.of(Operation.APPEND, Operation.COMMAND)) {
                        int number = next++;
                        boolean success = succeeds(() -> around.run(manager, () -> operation.on(application, number)));
                        successes.put(number, success);
                        assertThat(success || !around.isOfItsOwn())
                                .as("%s within %s", operation, around)
                                .isTrue();
                    }
                }
            });

            assertThat(successes)
                    .hasSize(2 * Around.values().length)
                    .allSatisfy((number, success) -> assertThat(Operation.APPEND.stored(application, number) > 0)
                            .isEqualTo(success));
            assertThat(application.pool.getHikariPoolMXBean().getActiveConnections())
                    .isZero();
            assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
        }

        @ParameterizedTest
        @MethodSource("moments")
        void without_the_listener_a_rollback_leaves_what_was_stored_when_the_call_returned(
                Manager kind, Commits commits, Moment moment) {
            Application application = application(commits);
            AbstractPlatformTransactionManager manager = application.manager(kind);
            manager.setTransactionExecutionListeners(List.of());
            Map<Integer, Integer> stored = new LinkedHashMap<>();

            inCallback(application, manager, moment, () -> {
                for (Around around : List.of(Around.REQUIRED, Around.SUPPORTS, Around.REQUIRES_NEW)) {
                    int number = next++;
                    stored.put(number, 0);
                    assertThat(succeeds(() -> around.run(manager, () -> {
                                application.append(number, noStream());
                                stored.put(number, Operation.APPEND.stored(application, number));
                                throw new IllegalStateException("rolls back");
                            })))
                            .isFalse();
                }
            });

            assertThat(stored)
                    .hasSize(3)
                    .allSatisfy((number, before) -> assertThat(Operation.APPEND.stored(application, number))
                            .isEqualTo(before));
        }

        private static boolean succeeds(Runnable call) {
            try {
                call.run();
                return true;
            } catch (RuntimeException refused) {
                return false;
            }
        }

        private void inCallback(
                Application application, AbstractPlatformTransactionManager manager, Moment moment, Runnable callback) {
            List<Throwable> failures = new ArrayList<>();
            int row = next++;
            new TransactionTemplate(manager).executeWithoutResult(status -> {
                TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void afterCommit() {
                        if (moment == Moment.AFTER_COMMIT) {
                            run();
                        }
                    }

                    @Override
                    public void afterCompletion(int outcome) {
                        if (moment != Moment.AFTER_COMMIT) {
                            run();
                        }
                    }

                    /** Spring logs what is thrown after completion, and goes on. */
                    private void run() {
                        try {
                            callback.run();
                        } catch (RuntimeException | AssertionError e) {
                            failures.add(e);
                        }
                    }
                });
                JdbcClient.create(application.managedBy(manager))
                        .sql("INSERT INTO " + ROWS + " (id) VALUES (?)")
                        .param(row)
                        .update();
                if (moment == Moment.AFTER_ROLLBACK) {
                    status.setRollbackOnly();
                }
                if (moment == Moment.AFTER_ROLLBACK_OF_A_PART) {
                    new TransactionTemplate(manager).executeWithoutResult(TransactionStatus::setRollbackOnly);
                    status.setRollbackOnly();
                }
            });
            assertThat(failures).isEmpty();
        }

        @Test
        void where_a_connection_is_merely_kept_for_another_data_sources_transaction_an_append_is_stored() {
            Application application = application(Commits.AUTO);
            TransactionTemplate elsewhere = new TransactionTemplate(
                    new DataSourceTransactionManager(new DriverManagerDataSource("jdbc:h2:mem:")));

            for (int resources = 0; resources < 12; resources++) {
                int number = next++;
                List<String> bound = new ArrayList<>();
                for (int i = 0; i < resources; i++) {
                    bound.add("resource-" + i);
                }
                bound.forEach(each -> TransactionSynchronizationManager.bindResource(each, each));
                try {
                    elsewhere.executeWithoutResult(status -> {
                        JdbcClient.create(application.pool)
                                .sql("SELECT count(*) FROM " + ROWS)
                                .query(Integer.class)
                                .single();
                        Operation.APPEND.on(application, number);
                    });
                } finally {
                    bound.forEach(TransactionSynchronizationManager::unbindResource);
                }

                assertThat(Operation.APPEND.stored(application, number)).isEqualTo(2);
            }
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void what_a_connection_throws_when_it_is_given_back_changes_no_outcome(boolean grouped) {
            Application application = application(Commits.AUTO);
            List<Supplier<Throwable>> thrown =
                    List.of(() -> new IllegalStateException("cannot close"), () -> new NoClassDefFoundError("missing"));
            for (Supplier<Throwable> each : thrown) {
                DataSource failing = closingWith(application.pool, each);
                EventStore store = TestDatabase.builder(failing, prefix)
                        .groupCommit(grouped ? GroupCommitSettings.defaults() : GroupCommitSettings.off())
                        .build();
                StreamId stream = StreamId.of("stream-" + next++);

                EventStreamSlice slice =
                        store.appendEvents(StreamWrites.to(stream, noStream(), new Deposited(stream, 1)));

                assertThat(slice.events()).hasSize(1);
                assertThat(store.readStream(stream, LedgerEvent.class).toList()).hasSize(1);
            }
        }

        @Test
        void a_command_with_an_id_is_refused_in_a_read_only_transaction_before_anything_is_sent() {
            Application application = application(Commits.AUTO);
            TransactionTemplate readOnly = new TransactionTemplate(application.manager(Manager.JDBC));
            readOnly.setReadOnly(true);
            int number = next++;

            boolean committed = Boolean.TRUE.equals(readOnly.execute(status -> {
                assertThatExceptionOfType(EventStoreUnavailableException.class)
                        .isThrownBy(() -> Operation.COMMAND.on(application, number))
                        .withMessageContaining("read-only");
                return true;
            }));

            assertThat(committed).isTrue();
            assertThat(Operation.COMMAND.stored(application, number)).isZero();
        }
    }

    private static DataSource closingWith(DataSource pool, Supplier<Throwable> failure) {
        return new DelegatingDataSource(pool) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                return (Connection) Proxy.newProxyInstance(
                        Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                            try {
                                Object result = method.invoke(connection, args);
                                if (method.getName().equals("close")) {
                                    throw failure.get();
                                }
                                return result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }
        };
    }

    /** What is done in the callback, in two steps of which the second needs the first. */
    enum Operation {
        APPEND {
            @Override
            void on(Application application, int number) {
                application.append(number, noStream());
                assertThat(application.store.streamVersion(stream(number)).value())
                        .isEqualTo(1);
                application.append(number, exactly(1));
                assertThat(application.store.readStream(stream(number), LedgerEvent.class))
                        .hasSize(2);
            }

            @Override
            int expected() {
                return 2;
            }
        },
        COMMAND {
            @Override
            void on(Application application, int number) {
                application.commands.executeOnce(new CommandId("test", "command-" + number), "print", () -> {
                    application.append(number, any());
                    return ExecutionResult.of(1, EventStreamSlice.empty(), Map.of(), Duration.ZERO);
                });
                assertThat(application.commands.find(new CommandId("test", "command-" + number)))
                        .isPresent();
            }
        },
        SNAPSHOT {
            @Override
            void on(Application application, int number) {
                SnapshotKey key = new SnapshotKey("type", "inputs-" + number);
                application.snapshots.save(key, new StoredSnapshot(1, Map.of(), GlobalPosition.of(1), "{}"));
                assertThat(application.snapshots.find(key)).isPresent();
                application.append(number, any());
            }
        };

        abstract void on(Application application, int number);

        int expected() {
            return 1;
        }

        /** How many events another session sees. */
        int stored(Application application, int number) {
            return application.outside.applyAsInt(stream(number));
        }

        static StreamId stream(int number) {
            return StreamId.of("stream-" + number);
        }
    }

    /** An application with a pool, rows of its own and events. */
    private static final class Application {
        private final HikariDataSource pool;
        private final EventStore store;
        private final ExecutedCommands commands;
        private final JdbcSnapshotStore snapshots;
        private final EntityManagerFactory factory;
        private final EntityManagerFactory proxiedFactory;
        private final DataSource delegating;
        private final ToIntFunction<StreamId> outside;

        Application(TestDatabase database, String prefix, boolean autoCommit) {
            HikariConfig config = database.appConfig();
            config.setMaximumPoolSize(4);
            config.setConnectionTimeout(5_000);
            config.setAutoCommit(autoCommit);
            config.setIsolateInternalQueries(true);
            config.setConnectionInitSql(database.impatience());
            this.pool = new HikariDataSource(config);
            this.delegating = new DelegatingDataSource(pool);
            this.store = TestDatabase.store(pool, prefix);
            this.commands = JdbcDatabase.builder(pool)
                    .tablePrefix(prefix)
                    .withoutSchemaCheck()
                    .build()
                    .executedCommands();
            this.snapshots = TestDatabase.jdbc(pool, prefix).snapshotStore();
            this.factory = factory(pool);
            this.proxiedFactory = factory(delegating);
            EventStore others = TestDatabase.store(database.dataSource(), prefix);
            this.outside =
                    stream -> Math.toIntExact(others.streamVersion(stream).value());
        }

        private static EntityManagerFactory factory(DataSource dataSource) {
            LocalContainerEntityManagerFactoryBean bean = new LocalContainerEntityManagerFactoryBean();
            bean.setDataSource(dataSource);
            bean.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
            bean.setManagedTypes(PersistenceManagedTypes.of(SpoiltTransactionTest.Row.class.getName()));
            bean.afterPropertiesSet();
            return Objects.requireNonNull(bean.getObject());
        }

        AbstractPlatformTransactionManager manager(Manager kind) {
            AbstractPlatformTransactionManager manager = switch (kind) {
                case DATA_SOURCE -> new DataSourceTransactionManager(pool);
                case JDBC -> new JdbcTransactionManager(pool);
                case JPA -> jpa(factory, pool);
                case BEHIND_DELEGATING_PROXY -> new DataSourceTransactionManager(delegating);
                case BEHIND_LAZY_PROXY -> new DataSourceTransactionManager(new LazyConnectionDataSourceProxy(pool));
                case JPA_BEHIND_DELEGATING_PROXY -> jpa(proxiedFactory, delegating);
            };
            manager.addListener(TransactionPhase.listener());
            return manager;
        }

        private static JpaTransactionManager jpa(EntityManagerFactory factory, DataSource dataSource) {
            JpaTransactionManager manager = new JpaTransactionManager(factory);
            manager.setDataSource(dataSource);
            return manager;
        }

        DataSource managedBy(AbstractPlatformTransactionManager manager) {
            DataSource managed = manager instanceof DataSourceTransactionManager jdbc
                    ? jdbc.getDataSource()
                    : ((JpaTransactionManager) manager).getDataSource();
            return Objects.requireNonNull(managed);
        }

        void append(int number, ExpectedVersion expected) {
            StreamId stream = Operation.stream(number);
            store.appendEvents(StreamWrites.to(stream, expected, new Deposited(stream, 1)));
        }

        void close() {
            factory.close();
            proxiedFactory.close();
            pool.close();
        }
    }
}
