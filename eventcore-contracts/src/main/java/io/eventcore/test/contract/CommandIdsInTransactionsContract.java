package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutionResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Command ids are stored, or vanish, with the caller's transaction. */
abstract class CommandIdsInTransactionsContract extends ExecutedCommandsFixture {
    @Test
    void a_rollback_of_the_caller_takes_the_id_along() {
        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(ADA, 5), WITH_ID);
            status.setRollbackOnly();
        });

        executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(log()).hasSize(1);
    }

    @Test
    void a_rollback_to_a_savepoint_takes_the_id_along() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(BOB, 1));
            nested.executeWithoutResult(inner -> {
                executor.execute(new Deposit(ADA, 5), WITH_ID);
                inner.setRollbackOnly();
            });
            assertThat(executedCommands.find(MESSAGE)).isEmpty();
        });
        ExecutionResult result = elsewhere.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.slice().events()).hasSize(1);
        assertThat(log()).hasSize(2);
    }

    @Test
    void after_a_rollback_to_a_savepoint_the_transaction_may_execute_the_command_again() {
        TransactionTemplate nested = template(TransactionDefinition.PROPAGATION_NESTED);

        ExecutionResult result = Objects.requireNonNull(transaction.execute(status -> {
            nested.executeWithoutResult(inner -> {
                executor.execute(new Deposit(ADA, 5), WITH_ID);
                inner.setRollbackOnly();
            });
            return executor.execute(new Deposit(ADA, 5), WITH_ID);
        }));

        assertThat(elsewhere.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(result);
        assertThat(log()).hasSize(1);
    }

    @Test
    void a_new_transaction_cannot_take_the_id_that_the_suspended_one_has_taken() {
        TransactionTemplate inner = template(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        inner.setTimeout(1);

        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(ADA, 5), WITH_ID);
            assertThatExceptionOfType(TransientEventStoreException.class)
                    .isThrownBy(
                            () -> inner.executeWithoutResult(within -> executor.execute(new Deposit(ADA, 5), WITH_ID)));
        });

        assertThat(log()).hasSize(1);
    }

    private TransactionTemplate template(int propagation) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(propagation);
        return template;
    }

    @Test
    void a_commit_of_the_caller_keeps_the_id_and_the_transaction_knows_it_before() {
        transaction.executeWithoutResult(status -> {
            ExecutionResult first = executor.execute(new Deposit(ADA, 5), WITH_ID);
            assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
        });

        elsewhere.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(log()).hasSize(1);
    }

    @Test
    void a_repetition_in_a_callers_transaction_lets_it_go_on() {
        List<ExecutionResult> overtaking = new ArrayList<>();
        beforeRead.add(() -> overtaking.add(Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 5), WITH_ID))));

        transaction.executeWithoutResult(status -> {
            assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(overtaking.get(0));
            assertThat(status.isRollbackOnly()).isFalse();
            executor.execute(new Deposit(BOB, 1));
        });

        assertThat(log()).hasSize(2);
    }

    @Test
    void a_conflict_in_a_callers_transaction_that_goes_on_leaves_the_id_free() {
        beforeAppend.add(() -> Race.elsewhere(() -> elsewhere.execute(new Deposit(ADA, 1))));

        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> executor.execute(new Deposit(ADA, 5), WITH_ID));
            assertThat(status.isRollbackOnly()).isFalse();
            executor.execute(new Deposit(BOB, 1));
        });
        ExecutionResult result = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(result.slice().events()).hasSize(1);
        assertThat(log()).hasSize(3);
    }

    @Test
    void in_a_read_only_transaction_a_new_id_is_refused_and_one_that_is_known_is_answered() {
        CommandId other = CommandId.of("orders", "message-8");
        AtomicInteger executions = new AtomicInteger();
        ExecutionResult first = executor.execute(new Deposit(ADA, 5), WITH_ID);
        TransactionTemplate readOnly = new TransactionTemplate(manager);
        readOnly.setReadOnly(true);

        readOnly.executeWithoutResult(status -> {
            assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
            assertThatExceptionOfType(EventStoreUnavailableException.class)
                    .as("also a command that would write nothing")
                    .isThrownBy(() -> executedCommands.executeOnce(other, "fingerprint", () -> {
                        executions.incrementAndGet();
                        return first;
                    }))
                    .withMessageContaining("read-only");
        });

        assertThat(executions).hasValue(0);
        assertThat(executedCommands.find(other)).isEmpty();
        assertThat(log()).hasSize(1);
    }

    @Test
    void who_waits_for_a_transaction_that_rolls_back_goes_on() {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);

        List<ExecutionResult> results = Race.run(List.of(
                () -> transaction.execute(status -> {
                    ExecutionResult gone = executor.execute(new Deposit(ADA, 5), WITH_ID);
                    taken.countDown();
                    await(begun);
                    status.setRollbackOnly();
                    return gone;
                }),
                () -> {
                    await(taken);
                    begun.countDown();
                    return elsewhere.execute(new Deposit(ADA, 5), WITH_ID);
                }));

        assertThat(log()).hasSize(1);
        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(results.get(1));
    }
}
