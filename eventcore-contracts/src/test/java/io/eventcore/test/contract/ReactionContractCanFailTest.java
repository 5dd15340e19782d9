package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.memory.InMemoryLedger;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows about crashes notice when commands lose the id that makes good for them. */
@Tag("faults")
class ReactionContractCanFailTest {
    @BeforeEach
    void failSoon() {
        System.setProperty(Eventually.PATIENCE, "3");
    }

    @AfterEach
    void bePatientAgain() {
        System.clearProperty(Eventually.PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a_crash_between_a_command_and_the_checkpoint_executes_nothing_twice",
                "an_instance_that_dies_before_its_checkpoint_leaves_nothing_to_be_done_twice",
                "a_crash_between_two_commands_of_an_event_executes_each_of_them_once",
                "an_owner_that_freezes_in_an_answer_is_replaced_and_executes_nothing_twice_when_it_wakes_up",
                "a_command_that_writes_nothing_is_not_decided_again_either",
                "an_answer_that_changes_is_refused_and_not_executed_as_well",
                "a_parked_stream_is_answered_in_order_once_it_is_retried",
            })
    void commands_without_an_id_are_caught(String row) {
        ContractRows.assertFails(WithoutIds.class, row);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "every_event_is_answered_once_first_the_old_ones_then_the_new_ones",
                "a_crash_between_two_commands_of_an_event_executes_each_of_them_once",
            })
    void one_id_for_all_commands_is_caught(String row) {
        ContractRows.assertFails(WithOneIdForAll.class, row);
    }

    abstract static class Mutated extends ReactionContract {
        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            return InMemoryLedger.store(appendSignal);
        }

        @Override
        protected ProjectionStore projectionStore() {
            return new InMemoryProjectionStore();
        }
    }

    static class WithoutIds extends Mutated {
        @Override
        protected ExecutedCommands executedCommands() {
            return new ExecutedCommands() {
                @Override
                public Optional<ExecutedCommand> find(CommandId id) {
                    return Optional.empty();
                }

                @Override
                public ExecutedCommand executeOnce(
                        CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                    return new ExecutedCommand(fingerprint, execution.get());
                }
            };
        }
    }

    static class WithOneIdForAll extends Mutated {
        @Override
        protected ExecutedCommands executedCommands() {
            ExecutedCommands sound = new InMemoryExecutedCommands();
            return new ExecutedCommands() {
                @Override
                public Optional<ExecutedCommand> find(CommandId id) {
                    return sound.find(CommandId.of(id.scope(), "all"));
                }

                @Override
                public ExecutedCommand executeOnce(
                        CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                    return sound.executeOnce(CommandId.of(id.scope(), "all"), fingerprint, execution);
                }
            };
        }
    }
}
