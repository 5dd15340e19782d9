package io.eventcore.test.contract;

import io.eventcore.EventStore;
import io.eventcore.command.CommandId;
import io.eventcore.command.ExecutedCommands;
import io.eventcore.command.ExecutionResult;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.memory.InMemoryProjectionStore;
import io.eventcore.projection.AppendSignal;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionStore;
import io.eventcore.test.contract.memory.InMemoryLedger;
import io.eventcore.test.contract.memory.ShiftedClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows about deadlines notice what breaks their promises. */
@Tag("faults")
class DeadlineContractCanFailTest {
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
                "a_crash_between_a_command_and_its_deadline_executes_nothing_twice",
                "an_owner_that_freezes_in_a_command_is_replaced_and_executes_nothing_twice_when_it_wakes_up",
                "a_reset_sets_deadlines_anew_and_executes_none_again",
            })
    void commands_without_an_id_are_caught(String row) {
        ContractRows.assertFails(WithoutIds.class, row);
    }

    @Test
    void a_checkpoint_that_is_committed_before_its_deadlines_is_caught() {
        ContractRows.assertFails(
                InTwoTransactions.class, "whatever_ends_an_instance_that_moves_its_checkpoint_no_deadline_is_lost");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing_is_executed_before_it_is_due_and_once_when_it_is",
                "a_deadline_falls_due_when_its_event_says",
            })
    void a_clock_that_is_too_early_is_caught(String row) {
        ContractRows.assertFails(TooEarly.class, row);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "an_event_of_the_same_stream_calls_a_deadline_off",
                "an_event_of_another_stream_calls_a_deadline_off_by_a_common_tag",
                "a_deadline_that_is_set_aside_can_be_called_off",
            })
    void ends_that_are_lost_are_caught(String row) {
        ContractRows.assertFails(EndingNothing.class, row);
    }

    @Test
    void deadlines_that_stay_set_aside_when_their_stream_goes_on_are_caught() {
        ContractRows.assertFails(LeavingSetAside.class, "a_deadline_that_has_waited_for_its_stream_goes_on_with_it");
    }

    @Test
    void a_reset_of_a_partition_that_forgets_deadlines_of_others_is_caught() {
        ContractRows.assertFails(
                ForgettingAll.class, "a_reset_that_is_interrupted_loses_no_deadline_of_what_was_not_set_back");
    }

    @Test
    void deadlines_out_of_order_are_caught() {
        ContractRows.assertFails(NewestFirst.class, "what_is_overdue_is_executed_in_the_order_in_which_it_fell_due");
    }

    abstract static class Mutated extends DeadlineContract {
        @Override
        protected EventStore emptyStore(AppendSignal appendSignal) {
            return InMemoryLedger.store(appendSignal);
        }

        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return new InMemoryProjectionStore(System::nanoTime, new ShiftedClock(shift));
        }

        @Override
        protected ExecutedCommands executedCommands() {
            return new InMemoryExecutedCommands();
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

    static class InTwoTransactions extends Mutated {
        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return new ForwardingProjectionStore(super.projectionStore(shift)) {
                @Override
                public boolean advance(
                        Lease lease,
                        Checkpoint from,
                        Checkpoint to,
                        List<ParkedChange> parked,
                        List<DeadlineChange> deadlines) {
                    boolean moved = super.advance(lease, from, to, parked);
                    if (moved && deadlines.stream().anyMatch(DeadlineChange.Begun.class::isInstance)) {
                        throw new IllegalStateException("killed between two transactions");
                    }
                    return moved && super.advance(lease, to, to, List.of(), deadlines);
                }
            };
        }
    }

    static class TooEarly extends Mutated {
        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return super.projectionStore(() -> shift.get().plusDays(1));
        }
    }

    static class EndingNothing extends Mutated {
        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return new ForwardingProjectionStore(super.projectionStore(shift)) {
                @Override
                public boolean advance(
                        Lease lease,
                        Checkpoint from,
                        Checkpoint to,
                        List<ParkedChange> parked,
                        List<DeadlineChange> deadlines) {
                    List<DeadlineChange> left = deadlines.stream()
                            .filter(change -> !(change instanceof DeadlineChange.Ended))
                            .toList();
                    return super.advance(lease, from, to, parked, left);
                }
            };
        }
    }

    static class ForgettingAll extends Mutated {
        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return BrokenProjectionStores.forgettingDeadlinesOfAllSlots(super.projectionStore(shift));
        }
    }

    static class LeavingSetAside extends Mutated {
        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return BrokenProjectionStores.leavingDeadlinesSetAside(super.projectionStore(shift));
        }
    }

    static class NewestFirst extends Mutated {
        @Override
        protected ProjectionStore projectionStore(Supplier<Duration> shift) {
            return new ForwardingProjectionStore(super.projectionStore(shift)) {
                @Override
                public List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit) {
                    List<PendingDeadline> all = super.dueDeadlines(slots, asOf, 10_000);
                    return all.isEmpty() ? all : List.of(all.get(all.size() - 1));
                }
            };
        }
    }
}
