package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.command.BankEvent.Deposited;
import io.eventcore.memory.InMemoryTransactionManager;
import io.eventcore.transaction.TransactionPhase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionTemplate;

/** Nothing can be read anew inside a transaction of the caller, so there is one attempt. */
class CallersTransactionTest {
    private static final StreamId A = StreamId.of("a");

    private final ScriptedStore store = new ScriptedStore();
    private final TransactionTemplate transaction = new TransactionTemplate(manager());
    private final List<Object> pauses = new ArrayList<>();
    private final CommandExecutor executor =
            CommandExecutor.builder(store).pause(pauses::add).build();

    record Deposit(@Stream StreamId account, long cents) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long count, BankEvent event) {
            return count + 1;
        }

        @Override
        public List<BankEvent> handle(Long count) {
            return List.of(new Deposited(account, cents));
        }
    }

    @Test
    void a_conflict_reaches_the_caller_after_one_attempt_and_the_transaction_goes_on() {
        store.losingRaces(1, A);

        transaction.executeWithoutResult(status -> {
            assertThatExceptionOfType(VersionConflictException.class)
                    .isThrownBy(() -> executor.execute(new Deposit(A, 7)))
                    .withMessageStartingWith("Stream 'a' is at version 1, expected no stream")
                    .withMessageContaining("Deposit is not retried")
                    .withMessageContaining("inside a transaction of its caller")
                    .satisfies(conflict -> assertThat(conflict.actual()).isEqualTo(StreamVersion.of(1)));
            assertThat(status.isRollbackOnly()).isFalse();
            assertThat(executor.execute(new Deposit(A, 8)).attempts()).isEqualTo(1);
        });

        assertThat(store.appends()).hasSize(2);
        assertThat(pauses).isEmpty();
        assertThat(store.eventsOf(A)).containsExactly(new Deposited(A, 1), new Deposited(A, 8));
    }

    @Test
    void a_passing_failure_reaches_the_caller_after_one_attempt() {
        TransientEventStoreException deadlock = new TransientEventStoreException("deadlock", null);
        store.failing(1, deadlock);

        transaction.executeWithoutResult(status -> assertThatExceptionOfType(TransientEventStoreException.class)
                .isThrownBy(() -> executor.execute(new Deposit(A, 7)))
                .isSameAs(deadlock));

        assertThat(store.appends()).hasSize(1);
        assertThat(pauses).isEmpty();
    }

    @Test
    void several_commands_of_one_transaction_see_each_other_and_roll_back_together() {
        transaction.executeWithoutResult(status -> {
            executor.execute(new Deposit(A, 1));
            assertThat(executor.execute(new Deposit(A, 2)).version(A)).isEqualTo(StreamVersion.of(2));
            status.setRollbackOnly();
        });

        assertThat(store.eventsOf(A)).isEmpty();
    }

    @Test
    void outside_of_a_transaction_the_executor_repeats() {
        store.losingRaces(1, A);

        assertThat(executor.execute(new Deposit(A, 7)).attempts()).isEqualTo(2);
        assertThat(pauses).hasSize(1);
    }

    private static InMemoryTransactionManager manager() {
        InMemoryTransactionManager manager = new InMemoryTransactionManager();
        manager.addListener(TransactionPhase.listener());
        return manager;
    }
}
