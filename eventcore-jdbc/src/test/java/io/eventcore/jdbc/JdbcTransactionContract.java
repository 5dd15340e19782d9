package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStoreException;
import io.eventcore.ExpectedVersion;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.test.chaos.Fault;
import io.eventcore.test.chaos.FaultPlan;
import io.eventcore.test.chaos.FaultyDataSource;
import io.eventcore.test.chaos.JdbcCall;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.eventcore.transaction.TransactionPhase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What a store in a database promises inside the transaction of its caller, beyond what every store does. */
abstract class JdbcTransactionContract {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    abstract TestDatabase database();

    /** Where no statement waits for a lock for long, if the engine does not end such a wait with the statement's time. */
    abstract DataSource impatientDataSource();

    private final String prefix = database().newTables();
    private final FaultyDataSource faulty = new FaultyDataSource(database().expendableDataSource(), FaultPlan.none());
    private final EventStore store = TestDatabase.builder(faulty, prefix).build();
    private final JdbcTransactionManager manager = manager(faulty);
    private final TransactionTemplate transaction = new TransactionTemplate(manager);
    private final JdbcClient business = JdbcClient.create(faulty);

    private JdbcTransactionManager manager(DataSource dataSource) {
        JdbcTransactionManager manager = database().transactionManager(dataSource);
        manager.addListener(TransactionPhase.listener());
        return manager;
    }

    static Stream<Arguments> proxies() {
        List<UnaryOperator<DataSource>> proxies = List.of(
                UnaryOperator.identity(),
                DelegatingDataSource::new,
                LazyConnectionDataSourceProxy::new,
                TransactionAwareDataSourceProxy::new);
        return proxies.stream().flatMap(managers -> proxies.stream().map(stores -> Arguments.of(managers, stores)));
    }

    @ParameterizedTest
    @MethodSource("proxies")
    void proxies_of_one_data_source_are_the_same_database(
            UnaryOperator<DataSource> ofTheManager, UnaryOperator<DataSource> ofTheStore) {
        TransactionTemplate proxied =
                new TransactionTemplate(manager(ofTheManager.apply(database().dataSource())));
        EventStore joining = TestDatabase.store(ofTheStore.apply(database().dataSource()), prefix);

        proxied.executeWithoutResult(status -> {
            assertThat(joining.internals().joinsCallersTransaction()).isTrue();
            joining.appendEvents(deposit(ADA, noStream(), 1));
            status.setRollbackOnly();
        });
        proxied.executeWithoutResult(status -> joining.appendEvents(deposit(BOB, noStream(), 1)));

        assertThat(log()).extracting(RecordedEvent::streamId).containsExactly(BOB);
    }

    @Test
    void the_transaction_of_another_data_source_is_not_joined() {
        JdbcDataSource other = new JdbcDataSource();
        other.setUrl("jdbc:h2:mem:other");

        new TransactionTemplate(manager(other)).executeWithoutResult(status -> {
            // Keeps a connection of ours for the length of the other's transaction, without a transaction on it.
            business.sql("SELECT 1").query(Integer.class).single();
            assertThat(store.internals().joinsCallersTransaction()).isFalse();
            store.appendEvents(deposit(ADA, noStream(), 1));
            assertThat(Race.<Integer>elsewhere(() -> log().size())).isEqualTo(1);
            status.setRollbackOnly();
        });

        assertThat(log()).hasSize(1);
    }

