package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandId;
import io.eventcore.command.CommandIdReusedException;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.LedgerEvent.Withdrawn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How a command that was executed before is recognised. */
abstract class CommandRepetitionContract extends ExecutedCommandsFixture {
    @Test
    void a_repetition_returns_the_first_result_and_appends_nothing() {
        ExecutionResult first = executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThat(executor.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
        assertThat(elsewhere.execute(new Deposit(ADA, 5), WITH_ID)).isEqualTo(first);
        assertThat(log()).hasSize(1);
    }

    @Test
    void other_ids_and_other_scopes_are_other_commands() {
        executor.execute(new Deposit(ADA, 5), WITH_ID);
        executor.execute(
                new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("orders", "message-8")));
        executor.execute(new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("bills", "message-7")));
        executor.execute(
                new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("orders", "Message-7")));
        executor.execute(
                new Deposit(ADA, 5), CommandContext.empty().withCommandId(CommandId.of("orders", "message-7 ")));

        assertThat(log()).hasSize(5);
    }

    @Test
    void a_command_that_wrote_no_event_is_not_decided_again() {
        Withdraw nothing = new Withdraw(ADA, 0);
        ExecutionResult first = executor.execute(nothing, WITH_ID);
        executor.execute(new Deposit(ADA, 5));

        ExecutionResult second = executor.execute(nothing, WITH_ID);

        assertThat(second).isEqualTo(first);
        assertThat(second.version(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void the_same_id_with_another_command_is_refused() {
        executor.execute(new Deposit(ADA, 5), WITH_ID);

        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> executor.execute(new Deposit(ADA, 6), WITH_ID))
                .satisfies(e -> assertThat(e.commandId()).isEqualTo(MESSAGE));
        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> elsewhere.execute(new Withdraw(ADA, 5), WITH_ID));
        assertThat(log()).hasSize(1);
    }

    @Test
    void a_command_is_recognised_however_its_sets_are_ordered() {
        Set<StreamId> ascending = new TreeSet<>(Set.of(ADA, BOB));
        Set<StreamId> descending = new TreeSet<StreamId>(List.of(ADA, BOB)).descendingSet();
        ExecutionResult first = executor.execute(new DepositToAll(ascending), WITH_ID);

        assertThat(executor.execute(new DepositToAll(descending), WITH_ID)).isEqualTo(first);
    }

    @Test
    void a_rejection_is_not_remembered() {
        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> executor.execute(new Withdraw(ADA, 5), WITH_ID));
        executor.execute(new Deposit(ADA, 5));

        executor.execute(new Withdraw(ADA, 5), WITH_ID);

        assertThat(log())
                .extracting(RecordedEvent::event)
                .containsExactly(new Deposited(ADA, 5), new Withdrawn(ADA, 5));
    }

    @Test
    void a_repetition_is_not_refused_because_of_what_the_first_one_did() {
        executor.execute(new Deposit(ADA, 5));
        List<ExecutionResult> overtaking = new ArrayList<>();
        beforeRead.add(() -> overtaking.add(Race.elsewhere(() -> elsewhere.execute(new Withdraw(ADA, 5), WITH_ID))));

        ExecutionResult result = executor.execute(new Withdraw(ADA, 5), WITH_ID);

        assertThat(overtaking).containsExactly(result);
        assertThat(log()).hasSize(2);
    }

    @Test
    void what_cannot_be_recognised_is_refused_before_anything_happens() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> executor.execute(new Unrecognisable(ADA, () -> 5L), WITH_ID))
                .withMessageContaining(Unrecognisable.class.getName());
        assertThat(log()).isEmpty();
    }

    private record Withdraw(@Stream StreamId account, long cents) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            if (event instanceof Deposited deposited) {
                return balance + deposited.cents();
            }
            return event instanceof Withdrawn withdrawn ? balance - withdrawn.cents() : balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            Require.that(balance >= cents, "balance is %d", balance);
            return cents == 0 ? List.of() : List.of(new Withdrawn(account, cents));
        }
    }

    private record DepositToAll(@Stream Set<StreamId> accounts) implements Command<Long, LedgerEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return accounts.stream()
                    .<LedgerEvent>map(account -> new Deposited(account, 1))
                    .toList();
        }
    }

    /** Gives its amount only at the last moment, so the amount cannot be compared. */
    private record Unrecognisable(@Stream StreamId account, Amount amount) implements Command<Long, LedgerEvent> {
        @FunctionalInterface
        interface Amount {
            long cents();
        }

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long balance, LedgerEvent event) {
            return balance;
        }

        @Override
        public List<LedgerEvent> handle(Long balance) {
            return List.of(new Deposited(account, amount.cents()));
        }
    }
}
