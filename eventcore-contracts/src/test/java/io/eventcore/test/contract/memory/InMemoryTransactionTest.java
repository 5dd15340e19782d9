package io.eventcore.test.contract.memory;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.ExpectedVersion;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import io.eventcore.transaction.TransactionPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.springframework.core.Ordered;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.ResourceHolderSupport;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What memory does in transactions where databases differ among themselves, or take longer to say it. */
class InMemoryTransactionTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");

    private final EventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private final InMemoryTransactionManager manager = new InMemoryTransactionManager();
    private final TransactionTemplate transaction = new TransactionTemplate(manager);

    @Test
    void an_append_outside_of_the_suspended_transaction_that_holds_the_stream_fails_at_once() {
        TransactionTemplate suspending = template(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);

        transaction.executeWithoutResult(status -> {
            append(ADA, noStream());
            suspending.executeWithoutResult(none -> assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> append(ADA, any()))
                    .withMessageContaining("suspended transaction of the same thread"));
            append(ADA, exactly(1));
        });

        assertThat(log()).hasSize(2);
    }

    @Test
    void what_is_rolled_back_to_a_savepoint_holds_back_neither_appends_nor_readers() {
        transaction.executeWithoutResult(status -> {
            Object savepoint = status.createSavepoint();
            append(ADA, noStream());
            status.rollbackToSavepoint(savepoint);

            assertThat(Race.<Integer>elsewhere(() -> {
                        append(ADA, noStream());
                        return log().size();
                    }))
                    .isEqualTo(1);
        });

        assertThat(log()).hasSize(1);
    }

    @Test
    void what_was_appended_before_the_savepoint_still_holds_both_back() {
        transaction.executeWithoutResult(status -> {
            append(ADA, noStream());
            Object savepoint = status.createSavepoint();
            append(ADA, exactly(1));
            status.rollbackToSavepoint(savepoint);
            assertThat(Race.<Integer>elsewhere(() -> {
                        append(BOB, noStream());
                        return log().size();
                    }))
                    .isZero();
        });

        assertThat(log()).extracting(RecordedEvent::streamId).containsExactly(ADA, BOB);
    }

    @Test
    void when_the_time_of_the_transaction_is_over_nothing_is_read_or_appended_in_it() {
        assertThatExceptionOfType(UnexpectedRollbackException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(status -> {
                    ResourceHolderSupport holder = bound(manager);
                    holder.setTimeoutInMillis(0);
                    assertThatExceptionOfType(TransientEventStoreException.class)
                            .isThrownBy(() -> store.readStream(ADA, LedgerEvent.class))
                            .withMessage("The caller's transaction has timed out");
                    assertThatExceptionOfType(TransientEventStoreException.class)
                            .isThrownBy(() -> append(ADA, noStream()));
                }));

        assertThat(log()).isEmpty();
    }

    @Test
    void the_time_out_of_the_manager_counts_where_the_transaction_has_none() {
        manager.setDefaultTimeout(7);

        transaction.executeWithoutResult(status -> {
            ResourceHolderSupport holder = bound(manager);
            assertThat(holder.getTimeToLiveInSeconds()).isBetween(1, 7);
        });
    }

    @Test
    void a_conflict_leaves_the_transaction_in_possession_of_the_stream() {
        append(ADA, noStream());

        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> append(ADA, noStream()));
            assertThat(Race.<Boolean>elsewhere(() -> {
                        DefaultTransactionDefinition briefly = new DefaultTransactionDefinition();
                        briefly.setTimeout(1);
                        try {
                            new TransactionTemplate(manager, briefly)
                                    .executeWithoutResult(other -> append(ADA, exactly(1)));
                            return true;
                        } catch (TransientEventStoreException held) {
                            return false;
                        }
                    }))
                    .isFalse();
            append(ADA, exactly(1));
        });

        assertThat(log()).hasSize(2);
    }

    @Test
    void a_lease_cannot_be_seized_while_a_transaction_of_the_same_thread_has_moved_the_checkpoint() {
        InMemoryProjectionStore projections = new InMemoryProjectionStore();
        projections.register("balances", 1, 1, GlobalPosition.START);
        ProjectionPartition partition = new ProjectionPartition("balances", 0);
        Lease lease =
                projections.acquire(partition, 1, "me", Duration.ofHours(1)).orElseThrow();
        Checkpoint ten = new Checkpoint(GlobalPosition.of(10), GlobalPosition.of(9), new UUID(4, 2));

        transaction.executeWithoutResult(status -> {
            assertThat(projections.advance(lease, Checkpoint.START, ten, List.of()))
                    .isTrue();
            assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(() -> projections.seize(partition, "you", Duration.ofHours(1)));
        });

        assertThat(projections.checkpoint(partition)).isEqualTo(ten);
        assertThat(projections.seize(partition, "you", Duration.ofHours(1)).owner())
                .isEqualTo("you");
    }

    /** A database would show both with one commit. */
    @Test
    void who_sees_the_id_of_a_command_sees_its_events() {
        InMemoryExecutedCommands commands = new InMemoryExecutedCommands();
        CommandId id = CommandId.of("orders", "message-7");
        List<Boolean> seen = new ArrayList<>();
        Runnable look = () -> seen.add(Race.<Boolean>elsewhere(
                () -> commands.find(id).isEmpty() || store.streamVersion(ADA).exists()));

        transaction.executeWithoutResult(status -> commands.executeOnce(id, "print", () -> {
            TransactionSynchronizationManager.registerSynchronization(new Looking(Ordered.HIGHEST_PRECEDENCE, look));
            EventStreamSlice slice = append(ADA, noStream());
            TransactionSynchronizationManager.registerSynchronization(new Looking(Ordered.LOWEST_PRECEDENCE, look));
            return ExecutionResult.of(1, slice, Map.of(), Duration.ZERO);
        }));

        assertThat(seen).containsExactly(true, true);
        assertThat(commands.find(id)).isPresent();
    }

    /** Looks after the commit, before or after others. */
    private record Looking(int order, Runnable look) implements TransactionSynchronization, Ordered {
        @Override
        public int getOrder() {
            return order;
        }

        @Override
        public void afterCommit() {
            look.run();
        }
    }

    /** The database would commit, and only then would Spring say that all was rolled back. */
    @Test
    void after_a_failure_in_a_callback_before_the_commit_the_database_does_not_commit_either() {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setUrl("jdbc:h2:mem:spoilt-by-memory;DB_CLOSE_DELAY=-1");
        JdbcClient rows = JdbcClient.create(dataSource);
        rows.sql("CREATE TABLE business (id INTEGER)").update();
        JdbcTransactionManager database = new JdbcTransactionManager(dataSource);
        database.addListener(TransactionPhase.listener());

        assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> new TransactionTemplate(database).executeWithoutResult(status -> {
                    rows.sql("INSERT INTO business VALUES (1)").update();
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean readOnly) {
                            bound(dataSource).setTimeoutInMillis(0);
                            assertThatExceptionOfType(TransientEventStoreException.class)
                                    .isThrownBy(() -> append(ADA, noStream()));
                        }
                    });
                }));

        assertThat(rows.sql("SELECT count(*) FROM business")
                        .query(Integer.class)
                        .single())
                .isZero();
        assertThat(log()).isEmpty();
    }

    private static ResourceHolderSupport bound(Object key) {
        return (ResourceHolderSupport) Objects.requireNonNull(TransactionSynchronizationManager.getResource(key));
    }

    private TransactionTemplate template(int propagation) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(propagation);
        return template;
    }

    private EventStreamSlice append(StreamId account, ExpectedVersion expected) {
        return store.appendEvents(StreamWrites.to(account, expected, new Deposited(account, 1)));
    }

    private List<RecordedEvent<LedgerEvent>> log() {
        return store.readEvents(EventFilter.all(), EventPage.first(100), LedgerEvent.class)
                .events();
    }
}