    /** On some engines a deadlock rolls all back and the next statement begins a new transaction unasked. */
    @ParameterizedTest
    @EnumSource(names = {"DEADLOCK", "TIMEOUT", "DISK_FULL", "READ_ONLY", "LOST_BEFORE", "LOST_AFTER"})
    void after_any_failure_nothing_of_the_transaction_is_committed(Fault fault) {
        database().createTable(prefix + "business", "id integer primary key");

        assertThatExceptionOfType(Exception.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, fault));
                    assertThatExceptionOfType(EventStoreException.class)
                            .isThrownBy(() -> store.appendEvents(deposit(BOB, noStream(), 2)));
                    assertThat(status.isRollbackOnly()).isTrue();
                    faulty.plan(FaultPlan.none());
                    try {
                        business.sql("INSERT INTO " + prefix + "business (id) VALUES (1)")
                                .update();
                    } catch (RuntimeException theConnectionIsLost) {
                        assertThat(fault.sqlState()).isEqualTo("08006");
                    }
                }));

        assertThat(log()).isEmpty();
        assertThat(JdbcClient.create(database().dataSource())
                        .sql("SELECT count(*) FROM " + prefix + "business")
                        .query(Integer.class)
                        .single())
                .isZero();
        transaction.executeWithoutResult(status -> store.appendEvents(deposit(ADA, noStream(), 1)));
    }

    @Test
    void a_failed_read_ends_the_transaction_as_a_failed_append_does() {
        assertThatExceptionOfType(UnexpectedRollbackException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.DEADLOCK));
                    assertThatExceptionOfType(TransientEventStoreException.class)
                            .isThrownBy(() -> store.readStream(ADA, LedgerEvent.class));
                }));

        assertThat(log()).isEmpty();
    }

    @Test
    void a_failure_in_a_callback_before_the_commit_lets_nothing_be_committed() {
        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean readOnly) {
                            faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.TIMEOUT));
                            assertThatExceptionOfType(EventStoreException.class)
                                    .isThrownBy(() -> store.appendEvents(deposit(ADA, exactly(1), 2)));
                        }
                    });
                }));

        assertThat(log()).isEmpty();
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void a_failure_in_a_nested_transaction_ends_the_outer_one_too() {
        assertThatExceptionOfType(UnexpectedRollbackException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    store.appendEvents(deposit(ADA, noStream(), 1));
                    // The store's, or that of the savepoint, which is gone where the failure has rolled all back.
                    assertThatExceptionOfType(RuntimeException.class)
                            .isThrownBy(() -> nested().executeWithoutResult(inner -> {
                                faulty.plan(FaultPlan.once(JdbcCall.EXECUTE, 1, Fault.DISK_FULL));
                                store.appendEvents(deposit(BOB, noStream(), 2));
                            }));
                }));

        assertThat(log()).isEmpty();
    }

    @Test
    void an_append_does_not_outlast_the_time_of_the_transaction() throws SQLException {
        store.appendEvents(deposit(ADA, noStream(), 1));
        DataSource impatient = impatientDataSource();
        EventStore timed = TestDatabase.store(impatient, prefix);
        TransactionTemplate briefly = new TransactionTemplate(manager(impatient));
        briefly.setTimeout(1);
        try (Connection other = database().ownersDataSource().getConnection()) {
            other.setAutoCommit(false);
            database().lock(other, prefix, ADA);

            assertThatExceptionOfType(UnexpectedRollbackException.class)
                    .isThrownBy(() -> briefly.executeWithoutResult(status -> {
                        timed.appendEvents(deposit(BOB, noStream(), 2));
                        assertThatExceptionOfType(TransientEventStoreException.class)
                                .isThrownBy(() -> timed.appendEvents(deposit(ADA, exactly(1), 3)));
                        // Now the time is over, and nothing is even sent.
                        assertThatExceptionOfType(TransientEventStoreException.class)
                                .isThrownBy(() -> timed.appendEvents(deposit(BOB, exactly(1), 4)))
                                .withStackTraceContaining("TransactionTimedOutException");
                    }));
            other.rollback();
            other.setAutoCommit(true);
        }

        assertThat(log()).hasSize(1);
        transaction.executeWithoutResult(status -> store.appendEvents(deposit(ADA, exactly(1), 5)));
    }

    /** What another transaction changes after the caller has taken its snapshot. */
    enum Change {
        NOTHING,
        STREAM,
        NEW_STREAM,
        GUARD,
        ABSENT_GUARD
    }

    /**
     * Lets another caller append; tells whether that was possible. Where the caller is SERIALIZABLE and its reads lock what
     * they read, it is not.
     */
    private boolean changedElsewhere(StreamWrites writes) {
        EventStore elsewhere = TestDatabase.store(impatientDataSource(), prefix);
        return Race.<Boolean>elsewhere(() -> {
            try {
                elsewhere.appendEvents(writes);
                return true;
            } catch (TransientEventStoreException locked) {
                return false;
            }
        });
    }

    static Stream<Arguments> isolations() {
        return Stream.of(
                        TransactionDefinition.ISOLATION_READ_COMMITTED,
                        TransactionDefinition.ISOLATION_REPEATABLE_READ,
                        TransactionDefinition.ISOLATION_SERIALIZABLE)
                .flatMap(isolation -> Stream.of(Change.values()).map(change -> Arguments.of(isolation, change)));
    }

    @ParameterizedTest
    @MethodSource("isolations")
    void no_isolation_of_the_caller_makes_a_stale_expectation_true(int isolation, Change change) {
        StreamId guard = StreamId.of("guard");
        StreamId absent = StreamId.of("absent");
        store.appendEvents(deposit(ADA, noStream(), 1));
        store.appendEvents(deposit(guard, noStream(), 1));
        transaction.setIsolationLevel(isolation);
        StreamWrites writes = StreamWrites.empty()
                .registerStream(ADA, exactly(1))
                .registerStream(BOB, noStream())
                .registerStream(guard, exactly(1))
                .registerStream(absent, noStream())
                .append(new Deposited(ADA, 2))
                .append(new Deposited(BOB, 2));

        boolean[] changed = {false};
        String outcome = outcome(() -> transaction.executeWithoutResult(status -> {
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
            changed[0] = switch (change) {
                case NOTHING -> false;
                case STREAM -> changedElsewhere(deposit(ADA, exactly(1), 7));
                case NEW_STREAM -> changedElsewhere(deposit(BOB, noStream(), 7));
                case GUARD -> changedElsewhere(deposit(guard, exactly(1), 7));
                case ABSENT_GUARD -> changedElsewhere(deposit(absent, noStream(), 7));
            };
            store.appendEvents(writes);
        }));

        if (isolation != TransactionDefinition.ISOLATION_SERIALIZABLE) {
            assertThat(changed[0]).isEqualTo(change != Change.NOTHING);
        }
        if (!changed[0]) {
            assertThat(outcome).isEqualTo("stored");
        } else {
            boolean readCommitted = isolation == TransactionDefinition.ISOLATION_READ_COMMITTED;
            assertThat(outcome).isIn(readCommitted ? List.of("conflict") : List.of("conflict", "transient"));
        }
        assertThat(log()).hasSize(changed[0] ? 3 : 4);
        assertThat(store.readStreams(Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE), LedgerEvent.class)
                        .toList())
                .isNotEmpty();
    }

    /** The caller may know of a change that its snapshot does not show. */
    @ParameterizedTest
    @MethodSource("isolations")
    void no_isolation_of_the_caller_makes_a_true_expectation_stale(int isolation, Change change) {
        StreamId guard = StreamId.of("guard");
        store.appendEvents(deposit(ADA, noStream(), 1));
        store.appendEvents(deposit(guard, noStream(), 1));
        transaction.setIsolationLevel(isolation);

        String outcome = outcome(() -> transaction.executeWithoutResult(status -> {
            assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.of(1));
            boolean changed = switch (change) {
                case NOTHING -> false;
                case STREAM -> changedElsewhere(deposit(ADA, exactly(1), 7));
                case NEW_STREAM, ABSENT_GUARD -> changedElsewhere(deposit(BOB, noStream(), 7));
                case GUARD -> changedElsewhere(deposit(guard, exactly(1), 7));
            };
            store.appendEvents(StreamWrites.empty()
                    .registerStream(ADA, exactly(changed && change == Change.STREAM ? 2 : 1))
                    .registerStream(BOB, exactly(change == Change.NEW_STREAM ? 1 : 0))
                    .registerStream(guard, exactly(change == Change.GUARD ? 2 : 1))
                    .append(new Deposited(ADA, 2))
                    .append(new Deposited(BOB, 2)));
        }));

        if (change == Change.ABSENT_GUARD) {
            assertThat(outcome).isIn("conflict", "transient");
        } else {
            boolean readCommitted = isolation == TransactionDefinition.ISOLATION_READ_COMMITTED;
            assertThat(outcome).isIn(readCommitted ? List.of("stored") : List.of("stored", "transient"));
        }
    }

    private static String outcome(Runnable append) {
        try {
            append.run();
            return "stored";
        } catch (VersionConflictException conflict) {
            return "conflict";
        } catch (TransientEventStoreException repeatable) {
            return "transient";
        }
    }

    private TransactionTemplate nested() {
        TransactionTemplate nested = new TransactionTemplate(manager);
        nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
        return nested;
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return database()
                .store(prefix)
                .readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }

    private static StreamWrites deposit(StreamId account, ExpectedVersion expected, long cents) {
        return StreamWrites.to(account, expected, new Deposited(account, cents));
    }
}
